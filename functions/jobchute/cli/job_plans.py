"""The alternatives of a job: read from the ledger, as a document has them, and in words for people."""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import Any

from jobchute.attempts import MAX_ATTEMPTS, Policy
from jobchute.cli.columns import cut
from jobchute.cli.output import json_text
from jobchute.errors import UnknownJobError
from jobchute.job import Job
from jobchute.ledger.plans import Variant
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle.variants import plans_of
from jobchute.masking import masked
from jobchute.requests.matrix import Steps, replaced

Changes = Sequence[tuple[Steps, Any]]
"""What an alternative changes: values, and where in the request they are."""
PLAIN_STEP = re.compile(r'[^.\[\]"]+')
"""A key that a path has without quotes (jobchute.requests.matrix)."""
MAX_VALUE = 200
"""Characters of a value in words."""


def plan_of(requests: RequestRows, job: Job) -> list[Variant]:
    """The request, which changes nothing, and its alternatives; empty for a job without alternatives. One read.

    Raises UnknownJobError if the ledger no longer has them.
    """
    name = Policy.of(job).plan
    return plans_of(requests).get(job.job_id, name) if name else []


def shown_plan_of(requests: RequestRows, job: Job) -> list[Variant]:
    """The same; empty if the ledger no longer has them."""
    try:
        return plan_of(requests, job)
    except UnknownJobError:
        return []


def alternatives_of(plan: Sequence[Variant]) -> list[Changes]:
    """Without the request itself."""
    return [[(tuple(steps), value) for steps, value in variant.changes] for variant in plan[1:]]


def members_of(policy: Policy, alternatives: Iterable[Changes], request: Mapping[str, Any]) -> dict[str, Any]:
    """`retry`, `alternatives` and `patience` of a document with this request, as far as it has them.

    A policy without causes is that of a document with alternatives alone. An alternative that a matrix has made
    equal to the request or to another one is left out: no document may have it.
    """
    found, known = [], [dict(request)]
    for changes in alternatives:
        new = reduce(lambda body, change: replaced(body, *change), changes, known[0])
        if new not in known:
            found.append({path_of(steps): value for steps, value in changes})
            known.append(new)
    # With ten alternatives, the default is more than a document may ask for.
    attempts = {} if policy.attempts == 1 + len(found) else {"attempts": min(policy.attempts, MAX_ATTEMPTS)}
    retry = {"retry": {**attempts, "on": [*policy.on], "after": policy.after}} if policy.on else {}
    return retry | ({"alternatives": found, "patience": policy.patience} if found else {})


def path_of(steps: Sequence[str | int]) -> str:
    """The inverse of jobchute.requests.matrix.steps_of: `Outputs[0].S3Uri`, `HyperParameters["a.b"]`."""
    return "".join(map(_part, steps)).removeprefix(".")


def shown_changes(variant: Variant) -> dict[str, Any]:
    """The values of an alternative by path, with masked secrets."""
    return {path_of(steps): _masked_at(steps, value) for steps, value in variant.changes}


def change_lines(variant: Variant) -> Iterator[str]:
    """`ResourceConfig.InstanceType = ml.m5.2xlarge`. Secrets are masked, and long values are cut."""
    for path, value in shown_changes(variant).items():
        yield f"{path} = {cut(value if isinstance(value, str) else json_text(value), MAX_VALUE)}"


def _part(step: str | int) -> str:
    if isinstance(step, int):
        return f"[{step}]"
    return f".{step}" if PLAIN_STEP.fullmatch(step) else f"[{json.dumps(step, ensure_ascii=False)}]"


def _masked_at(steps: Sequence[str | int], value: Any) -> Any:
    """The value as it is shown below these members."""
    names = [*map(str, steps)]
    nested = masked(reduce(lambda inner, name: {name: inner}, reversed(names), value))
    return reduce(lambda outer, name: outer[name], names, nested)
