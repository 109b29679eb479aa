"""Attempts of a job: when another one follows, and what is kept of those that have ended. Pure.

docs/architecture.md, "Attempts", says how the moves between attempts are written.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any, NamedTuple

from jobchute.job import Job, State, sha256
from jobchute.outcomes import Cause

MAX_ATTEMPTS = 10
MAX_ALTERNATIVES = 10
MAX_NAME = 32
"""Characters: the shortest limit of any create call's name."""
MAX_REASON = 300
"""Characters of the reasons of attempts that have ended, and of attempts that begin."""
MAX_BEGIN_SECONDS = 60 * 24 * 3600
"""No attempt begins later than so long after its job was accepted: the job's items are kept for 120 days beside
its retention, and an execution lasts a year."""
MAX_WAIT_SECONDS = 6 * 3600

RETRIED = (Cause.CAPACITY, Cause.INTERRUPTED, Cause.INTERNAL, Cause.THROTTLED)
"""The causes that a document may name: what another attempt may change, and was positively recognised."""
ENDS = (State.FAILED, State.TIMED_OUT)


class Policy(NamedTuple):
    """What a document says, as the row of its job keeps it.

    attempts: at most, all in all. on: the causes of ends after which the same request is tried again. after:
    seconds before that. patience: seconds of missing capacity before the next alternative. alternatives: how
    many there are, and digest: of them. plan: names the item that has them. lasts: seconds that all attempts
    after the first may take, beyond allowances.
    """

    attempts: int = 1
    on: tuple[str, ...] = ()
    after: int = 300
    patience: int = 900
    alternatives: int = 0
    digest: str = ""
    plan: str = ""
    lasts: int = MAX_BEGIN_SECONDS

    def as_attribute(self) -> dict[str, Any]:
        said = {**self._asdict(), "on": list(self.on)}
        return {name: value for name, value in said.items() if value not in (0, "", [])}

    @classmethod
    def of(cls, job: Job) -> "Policy":
        """Of a job without retries, the one that ends with its first attempt."""
        if job.retry is None:
            return cls()
        said = {"after": 0, "patience": 0, **job.retry}
        return cls(**{**said, "on": tuple(said.get("on", ()))})


def policy_told(policy: Policy) -> dict[str, Any]:
    """What a plan says of further attempts. Times are in seconds."""
    told: dict[str, Any] = {"attempts": policy.attempts, "retriedOn": [*policy.on]}
    if policy.on:
        told["afterSeconds"] = policy.after
    if policy.alternatives:
        told["patienceSeconds"] = policy.patience
    return told


class Next(NamedTuple):
    """The attempt that follows. alternative: that it uses; 0 for the request itself. wait: in seconds."""

    alternative: int
    wait: int


def next_of(job: Job, state: State, cause: Cause | None, now: float) -> Next | None:
    """What follows the end of a job's attempt in this state; None if the job ends with it.

    An attempt that was never created has an alternative after it, or none: what refuses the request refuses it
    again, and what refuses it for now is waited for within the attempt.
    """
    policy = Policy.of(job)
    if job.attempt >= policy.attempts or state not in ENDS or now > begins_until(job):
        return None
    was_created = job.provider_id is not None
    if job.stop_cause is State.CANCELLED or (job.stop_cause is State.TIMED_OUT and not was_created):
        return None
    if cause is Cause.CAPACITY and job.alternative < policy.alternatives:
        return Next(job.alternative + 1, 0)
    if not was_created or cause not in policy.on:
        return None
    alternative = 0 if cause is Cause.CAPACITY else job.alternative
    return Next(alternative, wait_after(job.job_id, job.attempt, policy.after))


def is_ending(job: Job) -> bool:
    """Whether a job has ended, or ends with its stop. After another stop than a cancellation, a job with
    retries or alternatives may be tried again, unless it is cancelled meanwhile.
    """
    if job.state.is_final or job.stop_cause is State.CANCELLED:
        return True
    return job.stop_cause is not None and job.retry is None


def has_alternative(job: Job) -> bool:
    """Whether the next attempt would use another alternative if there is no capacity for this one."""
    policy = Policy.of(job)
    return job.attempt < policy.attempts and job.alternative < policy.alternatives


def begins_until(job: Job) -> float:
    """Until when attempts of a job may begin, in epoch seconds."""
    return datetime.fromisoformat(job.created_at).timestamp() + MAX_BEGIN_SECONDS


def wait_after(job_id: str, attempt: int, after: int) -> int:
    """Seconds before the attempt that follows: `after`, doubled for each one before, up to MAX_WAIT_SECONDS,
    and up to half of that in addition, the same at each call.
    """
    seconds = min(after * 2 ** (attempt - 1), max(after, MAX_WAIT_SECONDS))
    share = int(sha256(f"{job_id}/{attempt}")[:8], 16) / 16**8
    return int(seconds * (1 + share / 2))


def next_name(job: Job) -> str:
    """The name of the attempt that follows: the beginning of the first one, and what no other job has."""
    first = str(job.past[0]["name"]) if job.past else job.name
    mark = f"-{sha256(job.job_id)[:8]}-{job.attempt + 1}"
    return first[: MAX_NAME - len(mark)].rstrip("-.+") + mark


def ended(job: Job, state: State, cause: Cause | None, reason: str | None, *, at: str = "") -> dict[str, Any]:
    """What is kept of a job's newest attempt, which has ended. at: when that was noticed, as ISO 8601 text."""
    moves = [[entry["state"], entry["at"]] for entry in job.history]
    kept: dict[str, Any] = {"name": job.name, "state": str(state), "moves": moves}
    if cause is not None:
        kept["cause"] = str(cause)
    more = {
        "id": job.provider_id,
        "reason": _cut(reason or ""),
        "alternative": job.alternative,
        "endedAt": at,
    }
    return kept | {name: value for name, value in more.items() if value}


def beginning(job: Job, attempt: int, alternative: int, before: Mapping[str, Any]) -> str:
    """Why an attempt begins. before: what is kept of the one before."""
    which = f" with alternative {alternative}" if alternative else ""
    why = f"{before['cause']}: {before.get('reason') or before['state']}"
    return _cut(f"attempt {attempt} of {Policy.of(job).attempts}{which}, after {why}")


class Ended(NamedTuple):
    """An attempt that another one has followed. kept: as `ended` made it. moves: entries of its history."""

    number: int
    kept: Mapping[str, Any]
    moves: list[dict[str, Any]]


def ended_before(job: Job) -> list[Ended]:
    """The attempts of a job before the newest one."""
    return [Ended(number, kept, _moves_of(job, number)) for number, kept in enumerate(job.past, 1)]


def whole_history(job: Job) -> list[dict[str, Any]]:
    """The moves of all attempts, in order. Moves of later attempts have the attempt's number."""
    found = [_numbered(entry, each.number) for each in ended_before(job) for entry in each.moves]
    return found + [_numbered(entry, job.attempt) for entry in job.history]


def attempts_told(job: Job) -> list[dict[str, Any]]:
    """All attempts, as status documents and events have them."""
    before = [_told(each.kept, each.number, each.moves) for each in ended_before(job)]
    at = job.updated_at if job.state.is_final else ""
    end = ended(job, job.state, job.cause, job.reason, at=at)
    newest = _told(end, job.attempt, [dict(entry) for entry in job.history])
    return [*before, newest]


def attempt_of_move(job: Job, number: int) -> tuple[Job, int]:
    """A job as it was in the attempt of one of its moves, counted from 1, and the place of the move among those
    of the attempt.
    """
    for before, kept in enumerate(job.past):
        if number <= len(kept["moves"]):
            return _as_before(job, before, kept), number
        number -= len(kept["moves"])
    return job, number


def in_attempt(job: Job, number: int) -> Job:
    """A job as it was in one of its attempts. number: of one that it has had, from 1."""
    before = number - 1
    return _as_before(job, before, job.past[before]) if before < len(job.past) else job


def _as_before(job: Job, before: int, kept: Mapping[str, Any]) -> Job:
    """before: how many attempts there were before it."""
    return replace(
        job,
        attempt=before + 1,
        past=job.past[:before],
        name=kept["name"],
        provider_id=kept.get("id"),
        alternative=kept.get("alternative", 0),
        history=tuple(_moves_of(job, before + 1)),
        native_status=None,
        output=None,
        logs=None,
    )


def _moves_of(job: Job, attempt: int) -> list[dict[str, Any]]:
    """The moves of an attempt that has ended. Only its first one has a reason: the end of the one before."""
    kept = job.past[attempt - 1]
    moves: list[dict[str, Any]] = [{"state": state, "at": at} for state, at in kept["moves"]]
    if attempt > 1:
        moves[0]["reason"] = beginning(job, attempt, kept.get("alternative", 0), job.past[attempt - 2])
    return moves


def _cut(text: str) -> str:
    return text if len(text) <= MAX_REASON else f"{text[: MAX_REASON - 1]}…"


def _numbered(entry: Mapping[str, Any], attempt: int) -> dict[str, Any]:
    return dict(entry) if attempt == 1 else {**entry, "attempt": attempt}


def _told(kept: Mapping[str, Any], number: int, moves: list[dict[str, Any]]) -> dict[str, Any]:
    first = {entry["state"]: entry["at"] for entry in reversed(moves)}
    told = {
        "attempt": number,
        "state": kept["state"],
        "cause": kept.get("cause"),
        "reason": kept.get("reason"),
        "alternative": kept.get("alternative"),
        "name": kept["name"],
        "providerId": kept.get("id"),
        "queuedAt": first.get(State.QUEUED),
        "submittedAt": first.get(State.SUBMITTED),
        "runningAt": first.get(State.RUNNING),
        "endedAt": kept.get("endedAt"),
    }
    return {name: value for name, value in told.items() if value is not None}
