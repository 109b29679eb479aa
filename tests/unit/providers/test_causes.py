"""The cause of every end that is no success: by status, by code, and by text where there is nothing else."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from jobchute.errors import AmbiguousError, PermanentError, ProviderError, RefusedError
from jobchute.job import Api, State
from jobchute.outcomes import Cause
from jobchute.providers.adapter import Observation
from jobchute.providers.failure_texts import cause_of_failure_reason
from jobchute.providers.refusals import cause_of_refusal, cause_of_wait
from tests.apis import VALUES
from tests.builders import a_job
from tests.fakes.adapters import adapter_with
from tests.paths import DATA
from tests.unit.providers.test_aws_errors import client_error
from tests.unit.providers.test_fireworks_answers import Http, fireworks
from tests.unit.providers.test_fireworks_inference import inference
from tests.unit.providers.test_native_states import adapter_of, described
from tests.unit.providers.test_reported_answers import Raising

FAILURES = json.loads((DATA / "failures.json").read_text())
FAILED = {
    Api.BRAKET_JOB: "FAILED",
    Api.QUANTUM_TASK: "FAILED",
    Api.BEDROCK_JOB: "Failed",
    Api.CUSTOMIZATION_JOB: "Failed",
    Api.TRAINING_JOB: "Failed",
    Api.PROCESSING_JOB: "Failed",
    Api.TRANSFORM_JOB: "Failed",
    Api.TUNING_JOB: "Failed",
}
FAILURE_MEMBERS = ("FailureReason", "failureReason", "failureMessage", "message")
START, END = datetime(2026, 11, 27, 4, tzinfo=UTC), datetime(2026, 11, 27, 5, tzinfo=UTC)


def seen(api: Api, status: str, /, **more: Any) -> Observation:
    job = a_job(api=api, state=State.RUNNING, provider_id="arn:1")
    if api is Api.FIREWORKS_JOB:
        return fireworks(Http(body={"state": status, **more})).observe(job)
    if api is Api.FIREWORKS_INFERENCE_JOB:
        return inference(Http(body={"state": f"JOB_STATE_{status}", **more})).observe(job)
    return adapter_of(api, described(status, **more)).observe(job)


def failed(api: Api, text: str) -> Observation:
    if api is Api.FIREWORKS_JOB:
        return seen(api, "FAILED", status=text)
    return seen(api, FAILED[api], **dict.fromkeys(FAILURE_MEMBERS, text))


@pytest.mark.parametrize("row", FAILURES["ends"], ids=lambda row: row["text"][:40])
def test_a_failure_text_tells_one_cause(row: dict[str, str]) -> None:
    assert failed(Api(row["api"]), row["text"]).cause is Cause(row["cause"])


@pytest.mark.parametrize("row", FAILURES["refusals"], ids=lambda row: f"{row['code']} {row['text'][:30]}")
def test_a_refused_create_call_tells_one_cause(row: dict[str, Any]) -> None:
    client: Any = Raising(client_error(row["code"], row["status"], row["text"]))
    with pytest.raises(ProviderError) as caught:
        adapter_with(Api(row["api"]), client).submit({})
    assert cause_of_refusal(caught.value) is Cause(row["cause"])


LIMITED = {"HyperParameterTuningJobConfig": {"ResourceLimits": {"MaxRuntimeInSeconds": 3600}}}
ENDS: list[tuple[Api, str, dict[str, Any], Cause | None]] = [
    (Api.BRAKET_JOB, "COMPLETED", {}, None),
    (Api.BRAKET_JOB, "CANCELLED", {}, None),
    (Api.BRAKET_JOB, "CANCELLED", {"events": [{"eventType": "MAX_RUNTIME_EXCEEDED"}]}, Cause.TIMED_OUT),
    (Api.BRAKET_JOB, "FAILED", {"events": [{"eventType": "MAX_RUNTIME_EXCEEDED"}]}, Cause.TIMED_OUT),
    (Api.BRAKET_JOB, "FAILED", {}, Cause.UNKNOWN),
    (Api.QUANTUM_TASK, "COMPLETED", {}, None),
    (Api.QUANTUM_TASK, "COMPLETED", {"shots": 100, "numSuccessfulShots": 99}, Cause.UNKNOWN),
    (Api.QUANTUM_TASK, "CANCELLED", {}, None),
    (Api.QUANTUM_TASK, "FAILED", {}, Cause.UNKNOWN),
    (Api.BEDROCK_JOB, "Completed", {}, None),
    (Api.BEDROCK_JOB, "PartiallyCompleted", {}, Cause.TIMED_OUT),
    (Api.BEDROCK_JOB, "Stopped", {}, None),
    (Api.BEDROCK_JOB, "Expired", {}, Cause.CAPACITY),
    (Api.BEDROCK_JOB, "Expired", {"totalRecordCount": 500, "processedRecordCount": 0}, Cause.CAPACITY),
    (Api.BEDROCK_JOB, "Expired", {"totalRecordCount": 500, "processedRecordCount": 7}, Cause.TIMED_OUT),
    (Api.BEDROCK_JOB, "Failed", {}, Cause.UNKNOWN),
    (Api.CUSTOMIZATION_JOB, "Completed", {}, None),
    (Api.CUSTOMIZATION_JOB, "Stopped", {}, None),
    (Api.CUSTOMIZATION_JOB, "Failed", {}, Cause.UNKNOWN),
    (Api.TRAINING_JOB, "Completed", {"SecondaryStatus": "Completed"}, None),
    (Api.TRAINING_JOB, "Stopped", {"SecondaryStatus": "Stopped"}, None),
    (Api.TRAINING_JOB, "Stopped", {"SecondaryStatus": "MaxRuntimeExceeded"}, Cause.TIMED_OUT),
    (Api.TRAINING_JOB, "Stopped", {"SecondaryStatus": "MaxWaitTimeExceeded"}, Cause.CAPACITY),
    (
        Api.TRAINING_JOB,
        "Stopped",
        {
            "SecondaryStatus": "MaxWaitTimeExceeded",
            "SecondaryStatusTransitions": [{"Status": "Training"}, {"Status": "Interrupted"}],
        },
        Cause.INTERRUPTED,
    ),
    (Api.TRAINING_JOB, "Failed", {"SecondaryStatus": "Failed"}, Cause.UNKNOWN),
    (Api.PROCESSING_JOB, "Completed", {}, None),
    (Api.PROCESSING_JOB, "Stopped", {}, None),
    (
        Api.PROCESSING_JOB,
        "Stopped",
        {
            "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
            "ProcessingStartTime": START,
            "ProcessingEndTime": END,
        },
        Cause.TIMED_OUT,
    ),
    (Api.PROCESSING_JOB, "Failed", {"ExitMessage": "Algorithm Error: (caused by …)"}, Cause.UNKNOWN),
    (Api.TRANSFORM_JOB, "Completed", {}, None),
    (Api.TRANSFORM_JOB, "Stopped", {}, None),
    (Api.TRANSFORM_JOB, "Failed", {}, Cause.UNKNOWN),
    (Api.TUNING_JOB, "Completed", {}, None),
    (Api.TUNING_JOB, "Stopped", {}, None),
    (Api.TUNING_JOB, "Stopped", {**LIMITED, "ConsumedResources": {"RuntimeInSeconds": 3599}}, None),
    (Api.TUNING_JOB, "Stopped", {**LIMITED, "ConsumedResources": {"RuntimeInSeconds": 3600}}, Cause.TIMED_OUT),
    (Api.TUNING_JOB, "Failed", {}, Cause.UNKNOWN),
    (Api.FIREWORKS_JOB, "COMPLETED", {}, None),
    (Api.FIREWORKS_JOB, "CANCELLED", {}, None),
    (Api.FIREWORKS_JOB, "EXPIRED", {}, Cause.TIMED_OUT),
    (Api.FIREWORKS_JOB, "FAILED", {}, Cause.UNKNOWN),
    (Api.FIREWORKS_INFERENCE_JOB, "COMPLETED", {}, None),
    (Api.FIREWORKS_INFERENCE_JOB, "COMPLETED", {"jobProgress": {"failedRequests": 1}}, Cause.UNKNOWN),
    (Api.FIREWORKS_INFERENCE_JOB, "CANCELLED", {}, None),
    (Api.FIREWORKS_INFERENCE_JOB, "EXPIRED", {}, Cause.CAPACITY),
    (
        Api.FIREWORKS_INFERENCE_JOB,
        "EXPIRED",
        {"jobProgress": {"totalProcessedRequests": 1}},
        Cause.TIMED_OUT,
    ),
    (Api.FIREWORKS_INFERENCE_JOB, "FAILED", {}, Cause.UNKNOWN),
    (Api.FIREWORKS_INFERENCE_JOB, "FAILED", {"status": {"code": "INVALID_ARGUMENT"}}, Cause.INPUT),
    (Api.FIREWORKS_INFERENCE_JOB, "FAILED", {"status": {"code": "PERMISSION_DENIED"}}, Cause.PERMISSION),
    (Api.FIREWORKS_INFERENCE_JOB, "FAILED", {"status": {"code": "DATA_LOSS"}}, Cause.INTERNAL),
    (Api.FIREWORKS_INFERENCE_JOB, "FAILED", {"status": {"code": "RESOURCE_EXHAUSTED"}}, Cause.CAPACITY),
    (Api.FIREWORKS_INFERENCE_JOB, "FAILED", {"status": {"code": "CANCELLED"}}, Cause.UNKNOWN),
]


@pytest.mark.parametrize(("api", "status", "more", "cause"), ENDS)
def test_a_final_status_tells_one_cause(
    api: Api, status: str, more: dict[str, Any], cause: Cause | None
) -> None:
    """A success has none, and of a stopped job the ledger knows who stopped it."""
    assert seen(api, status, **more).cause is cause


def test_every_final_status_is_among_them() -> None:
    finals = {
        (api, native)
        for api, values in VALUES.items()
        for native, state in values.states.items()
        if state is not None and state.is_final and native not in values.states_of_others
    }
    assert finals <= {(api, status) for api, status, _, _ in ENDS}


@pytest.mark.parametrize("api", FAILED)
def test_a_running_job_has_neither_cause_nor_result(api: Api) -> None:
    status = next(native for native, state in VALUES[api].states.items() if state is State.RUNNING)
    found = seen(api, status)
    assert (found.cause, found.result) == (None, None)


@pytest.mark.parametrize(
    ("kind", "code", "cause"),
    [
        ("quota", "ResourceLimitExceeded", Cause.CAPACITY),
        ("quota", "DeviceOfflineException", Cause.CAPACITY),
        ("throttled", "ThrottlingException", Cause.THROTTLED),
        ("unavailable", "ServiceUnavailable", Cause.INTERNAL),
        ("unavailable", "ConnectTimeoutError", Cause.INTERNAL),
        ("unavailable", "ExpiredTokenException", Cause.PERMISSION),
        ("unavailable", "HTTP 403", Cause.PERMISSION),
        ("throttled", "HTTP 429", Cause.THROTTLED),
        ("throttled", "HTTP 402", Cause.UNKNOWN),
    ],
)
def test_a_job_that_was_refused_until_its_time_was_over(kind: str, code: str, cause: Cause) -> None:
    assert cause_of_wait(kind, code) is cause


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (PermanentError("invalid BatchJob", code="HTTP 400"), Cause.INPUT),
        (PermanentError("no such method", code="HTTP 405"), Cause.UNKNOWN),
        (RefusedError("check the key", code="HTTP 401"), Cause.PERMISSION),
        (RefusedError("no address", code="EndpointConnectionError"), Cause.INTERNAL),
        (AmbiguousError("the connection broke", code="ProtocolError"), Cause.INTERNAL),
    ],
)
def test_a_refusal_outside_aws_tells_one_cause(error: ProviderError, cause: Cause) -> None:
    assert cause_of_refusal(error) is cause


def test_a_name_counts_at_the_beginning_alone() -> None:
    assert cause_of_failure_reason("xx AlgorithmError: exit code 1") is Cause.UNKNOWN
    assert cause_of_failure_reason("AlgorithmErrors are many") is Cause.UNKNOWN
