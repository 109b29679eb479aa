"""The attempts of a job in words, for people. Pure."""

from collections.abc import Mapping
from typing import Any

from jobchute.attempts import attempts_told
from jobchute.job import Job


def attempts_in_words(job: Job) -> list[str]:
    """One line for each attempt, the first one first; none for a job that has had a single one."""
    return [_words(told) for told in attempts_told(job)] if job.past else []


def _words(told: Mapping[str, Any]) -> str:
    """`FAILED (CAPACITY), alternative 1, arn:…, ended 2026-11-27T10:00:00Z: CapacityError: …`"""
    cause = f" ({told['cause']})" if "cause" in told else ""
    asked = f"alternative {told['alternative']}" if "alternative" in told else ""
    at = f"ended {told['endedAt']}" if "endedAt" in told else ""
    facts = ", ".join(filter(None, (f"{told['state']}{cause}", asked, told.get("providerId"), at)))
    return ": ".join(filter(None, (facts, told.get("reason"))))
