"""Amazon Bedrock batch inference: Create, Get, Stop and List ModelInvocationJob(s)."""

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
from jobchute.providers.bedrock.invocation_job.spec import MANIFEST, SPEC

if TYPE_CHECKING:
    from mypy_boto3_bedrock import BedrockClient
    from mypy_boto3_bedrock.type_defs import PaginatorConfigTypeDef

STATES = {
    "Submitted": State.SUBMITTED,
    "Validating": State.SUBMITTED,
    "Scheduled": State.SUBMITTED,
    "InProgress": State.RUNNING,
    "Completed": State.SUCCEEDED,
    "PartiallyCompleted": State.PARTIAL,
    "Failed": State.FAILED,
    "Stopping": None,
    "Stopped": State.CANCELLED,
    "Expired": State.TIMED_OUT,
}

# A used name has either code, depending on the operation; the text is the same.
NAME_TAKEN_CODES = frozenset({"ConflictException", "ValidationException"})
NAME_TAKEN_TEXT = "job name is currently in use"

RECORD_COUNTS = {
    "total": "totalRecordCount",
    "processed": "processedRecordCount",
    "succeeded": "successRecordCount",
    "failed": "errorRecordCount",
}

TOKEN_COUNTS = {"input": "inputTokenCount", "output": "outputTokenCount"}

PAGE_SIZE = 1000
"""The largest page of ListModelInvocationJobs."""


class BedrockJobs(NamedTuple):
    """Names are unique; clientRequestToken makes the create call idempotent.

    creator: the client that makes one attempt per call. manifest: as in Connections.
    """

    creator: Callable[[], "BedrockClient"]
    client: Callable[[], "BedrockClient"]
    manifest: Callable[[str], bytes | None]

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, SPEC.name.member, job_id)

    def time_limit(self, request: Document) -> int:
        """A job without timeoutDurationInHours (24 to 168) gets the longest."""
        unit = SPEC.run_time.unit
        hours: int = request.get("timeoutDurationInHours", SPEC.run_time.default // unit)
        return hours * unit

    def pending_limit(self, request: Document) -> int:
        """timeoutDurationInHours also ends a job that is still Scheduled (Expired, GetModelInvocationJob)."""
        return self.time_limit(request)

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        own = {tag["key"]: tag["value"] for tag in request.get("tags", [])}
        tags = [{"key": key, "value": value} for key, value in tags_for(job, own).items()]
        return {**request, "jobName": job.name, "clientRequestToken": job.token, "tags": tags}

    def submit(self, call: ProviderRequest) -> str:
        with provider_errors(_refine):
            return self.creator().create_model_invocation_job(**call)["jobArn"]

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        with provider_errors():
            for summary in self._list(nameContains=job.name, submitTimeAfter=earliest([job])):
                if summary.get("clientRequestToken") == job.token:
                    arn: str = summary["jobArn"]
                    return arn
        return None

    def observe(self, job: Submitted) -> Observation:
        provider_id = provider_id_of(job)
        with provider_errors():
            seen = self.client().get_model_invocation_job(jobIdentifier=provider_id)
        native = seen.get("status", "")
        prefix = seen["outputDataConfig"]["s3OutputDataConfig"]["s3Uri"].rstrip("/")
        output = f"{prefix}/{provider_id.rsplit('/', 1)[-1]}/"
        state = STATES.get(native)
        return Observation(
            native=native,
            state=state,
            reason=_reason(seen),
            output=output,
            is_known=native in STATES,
            cause=_cause(seen),
            result=self._facts(seen, output) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        if not jobs:
            return {}
        with provider_errors():
            listed = self._list(submitTimeAfter=earliest(jobs))
            states = ((each["jobArn"], STATES.get(each.get("status", ""))) for each in listed)
            return states_among(jobs, states, page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        try:
            with provider_errors():
                self.client().stop_model_invocation_job(jobIdentifier=provider_id_of(job))
        except PermanentError as error:
            # StopModelInvocationJob lists ConflictException: the job has ended, or is stopping.
            if error.code not in {"ConflictException", "ValidationException"}:
                raise

    def _facts(self, seen: Mapping[str, Any], output: str) -> Result:
        """When a job began is not reported. Counts are 0 until the input has been validated."""
        records = {name: seen[member] for name, member in RECORD_COUNTS.items() if member in seen}
        return Result(
            queued_at=seen.get("submitTime"),
            ended_at=seen.get("endTime") or seen.get("lastModifiedTime"),
            records=records if records.get("total") else None,
            tokens=self._tokens(records, output),
            output=output,
        )

    def _tokens(self, records: Mapping[str, int], output: str) -> Mapping[str, int] | None:
        """Only the manifest has them. A job that processed none of its records has used none."""
        if not records.get("total") or "processed" not in records:
            return None
        if not records["processed"]:
            return dict.fromkeys(TOKEN_COUNTS, 0)
        manifest = self.manifest(f"{output}{MANIFEST}")
        return None if manifest is None else _tokens_in(manifest)

    def _list(self, **only: Any) -> Iterator[Mapping[str, Any]]:
        """The newest first."""
        pages = self.client().get_paginator("list_model_invocation_jobs")
        config: PaginatorConfigTypeDef = {"PageSize": PAGE_SIZE}
        for page in pages.paginate(
            **only, sortBy="CreationTime", sortOrder="Descending", PaginationConfig=config
        ):
            yield from page.get("invocationJobSummaries", [])


def adapter_over(connections: Connections) -> BedrockJobs:
    """The adapter of this API."""
    creator, client = (partial(each, "bedrock") for each in (connections.creator, connections.client))
    return BedrockJobs(creator, client, connections.manifest)


def _reason(seen: Mapping[str, Any]) -> str | None:
    """The provider's message, and the counts of records if it gives them (GetModelInvocationJob)."""
    said = [seen["message"]] if seen.get("message") else []
    if STATES.get(seen.get("status", "")) is State.PARTIAL and "totalRecordCount" in seen:
        succeeded, failed = seen.get("successRecordCount", 0), seen.get("errorRecordCount", 0)
        said.append(f"{succeeded} of {seen['totalRecordCount']} records succeeded, {failed} failed")
    return "; ".join(said) or None


def _cause(seen: Mapping[str, Any]) -> Cause | None:
    match seen.get("status"):
        case "Expired":
            # "It was scheduled but didn't begin before the set timeout duration" (GetModelInvocationJob).
            return Cause.TIMED_OUT if seen.get("processedRecordCount") else Cause.CAPACITY
        case "PartiallyCompleted":
            return Cause.TIMED_OUT
        case "Failed":
            from jobchute.providers.bedrock.invocation_job.failure_texts import cause_of_message

            return cause_of_message(seen.get("message") or "")
        case _:
            return None


def _tokens_in(manifest: bytes) -> Mapping[str, int] | None:
    """None unless it says both counts, and nothing else that a model may be billed by (inputAudioSecond)."""
    import json

    try:
        said = json.loads(manifest)
    except ValueError:
        return None
    if not isinstance(said, dict):
        return None
    counts = {name: said.pop(member, None) for name, member in TOKEN_COUNTS.items()}
    others = [name for name, value in said.items() if value and name not in RECORD_COUNTS.values()]
    is_known = not others and all(type(count) is int and count >= 0 for count in counts.values())
    return counts if is_known else None


def _refine(error: ProviderError) -> ProviderError:
    if error.code in NAME_TAKEN_CODES and NAME_TAKEN_TEXT in error.message:
        return NameTakenError(error.message, code=error.code)
    return error
