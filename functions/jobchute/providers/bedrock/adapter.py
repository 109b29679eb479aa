"""Amazon Bedrock's kinds of job. Names are unique, and clientRequestToken makes the create call idempotent."""

from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.errors import NameTakenError, PermanentError, ProviderError
from jobchute.job import Document, Job, State, Submitted
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import (
    Connections,
    Observation,
    ProviderRequest,
    earliest,
    name_in,
    provider_id_of,
    states_among,
    tags_for,
)
from jobchute.providers.aws_errors import provider_errors
from jobchute.providers.members import values_at
from jobchute.providers.names import slug
from jobchute.providers.spec import ApiSpec

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient

# A used name has either code, depending on the operation; the text is the same. A stop of a job that has ended,
# or is stopping, has one of them too (StopModelInvocationJob and StopModelCustomizationJob).
CONFLICT_CODES = frozenset({"ConflictException", "ValidationException"})
NAME_TAKEN_TEXT = "job name is currently in use"
MAX_OWN_NAME = 63
"""Of what a job makes (`also_named` in its spec)."""
PAGE_SIZE = 1000
"""The largest page of the lists of jobs."""

Seen = Mapping[str, Any]
Manifest = Callable[[str], bytes | None]


class Kind(NamedTuple):
    """How the kinds of job differ.

    operation: as boto3 names it, `model_invocation_job`. summaries: the member with a page of the list.
    since, listed: how `list_states` asks for jobs created since a time, and for those that it needs.
    pending_limit: what the adapter's `pending_limit` returns; None for the time limit, which counts from the
    submission. find: as the adapter's. state: of a job as it is described or listed.
    output: the folder of a described job, by its id. reason, cause, facts: of a described job.
    """

    spec: ApiSpec
    operation: str
    summaries: str
    states: Mapping[str, State | None]
    since: str
    listed: Mapping[str, str]
    pending_limit: int | None
    find: Callable[["BedrockJobs", Job], str | None]
    state: Callable[[Seen], State | None]
    output: Callable[[Seen, str], str]
    reason: Callable[[Seen], str | None]
    cause: Callable[[Seen], Cause | None]
    facts: Callable[[Seen, str, Manifest], Result]

    def adapter_over(self, connections: Connections) -> "BedrockJobs":
        """The adapter of this kind of job."""
        creator, client = (partial(each, "bedrock") for each in (connections.creator, connections.client))
        return BedrockJobs(creator, client, connections.manifest, self)


class BedrockJobs(NamedTuple):
    """creator: the client that makes one attempt per call. manifest: as in Connections."""

    creator: Callable[[], "BedrockClient"]
    client: Callable[[], "BedrockClient"]
    manifest: Manifest
    kind: Kind

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, self.kind.spec.name.member, job_id)

    def time_limit(self, request: Document) -> int:
        limit = self.kind.spec.run_time
        given: list[Any] = [value for _, value in values_at(request, limit.path)] if limit.path else []
        return given[0] * limit.unit if given else limit.default

    def pending_limit(self, request: Document) -> int:
        limit = self.kind.pending_limit
        return self.time_limit(request) if limit is None else limit

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        spec, member = self.kind.spec, self.kind.spec.tags.member if self.kind.spec.tags else ""
        own = {tag["key"]: tag["value"] for tag in request.get(member, [])}
        tags = [{"key": key, "value": value} for key, value in tags_for(job, own).items()]
        names = {name: _own_name(job, request.get(name)) for name in spec.also_named}
        return {**request, spec.name.member: job.name, **names, spec.token: job.token, member: tags}

    def submit(self, call: ProviderRequest) -> str:
        with provider_errors(_refine):
            create: Callable[..., Seen] = getattr(self.creator(), f"create_{self.kind.operation}")
            arn: str = create(**call)["jobArn"]
        return arn

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        return self.kind.find(self, job)

    def observe(self, job: Submitted) -> Observation:
        provider_id, kind = provider_id_of(job), self.kind
        seen = self.get(provider_id)
        native, state = seen.get("status", ""), kind.state(seen)
        output = kind.output(seen, provider_id.rpartition("/")[2])
        return Observation(
            native=native,
            state=state,
            reason=kind.reason(seen),
            output=output,
            is_known=native in kind.states,
            cause=kind.cause(seen),
            result=kind.facts(seen, output, self.manifest) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        if not jobs:
            return {}
        with provider_errors():
            listed = self.pages(**self.kind.listed, **{self.kind.since: earliest(jobs)})
            return states_among(
                jobs, ((each["jobArn"], self.kind.state(each)) for each in listed), page=PAGE_SIZE
            )

    def cancel(self, job: Job) -> None:
        try:
            with provider_errors():
                self._operation("stop")(jobIdentifier=provider_id_of(job))
        except PermanentError as error:
            if error.code not in CONFLICT_CODES:
                raise

    def get(self, identifier: str) -> Seen:
        """A job as it is described. Raises NotFoundError."""
        with provider_errors():
            return self._operation("get")(jobIdentifier=identifier)

    def pages(self, **only: Any) -> Iterator[Seen]:
        """What the list tells of each job."""
        paginator: Any = self.client().get_paginator(f"list_{self.kind.operation}s")  # type: ignore[call-overload]
        for page in paginator.paginate(**only, PaginationConfig={"PageSize": PAGE_SIZE}):
            yield from page.get(self.kind.summaries, [])

    def _operation(self, verb: str) -> Callable[..., Seen]:
        operation: Callable[..., Seen] = getattr(self.client(), f"{verb}_{self.kind.operation}")
        return operation


def _own_name(job: Job, given: str | None) -> str:
    """The job's name if the request gives none; for another attempt, a name that no earlier one has used."""
    if not given or job.attempt == 1:
        return given or slug(job.name)
    mark = f"-{job.token[:8]}-{job.attempt}"
    return given[: MAX_OWN_NAME - len(mark)].rstrip("-_") + mark


def _refine(error: ProviderError) -> ProviderError:
    is_used = error.code in CONFLICT_CODES and NAME_TAKEN_TEXT in error.message
    if is_used or error.code == "ConflictException":
        return NameTakenError(error.message, code=error.code)
    return error
