"""Changing a job that waits by document: its answer, as a cancellation has one."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from jobchute.errors import UnknownJobError
from jobchute.job import Job, Source, State, job_id_for_key
from jobchute.lifecycle.change import Changed, JobChanger
from jobchute.lifecycle.reject import cause_of, reason_of
from jobchute.problems import Problem, bounded
from jobchute.requests.submission import Setting, SettingProblems
from jobchute.status.documents import source_of, status_of


class Setter(NamedTuple):
    """Finds the job that a document names, and answers."""

    jobs: JobChanger

    def answer(self, asked: Setting | SettingProblems, source: Source) -> tuple[dict[str, Any], str, str]:
        """The answer, its outcome, and the job's id if it is about a job.

        source: of the document; nothing is known of what belongs to another owner.
        """
        if isinstance(asked, SettingProblems):
            return _refusal_of(source, asked), "rejected", ""
        for job_id in (asked.target, job_id_for_key(asked.target, source.owner)):
            try:
                found = self.jobs.change(job_id, asked, owner=source.owner, document=source.reference)
            except UnknownJobError:
                continue
            if found.problems:
                return _refusal_of(source, found.problems, asked.target), "rejected", job_id
            return _answer_of(found, asked.target), "answered", job_id
        unknown = f"no job has the id or idempotency key {asked.target[:100]!r}"
        return _refusal_of(source, [Problem("set", "UNKNOWN_JOB", unknown)], asked.target), "rejected", ""


def _refusal_of(source: Source, problems: Iterable[Problem], target: str | None = None) -> dict[str, Any]:
    """The answer to a document that is wrong: the members of a rejection, but no row and so no id."""
    found = [problem._asdict() for problem in bounded(problems)]
    return {
        "set": target,
        "note": "Nothing was changed.",
        "state": State.REJECTED,
        "reason": reason_of(found),
        "cause": cause_of(found),
        "source": source_of(source),
        "errors": found,
    }


def _answer_of(found: Changed, target: str) -> dict[str, Any]:
    return {
        "set": target,
        "changed": [*found.changed],
        "note": _note(found.job, found.changed),
        **status_of(found.job),
    }


def _note(job: Job, changed: tuple[str, ...]) -> str:
    if changed:
        return f"Changed: {' and '.join(changed)}."
    if job.state.is_final:
        return f"The job has ended {job.state}; nothing was changed."
    if job.state is State.QUEUED and not job.create_at and job.stop_cause is None:
        return "The job has these values already; nothing was changed."
    return f"The job is {job.state} and no longer waits for its turn; nothing was changed."
