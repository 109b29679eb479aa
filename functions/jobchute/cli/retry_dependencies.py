"""What the retry of a job waits for: the jobs that the old one waited for and that can still end as wanted.

Reads the ledger by a callback.
"""

import itertools
from collections.abc import Callable
from typing import Any, NamedTuple

from jobchute.cli.retry_documents import retry_key
from jobchute.job import Job, job_id_for_key

Find = Callable[[str], Job | None]
"""The job with an id; None if the ledger has none."""


class After(NamedTuple):
    """entries: the member `after` of the retry's document. notes: how it differs from the old job's."""

    entries: list[dict[str, Any]]
    notes: list[str]


def after_of_retry(job: Job, find: Find) -> After:
    """The entries of a job's `after` that its retry can keep.

    A job that did not end as wanted would end the retry at once. If it was retried itself, its retry takes its
    place; otherwise the entry is left out. The retry waits again for names that no job had.
    """
    entries: dict[str, dict[str, Any]] = {}
    notes: list[str] = []
    for entry in job.after:
        old_id, on = str(entry["job"]), list(entry["on"])
        old = find(old_id)
        if old is None:
            notes.append(f"`after` {old_id} was dropped: the ledger no longer has this job")
            continue
        other = old if _can_end_as(old, on) else _latest(old, find)
        if _can_end_as(other, on):
            entries[other.job_id] = {"job": other.job_id, "on": on}
            if other.job_id != old_id:
                notes.append(f"`after` {old_id} is now `after` {other.job_id}, which is its retry")
        else:
            first = f"to keep it, first run: jobchute retry {other.job_id}"
            notes.append(f"`after` {old_id} was dropped: {other.job_id} ended {other.state}; {first}")
    for entry in job.awaits:
        entries[entry["name"]] = {"job": entry["name"], "on": list(entry["on"])}
    return After(list(entries.values()), notes)


def _can_end_as(job: Job, on: list[str]) -> bool:
    return not job.state.is_final or job.state in on


def _latest(job: Job, find: Find) -> Job:
    """The latest retry of a job, or of its retries; the job itself if there is none."""
    while True:
        ids = (job_id_for_key(retry_key(job, number), job.owner) for number in itertools.count(1))
        retries = list(itertools.takewhile(lambda found: found is not None, map(find, ids)))
        if not retries or retries[-1] is None:
            return job
        job = retries[-1]
