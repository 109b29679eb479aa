"""The tables from native status to ours, against the providers' own models: they may not drift apart."""

from collections.abc import Mapping
from typing import Any, cast

import botocore.session
import pytest

from jobchute.job import Api, State
from jobchute.providers.adapter import Adapter
from jobchute.providers.fireworks import job_states
from jobchute.providers.registry import SPECS
from jobchute.providers.sagemaker import adapter as sagemaker
from jobchute.providers.sagemaker.training_job.adapter import TIMED_OUT
from tests.apis import VALUES
from tests.builders import a_job
from tests.fakes.adapters import adapter_with

ENUMS = {api: values.status_enum for api, values in VALUES.items() if values.status_enum}
NAME_MEMBERS = sorted({spec.name.member for spec in SPECS.values()} - {""})
TABLES = {api: values.states for api, values in VALUES.items()}
# batch_job_pb2, fireworks-ai 0.19.20.
FIREWORKS = {
    *("CREATING", "QUEUED", "PENDING", "RUNNING", "COMPLETED"),
    *("FAILED", "CANCELLING", "CANCELLED", "DELETING"),
}
# JobState of batchInferenceJobs, fireworks-ai 0.19.20 and 1.2.30: should batch jobs ever say one of these.
FIREWORKS_OF_INFERENCE = {
    *("UNSPECIFIED", "CREATING_INPUT_DATASET", "VALIDATING", "RE_QUEUEING", "WRITING_RESULTS", "IDLE"),
    *("PAUSED", "EXPIRED", "EARLY_STOPPED", "DELETING_CLEANING_UP"),
}
# Says the model of DescribeTrainingJob.
NO_LONGER_SUPPORTED = {"LaunchingMLInstances", "PreparingTrainingStack", "DownloadingTrainingImage"}
TRANSITIONAL = {
    "Stopping",
    "Deleting",
    "DeleteFailed",
    "CANCELLING",
    "DELETING",
    "PAUSED",
    "RE_QUEUEING",
    "WRITING_RESULTS",
    "IDLE",
    "DELETING_CLEANING_UP",
    "UNSPECIFIED",
    "EARLY_STOPPED",
}


def enum(service: str, shape: str) -> set[str]:
    model = botocore.session.Session().get_service_model(service)
    return set(cast("Any", model.shape_for(shape)).enum)


@pytest.mark.parametrize("api", ENUMS)
def test_every_status_of_the_model_is_in_the_table_and_no_other(api: Api) -> None:
    assert set(TABLES[api]) - VALUES[api].states_of_others == enum(*ENUMS[api])


def test_fireworks_states_are_those_of_its_descriptor() -> None:
    assert set(job_states.STATES) == FIREWORKS | FIREWORKS_OF_INFERENCE
    assert len(set(job_states.STATES) - {"QUEUED"}) == 18
    assert job_states.STATES["EXPIRED"] is State.TIMED_OUT


@pytest.mark.parametrize("api", Api)
def test_a_transitional_status_moves_nothing(api: Api) -> None:
    table = TABLES[api]
    assert {native for native, state in table.items() if state is None} == TRANSITIONAL & set(table)


def test_the_secondary_statuses_are_the_model_s() -> None:
    known = enum("sagemaker", "SecondaryStatus")
    assert known >= TIMED_OUT
    assert known >= sagemaker.NOT_YET_RUNNING


def test_the_time_out_event_of_braket_is_the_model_s() -> None:
    assert "MAX_RUNTIME_EXCEEDED" in enum("braket", "JobEventType")


class Answering:
    """A client that answers every call alike."""

    def __init__(self, answer: Mapping[str, Any]) -> None:
        self._answer = answer

    def __getattr__(self, name: str) -> Any:
        return lambda **_: self._answer


def adapter_of(api: Api, answer: Mapping[str, Any]) -> Adapter:
    return adapter_with(api, Answering(answer))


def described(status: str, **more: Any) -> dict[str, Any]:
    """What any of the describe calls could answer."""
    return {
        **dict.fromkeys(("status", *(f"{name.removesuffix('Name')}Status" for name in NAME_MEMBERS)), status),
        **dict.fromkeys(NAME_MEMBERS, "churn"),
        "outputDataConfig": {
            "s3Path": "s3://out/",
            "s3Uri": "s3://out/",
            "s3OutputDataConfig": {"s3Uri": "s3://out/"},
        },
        "OutputDataConfig": {"S3OutputPath": "s3://out/"},
        **more,
    }


@pytest.mark.parametrize("api", ENUMS)
@pytest.mark.parametrize("status", ["Zombie", "SUCCEEDED", "completed", ""])
def test_a_status_that_nobody_knows_moves_nothing(api: Api, status: str) -> None:
    job = a_job(api=api, state=State.RUNNING, provider_id="arn:1")
    seen = adapter_of(api, described(status)).observe(job)
    assert (seen.state, seen.is_known) == (None, False)


@pytest.mark.parametrize("api", ENUMS)
def test_every_status_in_the_table_is_known(api: Api) -> None:
    job = a_job(api=api, state=State.RUNNING, provider_id="arn:1")
    for status in TABLES[api]:
        assert adapter_of(api, described(status)).observe(job).is_known


@pytest.mark.parametrize(
    ("status", "secondary", "state"),
    [
        ("InProgress", "Starting", State.SUBMITTED),
        ("InProgress", "Pending", State.SUBMITTED),
        ("InProgress", "Training", State.RUNNING),
        ("InProgress", "Interrupted", State.RUNNING),
        ("Completed", "Completed", State.SUCCEEDED),
        ("Stopped", "Stopped", State.CANCELLED),
        ("Stopped", "MaxRuntimeExceeded", State.TIMED_OUT),
        ("Stopped", "MaxWaitTimeExceeded", State.TIMED_OUT),
        ("Stopping", "MaxRuntimeExceeded", None),
        ("Failed", "Failed", State.FAILED),
    ],
)
def test_a_training_job_s_secondary_status_counts(status: str, secondary: str, state: State | None) -> None:
    job = a_job(state=State.RUNNING, provider_id="arn:1")
    seen = adapter_of(Api.TRAINING_JOB, described(status, SecondaryStatus=secondary)).observe(job)
    assert seen.state is state


@pytest.mark.parametrize("api", ENUMS)
def test_a_job_with_few_reported_members_can_be_observed(api: Api) -> None:
    """GetModelInvocationJob need not say its status; a serverless training job may have no artifacts."""
    job = a_job(api=api, state=State.RUNNING, provider_id="arn:1")
    assert adapter_of(api, described("Failed")).observe(job).reason is None


@pytest.mark.parametrize("api", [api for api in ENUMS if api is not Api.TRAINING_JOB])
def test_unwanted_events_move_no_job(api: Api) -> None:
    events = SPECS[api].events
    assert events is not None
    waiting = {VALUES[api].natives.begin[0]} if VALUES[api].tells_waiting else set()
    told = {TABLES[api].get(status) for status in {*events.unheard} - waiting}
    assert told <= {None, State.SUBMITTED}


def test_a_training_job_sends_events_when_it_trains_and_ends() -> None:
    events = SPECS[Api.TRAINING_JOB].events
    assert events is not None
    assert enum("sagemaker", "SecondaryStatus") - {*events.unheard, *NO_LONGER_SUPPORTED} == {
        *("Training", "Interrupted", "Restarting", "Updating"),
        *("Completed", "Failed", "Stopped", "MaxRuntimeExceeded", "MaxWaitTimeExceeded"),
    }
