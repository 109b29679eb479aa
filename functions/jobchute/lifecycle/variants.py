"""What a job asks for in each of its attempts: its request, or one of the alternatives of its document."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.attempts import Policy, next_name
from jobchute.job import Job, Submitted
from jobchute.ledger.plans import PlanRows, Variant, changed_by, name_of
from jobchute.ledger.request_bodies import RequestRows
from jobchute.providers.adapter import ProviderRequest
from jobchute.requests.alternatives import variants_of
from jobchute.requests.submission import Submission

if TYPE_CHECKING:
    from jobchute.lifecycle.build import JobBuilder
    from jobchute.money.cost import Cost


def with_plan(job: Job, submission: Submission, builder: "JobBuilder") -> Job:
    """A new job with alternatives, with the cost of the dearest of them."""
    plan = plan_of(job, submission, builder)
    lasts = max(each.time_limit + each.pending_limit for each in plan)
    policy = Policy.of(job)._replace(lasts=Policy().lasts + lasts)
    costs = [builder.cost_of(each) for each in (submission, *variants_of(submission))]
    job = replace(job, retry=policy.as_attribute())
    dearest = _dearest([cost for cost in costs if cost is not None])
    return job if dearest is None else builder.with_cost(job, submission, dearest, rates=job.rates)


def plan_of(job: Job, submission: Submission, builder: "JobBuilder") -> list[Variant]:
    """The request itself, then its alternatives."""
    first = Variant([], job.pool, job.time_limit, job.pending_limit, job.rates)
    changes = ([[list(each.steps), each.value] for each in one] for one in submission.alternatives)
    rest = zip(changes, variants_of(submission), strict=True)
    return [first, *(builder.variant(own, variant) for own, variant in rest)]


def keep_plan(requests: RequestRows, job: Job, submission: Submission, builder: "JobBuilder") -> Job:
    """Write the alternatives of a new job, before its row. Returns the job, whose policy names them."""
    plan = plan_of(job, submission, builder)
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


def alternatives_of(job: Job, submission: Submission, builder: "JobBuilder") -> list[Alternative]:
    """What the attempts after the first would ask for if each finds no capacity."""
    plan, found = plan_of(job, submission, builder), []
    for number, variant in enumerate(variants_of(submission), 1):
        attempt = replace(job, attempt=number + 1, name=next_name(replace(job, attempt=number)))
        pool, time_limit = plan[number].pool, plan[number].time_limit
        found.append(Alternative(pool, time_limit, builder.provider_request(attempt, variant)))
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
