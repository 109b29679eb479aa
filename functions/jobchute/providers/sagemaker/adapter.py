"""Amazon SageMaker's kinds of job. Names are unique; there is no token."""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import NameTakenError, NotFoundError, PermanentError, ProviderError, QuotaError
from jobchute.job import Document, Job, State, Submitted
from jobchute.outcomes import Cause, Result
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
from jobchute.providers.members import values_at
from jobchute.providers.sagemaker import noun_of, spelled
from jobchute.providers.spec import ApiSpec

if TYPE_CHECKING:
    from mypy_boto3_sagemaker import SageMakerClient

STATES = {
    "InProgress": State.RUNNING,
    "Completed": State.SUCCEEDED,
    "Failed": State.FAILED,
    "Stopping": None,
    "Stopped": State.CANCELLED,
    "Deleting": None,
    "DeleteFailed": None,
}
# SecondaryStatus of a training job that waits for its instances (DescribeTrainingJob).
NOT_YET_RUNNING = frozenset({"Starting", "Pending", "LaunchingMLInstances", "PreparingTrainingStack"})

PAGE_SIZE = 100
"""The most of ListTrainingJobs and of the lists of the other kinds."""

# ResourceLimitExceeded means "wait" or "never"; only its text tells which.
LIMIT_TEXT = re.compile(r"is (\d+) Instances, with current utilization of (\d+) .{0,40}request delta of (\d+)")
SIZE_TEXT = re.compile(r"request delta of (\d+) GBs .{0,100}service-limit of (\d+) GBs")
NOT_IN_REGION_TEXT = "is not available in this region"
# A missing job is a ValidationException on Describe, as botocore's own waiters know.
MISSING_TEXT = re.compile(r"Requested resource not found|Could not find")


def is_starting(job: Mapping[str, Any]) -> bool:
    """Whether a job in progress waits for its instances, by its secondary status."""
    return job.get("SecondaryStatus") in NOT_YET_RUNNING


class Kind(NamedTuple):
    """How the kinds of job differ.

    pending_limit: what the adapter's `pending_limit` returns. output: of a described job.
    cause_of_time_out: of a stopped job; None if no time limit stopped it. facts: of a job that has ended.
    is_waiting: whether a job in progress, as it is described or listed, does not run yet.
    """

    spec: ApiSpec
    pending_limit: int
    output: Callable[[Mapping[str, Any]], str | None]
    cause_of_time_out: Callable[[Mapping[str, Any]], Cause | None]
    facts: Callable[[Mapping[str, Any]], Result]
    is_waiting: Callable[[Mapping[str, Any]], bool] = is_starting

    @property
    def prefix(self) -> str:
        """`Training`, of the members of a training job."""
        return noun_of(self.spec.api)

    @property
    def operation(self) -> str:
        """`training_job`, of the operations on a training job."""
        return spelled(self.spec.api, "_")

    @property
    def name(self) -> str:
        """The member that names the job."""
        return self.spec.name.member

    def logs_of(self, name: str) -> str:
        """The group and the beginning of the streams of a job with this name."""
        spec = self.spec
        return f"{spec.log_group}:{spec.log_streams.format(name=name)}"

    def adapter_over(self, connections: Connections) -> "SageMakerJobs":
        """The adapter of this kind of job."""
        creator, client = (partial(each, "sagemaker") for each in (connections.creator, connections.client))
        return SageMakerJobs(creator, client, self)


class SageMakerJobs(NamedTuple):
    """Idempotent by name: a used name is ours if the job carries our tag, and a failure if it does not.

    creator: the client that makes one attempt per call.
    """

    creator: Callable[[], "SageMakerClient"]
    client: Callable[[], "SageMakerClient"]
    kind: Kind

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, self.kind.name, job_id)[: self.kind.spec.name.max_length]

    def time_limit(self, request: Document) -> int:
        """By the spec's member or default; spot training and pending time have limits of their own."""
        stopping, limit = request.get("StoppingCondition", {}), self.kind.spec.run_time
        given = [value for _, value in values_at(request, limit.path)] if limit.path else []
        run: Any = stopping.get("MaxWaitTimeInSeconds") or next(iter(given), limit.default)
        pending: int = stopping.get("MaxPendingTimeInSeconds", 0)
        return pending + int(run)

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        return self.kind.pending_limit

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        own = {tag["Key"]: tag["Value"] for tag in request.get("Tags", [])}
        tags = [{"Key": key, "Value": value} for key, value in tags_for(job, own).items()]
        return {**request, self.kind.name: job.name, "Tags": tags}

    def submit(self, call: ProviderRequest) -> str:
        with provider_errors(_refine):
            create: Callable[..., Mapping[str, Any]] = getattr(self.creator(), f"create_{self.kind.operation}")
            answer = create(**call)
        arn: str = answer[f"{self.kind.prefix}JobArn"]
        return arn

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        try:
            arn: str = self._describe(job.name)[f"{self.kind.prefix}JobArn"]
        except NotFoundError:
            return None
        with provider_errors(_refine):
            pages = self.client().get_paginator("list_tags").paginate(ResourceArn=arn)
            tags = {tag["Key"]: tag["Value"] for page in pages for tag in page["Tags"]}
        if not is_attempt(job, tags):
            raise NameTakenError.of(job.name, self.kind.name, job=arn)
        return arn

    def observe(self, job: Submitted) -> Observation:
        provider_id_of(job)
        seen = self._describe(job.name)
        native = seen[f"{self.kind.prefix}JobStatus"]
        secondary = seen.get("SecondaryStatus", native)
        cause = self._cause(seen)
        state = State.TIMED_OUT if native == "Stopped" and cause is not None else self._state(seen)
        return Observation(
            native=native if secondary == native else f"{native}/{secondary}",
            state=state,
            reason=seen.get("FailureReason"),
            output=self.kind.output(seen),
            logs=self.kind.logs_of(job.name),
            is_known=native in STATES,
            cause=cause,
            result=self.kind.facts(seen) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        """Of those in progress alone, which are few however many have ended."""
        if not jobs:
            return {}
        arn = f"{self.kind.prefix}JobArn"
        with provider_errors(_refine):
            listed = self._list(StatusEquals="InProgress", CreationTimeAfter=earliest(jobs))
            states = ((each[arn], self._state(each)) for each in listed)
            return states_among(jobs, states, page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        try:
            with provider_errors(_refine):
                self._operation("stop")(**{self.kind.name: job.name})
        except PermanentError as error:
            # "The request was rejected because the training job is in status Completed."
            if error.code != "ValidationException" or isinstance(error, NotFoundError):
                raise

    def _state(self, seen: Mapping[str, Any]) -> State | None:
        """Of a job as it is described or listed."""
        native = seen[f"{self.kind.prefix}JobStatus"]
        is_waiting = native == "InProgress" and self.kind.is_waiting(seen)
        return State.SUBMITTED if is_waiting else STATES.get(native)

    def _cause(self, seen: Mapping[str, Any]) -> Cause | None:
        match seen[f"{self.kind.prefix}JobStatus"]:
            case "Stopped":
                return self.kind.cause_of_time_out(seen)
            case "Failed":
                from jobchute.providers.failure_texts import cause_of_failure_reason

                return cause_of_failure_reason(seen.get("FailureReason") or "")
            case _:
                return None

    def _list(self, **only: Any) -> Iterator[Mapping[str, Any]]:
        paginator: Any = self.client().get_paginator(f"list_{self.kind.operation}s")  # type: ignore[call-overload]
        for page in paginator.paginate(**only, PaginationConfig={"PageSize": PAGE_SIZE}):
            yield from page[f"{self.kind.prefix}JobSummaries"]

    def _describe(self, name: str) -> Mapping[str, Any]:
        with provider_errors(_refine):
            described: Mapping[str, Any] = self._operation("describe")(**{self.kind.name: name})
        return described

    def _operation(self, verb: str) -> Callable[..., Mapping[str, Any]]:
        operation: Callable[..., Mapping[str, Any]] = getattr(self.client(), f"{verb}_{self.kind.operation}")
        return operation


def _refine(error: ProviderError) -> ProviderError:
    if error.code == "ResourceInUse":
        return NameTakenError(error.message, code=error.code)
    if error.code == "ValidationException" and MISSING_TEXT.search(error.message):
        return NotFoundError(error.message, code=error.code)
    cause = _never_fits(error.message) if isinstance(error, QuotaError) else None
    return error if cause is None else PermanentError(error.message, code=error.code, cause=cause)


def _never_fits(message: str) -> Cause | None:
    """Why a quota refuses for good: the account has none of it, the job asks for more than there can be, or the
    region lacks it. None if it may fit later.
    """
    if NOT_IN_REGION_TEXT in message:
        return Cause.INPUT
    if size := SIZE_TEXT.search(message):
        return Cause.INPUT if int(size[1]) > int(size[2]) else None
    numbers = LIMIT_TEXT.search(message)
    if numbers is None or int(numbers[1]) >= int(numbers[3]):
        return None
    return Cause.INPUT if int(numbers[1]) else Cause.CAPACITY
