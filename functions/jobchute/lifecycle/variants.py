"""What a job asks for in each of its attempts: its request, or one of the alternatives of its document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.attempts import Policy, next_name
from jobchute.job import Job, Submitted
from jobchute.ledger.plans import PlanRows, Variant, changed_by, name_of
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle.build import Built, JobBuilder
from jobchute.providers.adapter import ProviderRequest
from jobchute.requests.alternatives import variants_of
from jobchute.requests.submission import Submission

if TYPE_CHECKING:
    from jobchute.money.cost import Cost


def with_plan(job: Job, submission: Submission, builder: JobBuilder) -> Built:
    """A new job with alternatives, with the cost of the dearest of them."""
    variants = [*variants_of(submission)]
    own, costs = builder.cost_of(submission), [builder.cost_of(each) for each in variants]
    plan = [Variant([], job.pool, job.time_limit, job.pending_limit, job.rates)]
    for alternative, variant, cost in zip(submission.alternatives, variants, costs, strict=True):
        changes = [[list(each.steps), each.value] for each in alternative]
        plan.append(builder.variant(variant, changes=changes, cost=cost))
    lasts = max(each.time_limit + each.pending_limit for each in plan)
    policy = Policy.of(job)._replace(lasts=Policy().lasts + lasts)
    job = replace(job, retry=policy.as_attribute())
    dearest = _dearest([cost for cost in (own, *costs) if cost is not None])
    if dearest is not None:
        job = builder.with_cost(job, submission, dearest, rates=job.rates)
    return Built(job, plan)


def keep_plan(requests: RequestRows, job: Job, plan: Sequence[Variant]) -> Job:
    """Write what the attempts of a new job may ask for, before its row. The job's policy names it then."""
    plans_of(requests).keep(job.job_id, plan, job.created_at)
    return replace(job, retry={**(job.retry or {}), "plan": name_of(plan)})


class Alternative(NamedTuple):
    """An alternative as a plan shows it. call: that would be made for it if it is the next attempt."""

    pool: str | None
    time_limit: int
    call: ProviderRequest

    def document(self, call: Mapping[str, Any]) -> dict[str, Any]:
        """call: as it may be shown."""
        return {"pool": self.pool, "timeLimitSeconds": self.time_limit, "call": dict(call)}


def alternatives_of(job: Job, submission: Submission, builder: JobBuilder) -> list[Alternative]:
    """What the attempts after the first would ask for if each finds no capacity."""
    found = []
    for number, variant in enumerate(variants_of(submission), 1):
        attempt = replace(job, attempt=number + 1, name=next_name(replace(job, attempt=number)))
        own, call = builder.variant(variant), builder.provider_request(attempt, variant)
        found.append(Alternative(own.pool, own.time_limit, call))
    return found


def request_of(requests: RequestRows, job: Job) -> dict[str, Any]:
    """What the job's newest attempt asks for. Raises UnknownJobError."""
    body = requests.get(job.job_id)
    if not job.alternative:
        return body
    return changed_by(body, plans_of(requests).get(job.job_id, Policy.of(job).plan)[job.alternative])


def bodies_of(requests: RequestRows, job: Submitted) -> Iterator[dict[str, Any]]:
    """All that the attempts of a job may ask for. Raises UnknownJobError."""
    body = requests.get(job.job_id)
    yield body
    plan = (job.retry or {}).get("plan")
    if plan:
        yield from (changed_by(body, each) for each in plans_of(requests).get(job.job_id, plan)[1:])


def plans_of(requests: RequestRows) -> PlanRows:
    """The items of alternatives, which are kept as long as the request."""
    return PlanRows(requests.rows, requests.retention)


def _dearest(costs: "Sequence[Cost]") -> "Cost | None":
    """The cost that has no bound, if there is one: the job has none either."""
    return max(costs, key=lambda cost: (cost.bound is None, bool(cost.beyond), cost.bound or 0), default=None)
