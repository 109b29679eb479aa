"""What did not succeed, by cause, with what to do about it."""

from collections import defaultdict
from collections.abc import Iterable
from heapq import merge
from itertools import islice
from typing import NamedTuple

from jobchute.cli.facts.advice import ADVICE
from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.facts.overview import Counts
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.outcomes import Cause

BAD_ENDS = (State.PARTIAL, State.FAILED, State.TIMED_OUT, State.CANCELLED, State.REJECTED)
MAX_FAILURES = 200
"""The latest of them, which are read and grouped."""
MAX_EXAMPLES = 3
"""Of each cause."""


class CauseGroup(NamedTuple):
    """jobs: how many of those that were read ended for this cause. examples: the latest of them."""

    cause: Cause
    jobs: int
    advice: str
    examples: tuple[Job, ...]


class Failures(NamedTuple):
    """groups: the cause with the most jobs first. read: how many jobs were grouped; is_all: no more exist."""

    groups: tuple[CauseGroup, ...] = ()
    read: int = 0
    is_all: bool = True


def failures_of(ledger: Ledger, counts: Counts, known: KnownJobs | None = None) -> Failures:
    """The latest jobs and rejections that ended otherwise than well. At most two reads."""
    listed = [counts.latest.get(state, ()) for state in BAD_ENDS]
    latest = merge(*listed, key=lambda each: each.updated_at, reverse=True)
    jobs = (known or KnownJobs()).read(ledger, islice(latest, MAX_FAILURES))
    return Failures(groups_of(jobs), len(jobs), counts.of(*BAD_ENDS).number <= len(jobs))


def groups_of(jobs: Iterable[Job]) -> tuple[CauseGroup, ...]:
    """jobs: the latest first. A cancellation that was asked for is in the last place. Pure."""
    by_cause: dict[Cause, list[Job]] = defaultdict(list)
    for job in jobs:
        by_cause[_cause_of(job)].append(job)
    groups = (
        CauseGroup(cause, len(found), ADVICE[cause], tuple(found[:MAX_EXAMPLES]))
        for cause, found in by_cause.items()
    )
    return tuple(sorted(groups, key=lambda group: (group.cause is Cause.CANCELLED, -group.jobs, group.cause)))


def _cause_of(job: Job) -> Cause:
    """A rejection is of the request, and rows of earlier releases have no cause."""
    if job.cause is not None:
        return job.cause
    return Cause.INPUT if job.state is State.REJECTED else Cause.UNKNOWN
