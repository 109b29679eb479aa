"""The facts of a job's end, as `jobchute jobs show` prints them."""

from collections.abc import Iterator, Mapping
from typing import Any

from jobchute.cli.output import counted
from jobchute.cli.tables import Cell, duration
from jobchute.job import Job

NAMES = {
    "queuedAt": "queued by the provider",
    "startedAt": "started by the provider",
    "endedAt": "ended by the provider",
    "model": "model",
    "exitMessage": "exit message",
}
"""Members that are shown as they are."""


def facts_of_end(job: Job) -> Iterator[tuple[str, Cell]]:
    """Names and values. Nothing for a job that its provider never had, or that has not ended."""
    result = job.result or {}
    yield from ((name, result.get(member)) for member, name in NAMES.items())
    if "billableSeconds" in result:
        yield "billed for", duration(result["billableSeconds"])
    if "instances" in result:
        yield "instances", _instances(result["instances"])
    yield from ((name, _counts(result.get(name))) for name in ("records", "tokens"))
    yield from ((f"metric {name}", f"{value:g}") for name, value in result.get("metrics", {}).items())
    if result.get("truncated"):
        yield "not shown", "facts that the row has no room for"


def _instances(instances: Mapping[str, Any]) -> str:
    return f"{counted(instances['count'], 'instance')} of {instances['type']}"


def _counts(counts: Mapping[str, int] | None) -> str | None:
    return None if counts is None else ", ".join(f"{number:,} {name}" for name, number in counts.items())
