"""Jobs that wait for other jobs (`after`): each is told of the others' ends, by the ledger's stream.

The other's row knows who waits for it, and that is written under the condition that it is still open: so either
its last move tells of the dependent, or the dependent sees at once how it ended. A job can wait only for jobs
that the ledger knows already, so no two can wait for each other.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.errors import JobchuteError, UnknownJobError
from jobchute.job import Job, State, job_id_for_key
from jobchute.requests.ordering import Dependency
from jobchute.watching import Watcher

logger = Logger(child=True)


class UnknownDependencyError(JobchuteError):
    """place: which of the document's dependencies names no job."""

    def __init__(self, place: int, target: str) -> None:
        super().__init__(target)
        self.place = place


class Dependencies(NamedTuple):
    watcher: Watcher

    def resolve(
        self, dependencies: Iterable[Dependency], owner: str | None = None
    ) -> tuple[Mapping[str, Any], ...]:
        """What a row remembers of them: ids instead of keys. Raises UnknownDependencyError.

        owner: of the job that waits, which can wait for jobs of the same owner alone.
        """
        found: list[Mapping[str, Any]] = []
        for place, dependency in enumerate(dependencies):
            job_id = self._id_of(dependency.target, owner)
            if job_id is None:
                raise UnknownDependencyError(place, dependency.target)
            found.append({"job": job_id, "on": sorted(map(str, dependency.on))})
        return tuple(found)

    def set_out(self, job: Job) -> Job:
        """A new job's first step: into the line of its pool, once the jobs before it have ended as it wants.

        Raises TooManyDependentsError.
        """
        for other_id in sorted(job.waits_for):
            other, is_open = self.watcher.ledger.wait_for(other_id, job.job_id)
            if not is_open and not job.state.is_final:
                job = self._told(job, other)
        return self.watcher.admission.offer(job)

    def ended(self, other: Job) -> None:
        """Tell the jobs that wait for this one. Repeating it does no harm.

        Trouble with one of them keeps no other waiting: all are told before it is raised, as a group.
        """
        errors = []
        for job_id in sorted(other.dependents):
            try:
                self._tell(job_id, other)
            except UnknownJobError:
                logger.warning("a job that waited is gone", job_id=job_id, waited_for=other.job_id)
            except Exception as error:  # noqa: BLE001 - raised below, with the others'
                errors.append(error)
        if errors:
            raise ExceptionGroup(f"{len(errors)} jobs that wait for {other.job_id} could not be told", errors)

    def _tell(self, job_id: str, other: Job) -> None:
        job = self.watcher.ledger.get(job_id)
        if job.state is State.QUEUED and other.job_id in job.waits_for:
            self.watcher.admission.offer(self._told(job, other))

    def _told(self, job: Job, other: Job) -> Job:
        reason = unwanted_end(job, other)
        if reason is None:
            return self.watcher.ledger.wait_no_more(job.job_id, other.job_id)[0]
        return self.watcher.end(job, State.CANCELLED, reason=reason, only_from=(State.QUEUED,))

    def _id_of(self, target: str, owner: str | None) -> str | None:
        for job_id in (target, job_id_for_key(target, owner)):
            try:
                return self.watcher.ledger.get_own(job_id, owner).job_id
            except UnknownJobError:
                continue
        return None


def unwanted_end(job: Job, other: Job) -> str | None:
    """Why a job cannot run after another one that has ended; None where it can."""
    wanted = next(entry["on"] for entry in job.after if entry["job"] == other.job_id)
    if other.state in wanted:
        return None
    return f"{other.job_id} ended {other.state}, and this job was to run after {' or '.join(wanted)}"
