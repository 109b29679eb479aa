"""Refusals: when and why a provider refused a job for now, kept in a short list of the job's row. Pure.

The list is not part of the history, whose indexes number the announced moves: a refusal is no move.
"""

from collections.abc import Mapping
from typing import Any

from jobchute.errors import ProviderError, QuotaError, ThrottledError
from jobchute.job import Job, iso

MAX_REFUSALS = 3
"""Entries of a row, the latest; a refusal in the same words as the last one is counted in its entry."""
MAX_WORDS = 100
"""Characters of the provider's words in one entry. They have more room in the job's reason."""
MAX_CODE = 48

Entry = Mapping[str, Any]
Entries = tuple[Entry, ...]


def refused(job: Job, error: ProviderError, words: str, now: float) -> dict[str, Any]:
    """The fields of Job that change when a provider refuses a job.

    words: what the provider said, without the request's secrets. now: epoch seconds.
    """
    entry = {"kind": kind_of(error), "code": error.code[:MAX_CODE], "message": _cut(words)}
    return {"refused": _with(job.refused, entry, iso(now)), "times_refused": (job.times_refused or 0) + 1}


def kind_of(error: ProviderError) -> str:
    """`quota`, `throttled`, or `unavailable` for everything else: no answer, no access, a server error."""
    match error:
        case QuotaError():
            return "quota"
        case ThrottledError():
            return "throttled"
        case _:
            return "unavailable"


def told_of(job: Job) -> dict[str, Any] | None:
    """The refusals as status documents and events have them; None where there were none."""
    if not job.times_refused:
        return None
    return {"count": job.times_refused, "latest": [dict(entry) for entry in job.refused]}


def last_at(job: Job) -> str | None:
    """When the job was refused last, as ISO 8601 text."""
    if not job.refused:
        return None
    last: str = job.refused[-1].get("until") or job.refused[-1]["at"]
    return last


def latest_words(job: Job) -> str:
    """The last refusal as one text; empty where there was none."""
    if not job.refused:
        return ""
    entry = job.refused[-1]
    return ": ".join(filter(None, (entry["code"], entry["message"])))


def _with(entries: Entries, entry: Entry, at: str) -> Entries:
    if entries and entry.items() <= entries[-1].items():
        last = entries[-1]
        return (*entries[:-1], {**last, "until": at, "times": last.get("times", 1) + 1})
    return (*entries, {"at": at, **entry})[-MAX_REFUSALS:]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_WORDS else f"{text[: MAX_WORDS - 1]}…"
