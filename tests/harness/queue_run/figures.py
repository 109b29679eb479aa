"""What a run on a small pool showed, from the provider's own record of its jobs. Pure."""

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

ENDS = frozenset({"COMPLETED", "FAILED", "CANCELLED"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """most_in_flight: at the provider at once. longest_idle: seconds for which the pool had a place, jobs
    waited and none was created: since the creation before, or since a place was free, where that was later.
    idle_from: when that began, in seconds. longest_empty: for which no job at all was in flight.
    """

    jobs: int
    most_in_flight: int
    longest_idle: float
    idle_from: float
    longest_empty: float
    seconds: float


def figures_of(jobs: Iterable[Mapping[str, Any]], *, limit: int) -> Figures:
    """jobs: as `/_simulator/jobs` tells of them. limit: of the pool."""
    spans = sorted(map(_span, jobs))
    changes = sorted([(begin, 1) for begin, _ in spans] + [(end, -1) for _, end in spans])
    in_flight = list(itertools.accumulate(change for _, change in changes))
    ends = sorted(end for _, end in spans)
    waits = list(_idle(spans, ends, limit))
    longest, idle_from = max(waits, default=(0.0, 0.0))
    return Figures(
        jobs=len(spans),
        most_in_flight=max(in_flight),
        longest_idle=longest,
        idle_from=idle_from - spans[0][0] if waits else 0.0,
        longest_empty=_longest_empty(spans),
        seconds=ends[-1] - spans[0][0],
    )


def _idle(spans: list[tuple[float, float]], ends: list[float], limit: int) -> Iterator[tuple[float, float]]:
    """How long the pool could have created a job before it did, and since when. The n-th creation takes the
    place that the (n - limit)-th end left.
    """
    for number in range(1, len(spans)):
        freed = ends[number - limit] if number >= limit else 0.0
        since = max(spans[number - 1][0], freed)
        yield spans[number][0] - since, since


def _longest_empty(spans: list[tuple[float, float]]) -> float:
    """spans: by their begin."""
    longest, busy_until = 0.0, spans[0][1]
    for begin, end in spans:
        longest = max(longest, begin - busy_until)
        busy_until = max(busy_until, end)
    return longest


def _span(job: Mapping[str, Any]) -> tuple[float, float]:
    moments = job["history"]
    ends = [moment["at"] for moment in moments if moment["status"] in ENDS]
    return moments[0]["at"], min(ends, default=float("inf"))
