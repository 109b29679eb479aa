"""The jobs that a new job is to wait for (`after`), found by their ids or keys; some may not have come yet."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from jobchute.errors import OwnDependencyError, TooManyDependentsError
from jobchute.job import Job, ids_named
from jobchute.ledger.dependencies import MAX_DEPENDENTS
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.named_jobs import job_named
from jobchute.lifecycle.name_checks import GRACE_SECONDS, NAME_WAIT_SECONDS, waiting_reason
from jobchute.lifecycle.timing import Timing
from jobchute.requests.ordering import Dependency

Entry = Mapping[str, Any]


class DependencyResolver(NamedTuple):
    """now: epoch seconds."""

    ledger: Ledger
    timing: Timing
    now: Callable[[], float]
    max_dependents: int = MAX_DEPENDENTS

    def resolve(self, job: Job, dependencies: Iterable[Dependency]) -> Job:
        """A new job as it waits for others of its owner: by their ids, and for names that no job has yet.

        Raises OwnDependencyError, and TooManyDependentsError where max_dependents others wait for one of them.
        """
        after: list[Entry] = []
        awaits: list[Entry] = []
        for place, dependency in enumerate(dependencies):
            if job.job_id in ids_named(dependency.target, job.owner):
                raise OwnDependencyError(place, dependency.target)
            on = sorted(map(str, dependency.on))
            other = job_named(self.ledger, dependency.target, job.owner)
            if other is None:
                awaits.append({"name": dependency.target, "on": on})
                continue
            if self._is_full(other, job.job_id):
                raise TooManyDependentsError(other.job_id)
            after.append({"job": other.job_id, "on": on})
        return self._waiting(job, tuple(after), tuple(awaits))

    def _waiting(self, job: Job, after: tuple[Entry, ...], awaits: tuple[Entry, ...]) -> Job:
        now = int(self.now())
        until = now + NAME_WAIT_SECONDS if awaits else None
        waits_for = frozenset(str(entry["job"]) for entry in after)
        return replace(
            job,
            after=after,
            waits_for=waits_for,
            awaits=awaits,
            awaits_until=until,
            reason=waiting_reason(waits_for, awaits, until),
            waiting=None,
            place=None,
            due=now + (GRACE_SECONDS if awaits else self.timing.lease),
        )

    def _is_full(self, other: Job, job_id: str) -> bool:
        is_open = not other.state.is_final
        return is_open and job_id not in other.dependents and len(other.dependents) >= self.max_dependents
