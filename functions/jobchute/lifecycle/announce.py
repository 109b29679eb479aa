"""What follows from a written row: which documents, which events, and whether its execution has ended. Pure.

The ledger's stream brings each change as two images of the row, in the order of the row's moves.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from jobchute.job import Job, State
from jobchute.ledger.items import JOB, job_of

ANNOUNCED = (
    "moves",
    "retold",
    "duplicates",
    "lateTokens",
    "dependents",
    "timesRefused",
    "awaits",
    "waitsFor",
    "waiting",
    "awaitsBudget",
    "changes",
    "stopCause",
)
"""Attributes of a row. A write that changes none of them (a lease, a due time) is not announced."""

Record = Mapping[str, Any]


class Unreadable(NamedTuple):
    """A change whose row cannot be read. record: the `dynamodb` member of a stream's record."""

    record: Record
    error: Exception


class Change(NamedTuple):
    """A change of a row. before: None for a new row. record: the `dynamodb` member of a stream's record."""

    record: Record
    job: Job
    before: Job | None

    @property
    def is_move(self) -> bool:
        return self.before is None or self.before.moves != self.job.moves

    @property
    def is_retold(self) -> bool:
        """Whether all moves are to be announced again."""
        return self.before is not None and self.before.retold != self.job.retold

    @property
    def is_shown(self) -> bool:
        """Whether status documents show the change. Some are no moves and have no event."""
        if self.before is None or self.is_move or self.is_retold:
            return True
        return _is_shown_beside_moves(self.before, self.job)

    @property
    def is_end(self) -> bool:
        """Whether the job's execution is to be ended: the job has ended, or a token came after its end."""
        if not self.job.state.is_final or self.job.state is State.REJECTED:
            return False
        has_new_token = self.before is not None and self.before.late_tokens != self.job.late_tokens
        return self.is_move or self.is_retold or has_new_token

    @property
    def duplicates(self) -> frozenset[str]:
        """The duplicates whose documents show the change."""
        known = self.before.duplicates if self.before is not None and not self.is_shown else frozenset()
        return self.job.duplicates - known

    @property
    def moves(self) -> Iterator[Job]:
        """The job after each move to announce, in order."""
        if self.is_retold:
            yield from (after_move(self.job, number) for number in range(1, self.job.moves + 1))
        elif self.is_move:
            yield self.job


def changes_in(records: Iterable[Mapping[str, Any]]) -> Iterator[Change | Unreadable]:
    """The changes to announce in the records of a stream."""
    for each in records:
        record = each["dynamodb"]
        image, before = record.get("NewImage"), record.get("OldImage")
        if image is None or record["Keys"]["sk"]["S"] != JOB or not _is_announced(image, before):
            continue
        try:
            yield Change(record, job_of(image), None if before is None else job_of(before))
        except Exception as error:  # noqa: BLE001 - it is handled in its turn
            yield Unreadable(record, error)


def after_move(job: Job, number: int) -> Job:
    """The job after one of its moves, counted from 1, as its history says; all other members are as now, but
    those of its end.
    """
    place = number
    if job.past:
        from jobchute.attempts import attempt_of_move

        job, place = attempt_of_move(job, number)
    entry = job.history[place - 1]
    state = State(entry["state"])
    has_ended = state.is_final
    return replace(
        job,
        state=state,
        cause=job.cause if has_ended else None,
        result=job.result if has_ended else None,
        reason=entry.get("reason"),
        updated_at=entry["at"],
        history=job.history[:place],
        moves=number,
    )


def _is_announced(image: Mapping[str, Any], before: Mapping[str, Any] | None) -> bool:
    return before is None or any(image.get(name) != before.get(name) for name in ANNOUNCED)


def _is_shown_beside_moves(before: Job, job: Job) -> bool:
    """A refusal, a change of its priority, its labels or what it waits for, or that it goes on instead of being
    stopped.

    A job that was admitted no longer waits, and its next move says so. A new job has its place in a queue from
    the beginning: only one that has waited for others enters a queue later.
    """
    if before.times_refused != job.times_refused or before.awaits != job.awaits:
        return True
    if before.awaits_budget != job.awaits_budget or before.changes != job.changes:
        return True
    if before.waiting is None and job.waiting is not None:
        return True
    if before.stop_cause is not None and job.stop_cause is None:
        return True
    return before.waits_for != job.waits_for and bool(job.waits_for or job.awaits)
