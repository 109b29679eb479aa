"""Amazon Braket's hybrid jobs and quantum tasks, whose operations are alike.

clientToken makes the create calls idempotent. How long it is remembered is not documented, and names of jobs
are not unique, so a job is found by its tags before a create call is repeated.
"""

from collections.abc import Callable, Collection, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import PermanentError
from jobchute.job import Document, Job, State, Submitted
from jobchute.outcomes import Cause
from jobchute.providers.adapter import (
    Connections,
    Observation,
    ProviderRequest,
    earliest,
    is_attempt,
    name_in,
    provider_id_of,
    states_among,
    tags_for,
)
from jobchute.providers.aws_errors import provider_errors
from jobchute.providers.braket.searches import PAGE_SIZE, Filter, created_since
from jobchute.providers.members import values_at
from jobchute.providers.spec import DAY, ApiSpec

if TYPE_CHECKING:
    from mypy_boto3_braket import BraketClient

PENDING_LIMIT = 7 * DAY
"""Braket documents no limit for QUEUED. Quantum devices are open for some hours of some days, and three hybrid
jobs run at a time by default, each at most five days.
"""
CAUSES = {State.TIMED_OUT: Cause.TIMED_OUT, State.PARTIAL: Cause.UNKNOWN}
Seen = Mapping[str, Any]


class Kind(NamedTuple):
    """How the kinds of job differ.

    operation: as boto3 names it, `quantum_task`. arn: the member with a job's ARN. filters: of the search for
    one job, by its request. stop: what else the cancel call says. observation: of a job as it is described,
    and its ARN.
    """

    spec: ApiSpec
    operation: str
    arn: str
    states: Mapping[str, State | None]
    filters: Callable[[Document], tuple[Filter, ...]]
    stop: Callable[[Job], dict[str, Any]]
    observation: Callable[[Seen, str], Observation]

    def adapter_over(self, connections: Connections) -> "BraketJobs":
        """The adapter of this kind of job."""
        creator, client = (partial(each, "braket") for each in (connections.creator, connections.client))
        return BraketJobs(creator, client, self)


class BraketJobs(NamedTuple):
    """creator: the client that makes one attempt per call."""

    creator: Callable[[], "BraketClient"]
    client: Callable[[], "BraketClient"]
    kind: Kind

    def name_of(self, job_id: str, request: Document) -> str:
        name = self.kind.spec.name
        return name_in(request, name.member, job_id)[: name.max_length]

    def time_limit(self, request: Document) -> int:
        limit = self.kind.spec.run_time
        given: list[Any] = [value for _, value in values_at(request, limit.path)] if limit.path else []
        return given[0] if given else limit.default

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        return PENDING_LIMIT

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        name = self.kind.spec.name.member
        own = {"clientToken": job.token, "tags": tags_for(job, request.get("tags", {}))}
        return {**request, **({name: job.name} if name else {}), **own}

    def submit(self, call: ProviderRequest) -> str:
        create: Callable[..., Seen] = getattr(self.creator(), f"create_{self.kind.operation}")
        with provider_errors():
            arn: str = create(**call)[self.kind.arn]
        return arn

    def find(self, job: Job, request: Document) -> str | None:
        """By its tags, which are in the answer but no filter of the search."""
        arn, filters = self.kind.arn, self.kind.filters(request)
        with provider_errors():
            found = created_since(self.client(), self.kind.operation, earliest([job]), *filters)
            return next((each[arn] for each in found if is_attempt(job, each.get("tags", {}))), None)

    def observe(self, job: Submitted) -> Observation:
        arn = provider_id_of(job)
        with provider_errors():
            seen = self._operation("get")(**{self.kind.arn: arn})
        return self.kind.observation(seen, arn)

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        if not jobs:
            return {}
        kind = self.kind
        with provider_errors():
            listed = created_since(self.client(), kind.operation, earliest(jobs))
            states = ((each[kind.arn], kind.states.get(each["status"])) for each in listed)
            return states_among(jobs, states, page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        try:
            with provider_errors():
                self._operation("cancel")(**{self.kind.arn: provider_id_of(job)}, **self.kind.stop(job))
        except PermanentError as error:
            # It has ended or is being cancelled: "cannot cancel a quantum task in the COMPLETED status".
            if error.code != "ConflictException":
                raise

    def _operation(self, verb: str) -> Callable[..., Seen]:
        operation: Callable[..., Seen] = getattr(self.client(), f"{verb}_{self.kind.operation}")
        return operation


def cause_of(seen: Seen, state: State | None) -> Cause | None:
    """Of a job as it is described, which is in this state."""
    if state is State.FAILED:
        from jobchute.providers.failure_texts import cause_of_failure_reason

        return cause_of_failure_reason(seen.get("failureReason") or "")
    return CAUSES.get(state) if state is not None else None
