"""How long a job was in each of its states, by attempt. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from jobchute.attempts import Ended, ended_before
from jobchute.cli.attempt_words import attempts_in_words
from jobchute.job import Job, State
from jobchute.outcomes import Cause


class Phase(StrEnum):
    """What a job does in a state that is not final."""

    WAITING = "waiting"
    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"


PHASES = {
    State.QUEUED: Phase.WAITING,
    State.SUBMITTING: Phase.STARTING,
    State.SUBMITTED: Phase.STARTING,
    State.RUNNING: Phase.RUNNING,
    State.CANCELLING: Phase.STOPPING,
}


class Span(NamedTuple):
    """The time in one state, in epoch seconds. until: of a state that lasts, the time of the view.

    lasts: whether the job is in this state.
    """

    state: State
    since: float
    until: float
    lasts: bool = False

    @property
    def phase(self) -> Phase:
        return PHASES[self.state]

    @property
    def seconds(self) -> float:
        return max(0.0, self.until - self.since)


class Attempt(NamedTuple):
    """One attempt to run the job. instances: as the provider reports them. end: its final state, if any.

    words: what is known of it; empty for the only attempt of a job, whose facts are the job's.
    """

    number: int
    spans: tuple[Span, ...]
    instances: str | None = None
    end: State | None = None
    cause: Cause | None = None
    words: str = ""


def attempts_of(job: Job, now: float) -> tuple[Attempt, ...]:
    """The attempts of a job, the first one first. now: epoch seconds. A rejection has none."""
    if job.state is State.REJECTED:
        return ()
    end = job.state if job.state.is_final else None
    spans = tuple(_spans(job.history, now))
    newest = Attempt(job.attempt, spans, instances=_instances(job), end=end, cause=job.cause)
    attempts = (*(_ended(each) for each in ended_before(job)), newest)
    words = attempts_in_words(job) or [""]
    return tuple(each._replace(words=told) for each, told in zip(attempts, words, strict=True))


def _ended(ended: Ended) -> Attempt:
    """An attempt that another one has followed."""
    ended_at = datetime.fromisoformat(ended.kept["endedAt"]).timestamp()
    spans = tuple(span._replace(lasts=False) for span in _spans(ended.moves, ended_at))
    cause = Cause(ended.kept["cause"]) if "cause" in ended.kept else None
    return Attempt(ended.number, spans, end=State(ended.kept["state"]), cause=cause)


def _spans(history: Sequence[Mapping[str, str]], now: float) -> Iterator[Span]:
    moves = [(State(entry["state"]), datetime.fromisoformat(entry["at"]).timestamp()) for entry in history]
    for (state, since), (_, until) in pairwise(moves):
        if state in PHASES:
            yield Span(state, since, until)
    if moves and moves[-1][0] in PHASES:
        state, since = moves[-1]
        yield Span(state, since, max(since, now), lasts=True)


def _instances(job: Job) -> str | None:
    used = (job.result or {}).get("instances")
    return None if used is None else f"{used['count']} × {used['type']}"
