"""The job that a valid request becomes, and the provider call that it makes. Nothing is read or written."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import Job, Source, State, digest_of, iso, job_id_of
from jobchute.lifecycle.adapters import AdaptersByApi
from jobchute.pools.limits import PoolRules, QueuePosition, share_of, waiting_in
from jobchute.providers.adapter import ProviderRequest
from jobchute.providers.capacity import capacity_of
from jobchute.requests.submission import Submission

if TYPE_CHECKING:
    from jobchute.ledger.plans import Variant
    from jobchute.money.cost import Cost
    from jobchute.requests.costs import JobCosts


class Built(NamedTuple):
    """plan: what the attempts of the job may ask for, the request first; empty without alternatives."""

    job: Job
    plan: "Sequence[Variant]" = ()


class JobBuilder(NamedTuple):
    """rules: of the pools, as they are now. wait_limit: seconds that a job may wait for its submission.

    fair_by: the label that says whose a job is, where jobs of several people wait for their turn.
    now: epoch seconds. costs: what jobs may cost; None where no deployment is known.
    """

    adapters: AdaptersByApi
    rules: Callable[[], PoolRules]
    wait_limit: int
    fair_by: str
    now: Callable[[], float]
    costs: "JobCosts | None" = None

    def build(self, submission: Submission, source: Source) -> Built:
        """A new job, in the queue of its pool."""
        now = self.now()
        request, adapter = submission.request, self.adapters[submission.api]
        job_id = job_id_of(submission.api, request, submission.idempotency_key, source.owner)
        pool = self._pool_of(submission)
        job = Job(
            job_id=job_id,
            api=submission.api,
            state=State.QUEUED,
            created_at=iso(now),
            updated_at=iso(now),
            source=source,
            name=adapter.name_of(job_id, request),
            digest=digest_of(submission.api, request),
            idempotency_key=submission.idempotency_key,
            retry_of=submission.retry_of,
            labels=submission.labels,
            pool=pool,
            share=share_of(submission.labels, source, self.fair_by),
            priority=submission.priority,
            retry=self._retry(submission),
            objective=None if submission.objective is None else submission.objective._asdict(),
            time_limit=adapter.time_limit(request),
            pending_limit=adapter.pending_limit(request),
            deadline=int(now) + self.wait_limit,
            history=({"state": str(State.QUEUED), "at": iso(now)},),
        )
        place = str(QueuePosition.of(job))
        job = replace(job, waiting=pool, place=place, reason=waiting_in(pool), due=job.deadline + 1)
        said, cost = _said_of_cost(submission), self.cost_of(submission)
        if cost is not None:
            job = self.with_cost(job, submission, cost, rates=dict(cost.rates) or None)
        elif said:
            job = replace(job, cost=said)
        if not submission.alternatives:
            return Built(job)
        from jobchute.lifecycle.variants import with_plan

        return with_plan(job, submission, self)

    def variant(
        self, submission: Submission, *, changes: Sequence[Sequence[Any]] = (), cost: "Cost | None" = None
    ) -> "Variant":
        """The pool, limits and rates of an alternative. changes: those that turn the job's request into it."""
        from jobchute.ledger.plans import Variant

        adapter = self.adapters[submission.api]
        return Variant(
            changes,
            pool=self._pool_of(submission),
            time_limit=adapter.time_limit(submission.request),
            pending_limit=adapter.pending_limit(submission.request),
            rates=None if cost is None else dict(cost.rates) or None,
        )

    def _pool_of(self, submission: Submission) -> str:
        capacity = capacity_of(submission.api, submission.request)
        return self.rules().pool_of(submission.api, capacity, submission.labels)

    def _retry(self, submission: Submission) -> dict[str, Any] | None:
        """The policy of further attempts, as the row keeps it."""
        if submission.retry is None:
            return None
        adapter, request = self.adapters[submission.api], submission.request
        longest = adapter.time_limit(request) + adapter.pending_limit(request)
        return submission.retry._replace(lasts=submission.retry.lasts + longest).as_attribute()

    def cost_of(self, submission: Submission) -> "Cost | None":
        """What a request may cost; None where no prices are loaded."""
        return None if self.costs is None else self.costs.if_priced(submission)

    def with_cost(
        self, job: Job, submission: Submission, cost: "Cost", *, rates: Mapping[str, str] | None
    ) -> Job:
        """A new job with what it may cost, and what it is to reserve. rates: of its first attempt."""
        told = cost.as_attribute() | _said_of_cost(submission)
        return replace(job, cost=told, rates=rates, budget=self._budget(job, cost))

    def _budget(self, job: Job, cost: "Cost") -> dict[str, Any] | None:
        """What the job is to reserve; None without budgets, and where the deployment allows unknown costs."""
        budgets = None if self.costs is None else self.costs.budgets
        budget = None if budgets is None or cost.bound is None else budgets.of_labels(job.labels)
        if budget is None:
            return None
        from jobchute.money.budgets import month_of

        return {"name": budget.name, "month": month_of(self.now()), "amount": cost.bound}

    def provider_request(self, job: Job, submission: Submission) -> ProviderRequest:
        """The call that creates the job at its provider."""
        return self.adapters[submission.api].request_for(job, submission.request)


def _said_of_cost(submission: Submission) -> dict[str, Any]:
    """What the document says of its cost: a retry of the job says it again."""
    said = {
        "maxCost": submission.max_cost,
        "usage": dict(submission.usage),
        "whenOverBudget": "wait" if submission.waits_for_budget else None,
    }
    return {name: value for name, value in said.items() if value not in (None, {})}
