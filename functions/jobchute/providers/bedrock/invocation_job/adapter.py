"""Amazon Bedrock batch inference: Create, Get, Stop and List ModelInvocationJob(s)."""

from collections.abc import Mapping
from typing import Any

from jobchute.job import Job, State
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import Connections, earliest
from jobchute.providers.aws_errors import provider_errors
from jobchute.providers.bedrock.adapter import BedrockJobs, Kind, Manifest
from jobchute.providers.bedrock.invocation_job.spec import MANIFEST, SPEC

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

NEWEST_FIRST = {"sortBy": "CreationTime", "sortOrder": "Descending"}

RECORD_COUNTS = {
    "total": "totalRecordCount",
    "processed": "processedRecordCount",
    "succeeded": "successRecordCount",
    "failed": "errorRecordCount",
}

TOKEN_COUNTS = {"input": "inputTokenCount", "output": "outputTokenCount"}


def _find(jobs: BedrockJobs, job: Job) -> str | None:
    """The list tells the token of each job."""
    with provider_errors():
        for summary in jobs.pages(nameContains=job.name, submitTimeAfter=earliest([job]), **NEWEST_FIRST):
            if summary.get("clientRequestToken") == job.token:
                arn: str = summary["jobArn"]
                return arn
    return None


def _state(seen: Mapping[str, Any]) -> State | None:
    return STATES.get(seen.get("status", ""))


def _output(seen: Mapping[str, Any], key: str) -> str:
    return f"{seen['outputDataConfig']['s3OutputDataConfig']['s3Uri'].rstrip('/')}/{key}/"


def _facts(seen: Mapping[str, Any], output: str, manifest: Manifest) -> Result:
    """When a job began is not reported. Counts are 0 until the input has been validated."""
    records = {name: seen[member] for name, member in RECORD_COUNTS.items() if member in seen}
    return Result(
        queued_at=seen.get("submitTime"),
        ended_at=seen.get("endTime") or seen.get("lastModifiedTime"),
        records=records if records.get("total") else None,
        tokens=_tokens(records, output, manifest),
        output=output,
    )


def _tokens(records: Mapping[str, int], output: str, manifest: Manifest) -> Mapping[str, int] | None:
    """Only the manifest has them. A job that processed none of its records has used none."""
    if not records.get("total") or "processed" not in records:
        return None
    if not records["processed"]:
        return dict.fromkeys(TOKEN_COUNTS, 0)
    found = manifest(f"{output}{MANIFEST}")
    return None if found is None else _tokens_in(found)


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


INVOCATION = Kind(
    SPEC,
    "model_invocation_job",
    "invocationJobSummaries",
    STATES,
    "submitTimeAfter",
    NEWEST_FIRST,
    # timeoutDurationInHours also ends a job that is still Scheduled (Expired, GetModelInvocationJob).
    None,
    _find,
    _state,
    _output,
    _reason,
    _cause,
    _facts,
)


def adapter_over(connections: Connections) -> BedrockJobs:
    """The adapter of this API."""
    return INVOCATION.adapter_over(connections)
