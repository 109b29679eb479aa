"""Cancelling by document: a job, or a file with all of its jobs.

No call continues a cancelled file. But a call that is reading it accepts jobs until its next checkpoint, and
the ledger's index may not show the latest: a second pass, when all calls of that time have ended, finds these.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from jobchute.attempts import is_ending
from jobchute.errors import UnknownJobError
from jobchute.intake.invocation import Continuations, Invocation
from jobchute.job import Job, Source, State, canonical, iso, job_id_for_key
from jobchute.ledger.continuations import Work
from jobchute.ledger.files import FileRow, FileRows
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.label_pointers import point_from_labels
from jobchute.lifecycle.cancel import JobCanceller
from jobchute.lifecycle.reject import cause_of, reason_of
from jobchute.problems import Problem, bounded
from jobchute.requests.request_names import REQUESTS
from jobchute.status.documents import source_of, status_of

SECOND_PASS_SECONDS = 120
"""Longer than a call can last, and longer than an index is behind its table."""

REPEATED_SECONDS = 3600
"""Longer than until the message of a call that died has been delivered again, or given up."""


class FileTarget(NamedTuple):
    """uri: `s3://bucket/key`. version: the S3 version id; None for every version."""

    uri: str
    version: str | None


def file_target(text: str, own_bucket: str) -> FileTarget | None:
    """The file that a cancellation names: `s3://bucket/key` or `requests/…`, `?version=…` behind it or not."""
    before, mark, version = text.rpartition("?version=")
    uri = before if mark else text
    if uri.startswith(REQUESTS):
        uri = f"s3://{own_bucket}/{uri}"
    return FileTarget(uri, version if mark else None) if uri.startswith("s3://") else None


def refusal_of(source: Source, problems: Iterable[Problem], target: str | None = None) -> dict[str, Any]:
    """The answer to a cancellation that is wrong: the members of a rejection, but no row and so no id."""
    found = [problem._asdict() for problem in bounded(problems)]
    return {
        "cancel": target,
        "note": "Nothing was cancelled.",
        "state": State.REJECTED,
        "reason": reason_of(found),
        "cause": cause_of(found),
        "source": source_of(source),
        "errors": found,
    }


class Canceller(NamedTuple):
    """own_bucket: where `requests/…` is. now: epoch seconds. continuations: the intake queue."""

    jobs: JobCanceller
    queries: JobQueries
    rows: FileRows
    continuations: Continuations
    own_bucket: str
    now: Callable[[], float]

    def cancel(self, target: str, source: Source, call: Invocation) -> tuple[dict[str, Any], str] | None:
        """The answer, and the job's id if it is a job; None where the target is unknown.

        target: a job's id, an idempotency key, or a file. source: of the document that asks for it; nothing is
        known of what belongs to another owner.
        """
        for job_id in (target, job_id_for_key(target, source.owner)):
            try:
                job = self.jobs.cancel(job_id, source.owner)
            except UnknownJobError:
                continue
            return {"cancel": target, "note": _job_note(job), **status_of(job)}, job.job_id
        file = file_target(target, self.own_bucket)
        answer = None if file is None else self._cancel_file(file, target, source, call)
        return None if answer is None else (answer, "")

    def _cancel_file(
        self, file: FileTarget, target: str, source: Source, call: Invocation
    ) -> dict[str, Any] | None:
        rows = self.rows.cancel(file.uri, file.version, self.now(), owner=source.owner)
        states: Counter[State] = Counter()
        is_left, settled = False, 0
        for job in self.queries.by_source(file.uri):
            if job.state is State.REJECTED or file.version not in (None, job.source.version):
                continue
            if job.owner != source.owner:
                continue
            is_wanted = not is_ending(job)
            is_late = is_wanted and call.is_over
            is_left = is_left or is_late
            cancelled = self._cancel_job(job) if is_wanted and not is_late else job
            settled += not is_late
            states[cancelled.state] += 1
        if not rows and not states:
            return None
        is_early = self._is_early(rows)
        if is_left or is_early:
            delay = 0 if is_left else SECOND_PASS_SECONDS
            work = Work(source, canonical({"cancel": target}))
            self.continuations.leave(work, progress=(settled,), delay=delay)
        return {
            "cancel": target,
            "file": file.uri,
            **({} if file.version is None else {"version": file.version}),
            "note": _file_note(is_left, is_early),
            "jobs": {state: states[state] for state in State if states[state]},
            "finished": not (is_left or is_early),
        }

    def _cancel_job(self, job: Job) -> Job:
        """Cancel a job of a cancelled file. The call that accepted it may have died before its labels pointed
        to it, and no other call repeats that.
        """
        if job.labels and job.created_at > iso(self.now() - REPEATED_SECONDS):
            ledger = self.jobs.ledger
            point_from_labels(ledger.rows, job, None, retention=ledger.retention)
        return self.jobs.cancel(job.job_id, job.owner)

    def _is_early(self, rows: list[FileRow]) -> bool:
        latest = max((row.cancelled_at or 0 for row in rows), default=0)
        return self.now() < latest + SECOND_PASS_SECONDS


def _job_note(job: Job) -> str:
    match job.state:
        case State.CANCELLED:
            return "The job is cancelled."
        case state if state.is_final:
            return f"The job had already ended {state}; nothing was cancelled."
        case _:
            return "The job is being cancelled; its own status document shows when it has ended."


def _file_note(is_left: bool, is_early: bool) -> str:
    if is_left:
        return "The file's jobs are being cancelled; the rest of them will follow."
    looked = "No more documents of the file become jobs, and its jobs are cancelled or being cancelled"
    again = "; a second check, in two minutes, finds jobs that were accepted meanwhile." if is_early else "."
    return f"{looked}{again} Jobs that had already ended do not change."
