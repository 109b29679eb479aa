"""The document that retries a job: the same request under another identity. Reads the ledger by a callback."""

import itertools
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from jobchute.attempts import Policy
from jobchute.cli.job_plans import alternatives_of, members_of
from jobchute.job import Api, Job, job_id_for_key, sha256
from jobchute.ledger.plans import Variant
from jobchute.money.amounts import MICRO
from jobchute.providers.registry import SPECS
from jobchute.requests.ordering import MAX_KEY


def retry_of(
    job: Job, request: Mapping[str, Any], plan: Sequence[Variant], is_used: Callable[[str], bool]
) -> dict[str, Any]:
    """The document of a job's next retry, without `after`. request: as it was accepted. plan: as the ledger has
    it (jobchute.cli.job_plans). is_used: whether there is a job of this id.

    Until it is accepted, every call returns the same document, so that sending it several times makes one job.
    job must have been accepted once.
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
        **({} if job.objective is None else {"objective": dict(job.objective)}),
        **_said_of_cost(job.cost or {}),
        **members_of(Policy.of(job), alternatives_of(plan), request),
    }


def _said_of_cost(cost: Mapping[str, Any]) -> dict[str, Any]:
    """What the document of a job says of its cost, as its row keeps it."""
    said = {name: cost[name] for name in ("usage", "whenOverBudget") if name in cost}
    return said | ({"maxCost": cost["maxCost"] / MICRO} if "maxCost" in cost else {})


def first_retry_id(job: Job) -> str:
    """The id of a job's first retry."""
    return job_id_for_key(retry_key(job, 1), job.owner)


def retry_key(job: Job, number: int) -> str:
    """The old key with the number of the retry. If there is no key, or it is too long: the job's id instead."""
    suffix = f":retry-{number}"
    old = job.idempotency_key
    return f"{job.job_id if old is None or len(old) + len(suffix) > MAX_KEY else old}{suffix}"


def renamed(api: Api, request: Mapping[str, Any], number: int, key: str) -> dict[str, Any]:
    """Most providers require unique names. A name that Jobchute made is not in the request, so it is new.

    A name that has to be cut gets a digest of the key, so that the retry of a retry has another name.
    """
    field, most = SPECS[api].name
    name = request.get(field)
    if not name:
        return {**request}
    suffix = f"-r{number}"
    if len(name) + len(suffix) > most:
        suffix = f"-{sha256(key)[:8]}{suffix}"
    return {**request, field: name[: most - len(suffix)].rstrip("-.+") + suffix}
