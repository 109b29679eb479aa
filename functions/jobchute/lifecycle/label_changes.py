"""Which labels of a waiting job may change: none that decided where it waits, and only as guard rails allow."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from jobchute.attempts import Policy
from jobchute.job import Document, Job, State
from jobchute.ledger.request_bodies import RequestRows
from jobchute.pools.limits import LABEL, PoolRules
from jobchute.problems import Problem
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.labels import MAX_LABELS
from jobchute.requests.submission import Submission
from jobchute.requests.tags import tag_problems

FIXED = "FIXED_LABEL"


class LabelChanges(NamedTuple):
    """rules: of the pools. fair_by: the label whose values share a pool. budget: the label that has budgets."""

    requests: RequestRows
    rules: Callable[[], PoolRules]
    fair_by: str
    budget: str | None
    guard_rails: GuardRails

    def problems(self, job: Job, changed: Mapping[str, str]) -> list[Problem]:
        """Why a job may not have other values of these labels."""
        found = [*self._fixed(job, changed)]
        return found or self._not_allowed(job, {**job.labels, **changed})

    def _fixed(self, job: Job, changed: Mapping[str, str]) -> Iterator[Problem]:
        if job.state is not State.QUEUED:
            rule = "its provider was called with its labels as tags; only the priority can be changed"
            yield Problem("labels", FIXED, rule)
            return
        decided = self._decided_by(job)
        for name in sorted(changed.keys() & decided.keys()):
            rule = (
                f"this label decides the job's {decided[name]}; cancel the job and send it with another value"
            )
            yield Problem(f"labels.{name}", FIXED, rule)

    def _decided_by(self, job: Job) -> dict[str, str]:
        """Names of labels, and what they decide."""
        rules = self.rules()
        of_pools = (name for name in (*rules.chosen, *rules.pauses) if name.startswith(LABEL))
        decided = {name.removeprefix(LABEL).partition("=")[0]: "pool" for name in of_pools}
        if job.owner is None:
            decided[self.fair_by] = "share of its pool"
        return decided if self.budget is None else {**decided, self.budget: "budget"}

    def _not_allowed(self, job: Job, labels: Mapping[str, str]) -> list[Problem]:
        if job.api is None:
            return []
        if len(labels) > MAX_LABELS:
            return [Problem("labels", "TOO_LONG", f"at most {MAX_LABELS} labels, not {len(labels)}")]
        retry = None if job.retry is None else Policy.of(job)
        found = [*self.guard_rails.problems_of_labels(labels)]
        for request in self._requests_of(job):
            found += tag_problems(Submission(job.api, request, labels=labels, retry=retry))
        return [*dict.fromkeys(found)]

    def _requests_of(self, job: Job) -> Iterable[Document]:
        """What the job's attempts may ask for."""
        if job.retry is None:
            return [self.requests.get(job.job_id)]
        from jobchute.lifecycle.variants import bodies_of

        return bodies_of(self.requests, job)
