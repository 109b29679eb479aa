"""A waiting job's place and expected start, for people and for programs."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from jobchute.cli.facts.lines import PoolLine, WaitingJob
from jobchute.cli.forecast.starts import Start
from jobchute.job import iso


def document_of(job: WaitingJob) -> dict[str, Any]:
    """With the keys of `--json`."""
    document: dict[str, Any] = {"place": job.place}
    if job.start is not None:
        document["expectedStart"] = {
            "earliest": iso(round(job.start.earliest)),
            "latest": iso(round(job.start.latest)),
        }
    return document


def facts_of_line(line: PoolLine, now: float) -> Iterator[tuple[str, str]]:
    """The place and the expected start of the one job of a line."""
    for job in line.jobs:
        place = "unknown" if job.place is None else str(job.place)
        yield "place", f"{place} of {line.waiting} waiting"
        yield "expected start", f"unknown: {line.unknown}" if job.start is None else words_of(job.start, now)


def words_of(start: Start, now: float) -> str:
    """How long from now, and the times of day. now: epoch seconds."""
    return f"in {short_words_of(start, now)} ({_between(start)})"


def short_words_of(start: Start, now: float) -> str:
    """How long from now: `0m to 12m`."""
    return f"{_minutes(start.earliest - now)} to {_minutes(start.latest - now)}"


def _minutes(seconds: float) -> str:
    """Rounded to minutes, and to hours beyond two days."""
    minutes = max(round(seconds / 60), 0)
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest}m"
    return f"{hours}h {rest}m" if hours < 48 else f"{hours}h"


def _between(start: Start) -> str:
    earliest, latest = (datetime.fromtimestamp(at, tz=UTC) for at in start)
    day = "" if earliest.date() == latest.date() else f"{latest:%Y-%m-%d} "
    return f"{earliest:%Y-%m-%d %H:%M} to {day}{latest:%H:%M} UTC"
