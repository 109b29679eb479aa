"""A request that came again: which of its keys differ from the job, and how the job's row remembers it.
Pure.
"""

import json
from collections.abc import Collection
from typing import TYPE_CHECKING

from jobchute.job import Job, Source, canonical, job_id_for_key

if TYPE_CHECKING:
    from jobchute.requests.submission import Submission

KEYS = ("labels", "priority", "after", "objective", "maxCost", "retry", "alternatives")
"""Of a document. They are no part of a job's identity, and a job keeps those that it was accepted with."""


def not_applied_to(job: Job, submission: "Submission") -> tuple[str, ...]:
    """Which of KEYS a document gives other values than its job has."""
    differs = {
        "labels": dict(submission.labels) != dict(job.labels),
        "priority": submission.priority != job.priority,
        "after": _waits_otherwise(job, submission),
        "objective": (submission.objective and submission.objective._asdict()) != job.objective,
        "retry": _tries_otherwise(job, submission, "attempts", "on", "after"),
        "alternatives": _tries_otherwise(job, submission, "patience", "digest"),
        "maxCost": submission.max_cost != (job.cost or {}).get("maxCost"),
    }
    return tuple(key for key in KEYS if differs[key])


def _tries_otherwise(job: Job, submission: "Submission", *members: str) -> bool:
    """Whether a document says something else of these members of the policy of attempts."""
    if job.retry is None and submission.retry is None:
        return False
    from jobchute.attempts import Policy

    known, said = Policy.of(job), submission.retry or Policy()
    return any(getattr(known, name) != getattr(said, name) for name in members)


def entry_of(source: Source, not_applied: Collection[str] = ()) -> str:
    """An entry of `Job.duplicates`: the names of what differs, as one text, stand behind the source's own."""
    own = json.loads(source.entry)
    return canonical([*own, ",".join(not_applied)]) if not_applied else source.entry


def not_applied_in(entry: str) -> tuple[str, ...]:
    _, _, _, *rest = json.loads(entry)
    return tuple(rest[1].split(",")) if len(rest) > 1 else ()


def _waits_otherwise(job: Job, submission: "Submission") -> bool:
    """The order of the jobs to wait for makes no difference."""
    if len(submission.after) != len(job.after) + len(job.awaits):
        return True
    entries = [*job.after, *job.awaits]
    known = {each.get("job", each.get("name")): sorted(map(str, each["on"])) for each in entries}
    return any(
        sorted(map(str, each.on))
        not in (known.get(each.target), known.get(job_id_for_key(each.target, job.owner)))
        for each in submission.after
    )
