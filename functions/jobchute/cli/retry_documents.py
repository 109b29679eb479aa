"""A new job from an old one: the same request under another identity. Pure but for looking into the ledger."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from jobchute.job import Api, Job, job_id_for_key, sha256
from jobchute.providers.registry import SPECS
from jobchute.requests.ordering import MAX_KEY


def retry_of(job: Job, request: Mapping[str, Any], is_used: Callable[[str], bool]) -> dict[str, Any]:
    """The document of a job's next retry. is_used: whether there is a job of this id.

    While nobody has taken it up it is the same document every time, so that it is one job however often it is
    sent. job must have been accepted once.
    """
    if job.api is None:
        raise ValueError(f"{job.job_id} never was a job")
    number, key = next(
        (number, key)
        for number in itertools.count(1)
        if not is_used(job_id_for_key(key := retry_key(job, number), job.owner))
    )
    return {
        "api": job.api,
        "request": renamed(job.api, request, number, key),
        "idempotencyKey": key,
        "labels": dict(job.labels),
        "priority": job.priority,
        "retryOf": job.job_id,
    }


def retry_key(job: Job, number: int) -> str:
    """The old key, or the job's id where it had none or one that is too long, with the retry's number."""
    suffix = f":retry-{number}"
    old = job.idempotency_key
    return f"{job.job_id if old is None or len(old) + len(suffix) > MAX_KEY else old}{suffix}"


def renamed(api: Api, request: Mapping[str, Any], number: int, key: str) -> dict[str, Any]:
    """Names are unique at most providers. A name that Jobchute made is not in the request, and is new anyway.

    A name that has to be cut gets a digest of the key: else the retry of a retry had its name.
    """
    field, most = SPECS[api].name
    name = request.get(field)
    if not name:
        return {**request}
    suffix = f"-r{number}"
    if len(name) + len(suffix) > most:
        suffix = f"-{sha256(key)[:8]}{suffix}"
    return {**request, field: name[: most - len(suffix)].rstrip("-.+") + suffix}
