"""What a simulated job can be asked for: each cause, for some attempts, and for some values of its request."""

from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]

from infra.local.simulator.errors import SettingsError
from infra.local.simulator.scenarios import Outcome, Refusal, Scenario, choose_scenario, scenario_named
from jobchute.job import ATTEMPT_TAG
from jobchute.outcomes import Cause
from jobchute.providers.failure_texts import cause_of_failure_reason
from jobchute.providers.fireworks.batch_job.adapter import ATTEMPT_ANNOTATION

REQUEST = {"ResourceConfig": {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1}}
PREFERRED = {
    "InstancePreferences": [{"InstanceType": "ml.g5.xlarge"}, {"InstanceType": "ml.g5.2xlarge"}],
    "InstanceCount": 1,
    "VolumeSizeInGB": 10,
}


def outcome_of(asked: str, request: Any = REQUEST, **tags: str) -> Outcome:
    tags = {"simulate": asked, **tags}
    return choose_scenario(tags=tags, name="x", default="succeed", request=request).outcome


def test_every_cause_can_be_asked_for() -> None:
    named = {Cause.TIMED_OUT: "timeout", Cause.CANCELLED: "stop"}
    asked = {cause: scenario_named(named.get(cause, cause.lower())).outcome for cause in Cause}
    assert len(set(asked.values())) == len(Cause)


@pytest.mark.parametrize(
    "asked", ["capacity", "internal", "throttled", "code", "input", "permission", "unknown"]
)
def test_a_failure_has_the_text_of_its_cause(
    asked: str, client: Any, training_job: Any, simulator: Any
) -> None:
    sagemaker = client("sagemaker")
    sagemaker.create_training_job(**training_job | {"TrainingJobName": f"sim-{asked}"})
    simulator.advance(1000)
    seen = sagemaker.describe_training_job(TrainingJobName=f"sim-{asked}")
    assert seen["TrainingJobStatus"] == "Failed"
    assert cause_of_failure_reason(seen["FailureReason"]) == asked.upper()


@pytest.mark.parametrize("tag", [ATTEMPT_TAG, ATTEMPT_ANNOTATION])
def test_later_attempts_succeed(tag: str) -> None:
    for asked, well in (("capacity+once", 2), ("twice+internal", 3)):
        outcomes = [outcome_of(asked, **({} if number == 1 else {tag: str(number)})) for number in range(1, 5)]
        assert outcomes[well - 1 :] == [Outcome.SUCCEED] * (5 - well)
        assert Outcome.SUCCEED not in outcomes[: well - 1]


def test_a_value_of_the_request_selects_what_happens() -> None:
    assert outcome_of("capacity@ml.g5.xlarge") is Outcome.CAPACITY
    assert outcome_of("capacity@ML.G5.XLARGE") is Outcome.CAPACITY
    assert outcome_of("capacity@ml.g5.2xlarge") is Outcome.SUCCEED
    assert outcome_of("capacity@ml.g5.2xlarge+capacity@ml.g5.xlarge") is Outcome.CAPACITY
    assert outcome_of("capacity@ml.g5", {"modelId": "ml.g5.xlarge"}) is Outcome.SUCCEED
    with pytest.raises(SettingsError, match="knows no scenario 'explode'"):
        scenario_named("explode@ml.g5.xlarge")


def test_the_last_part_of_a_value_selects_too(client: Any, braket_job: Any, simulator: Any) -> None:
    for number, asked in enumerate(("capacity@SV1", "capacity@quantum-simulator", "capacity@v1"), 1):
        own = {"clientToken": f"token-{number}", "tags": {"simulate": asked}}
        client("braket").create_job(**braket_job | own)
    simulator.advance(1000)
    assert [job["status"] for job in simulator.jobs()] == ["FAILED", "COMPLETED", "COMPLETED"]
    assert outcome_of("capacity@spare", {"model": "accounts/acme/models/spare"}) is Outcome.CAPACITY
    assert outcome_of("capacity@spare", {"model": "accounts/spare/models/"}) is Outcome.SUCCEED


def test_preferred_instances_are_taken_in_their_order(client: Any, training_job: Any, simulator: Any) -> None:
    sagemaker = client("sagemaker")
    for number, asked in enumerate(
        ("capacity@ml.g5.xlarge", "capacity@ml.g5.xlarge+capacity@ml.g5.2xlarge"), 1
    ):
        tags = [{"Key": "simulate", "Value": asked}]
        own = {"TrainingJobName": f"churn-{number}", "ResourceConfig": PREFERRED, "Tags": tags}
        sagemaker.create_training_job(**training_job | own)
    simulator.advance(1000)
    seen, without = (sagemaker.describe_training_job(TrainingJobName=f"churn-{number}") for number in (1, 2))
    assert seen["TrainingJobStatus"] == "Completed"
    assert seen["ResourceConfig"]["SelectedInstanceType"] == "ml.g5.2xlarge"
    assert without["FailureReason"].startswith("CapacityError")


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("sim-no-quota", "ResourceLimitExceeded", "is 4 Instances, with current utilization of 4"),
        ("sim-zero-quota", "ResourceLimitExceeded", "is 0 Instances, with current utilization of 0"),
        ("sim-offline", "ResourceLimitExceeded", "is 4 Instances"),
    ],
)
def test_a_lasting_refusal_refuses_each_create(
    name: str, code: str, words: str, client: Any, training_job: Any, simulator: Any
) -> None:
    for _ in range(4):
        with pytest.raises(ClientError) as caught:
            client("sagemaker").create_training_job(**training_job | {"TrainingJobName": name})
        assert caught.value.response["Error"]["Code"] == code
        assert words in caught.value.response["Error"]["Message"]
    assert simulator.jobs() == []


def test_a_device_can_be_offline(client: Any, braket_job: Any) -> None:
    with pytest.raises(ClientError) as caught:
        client("braket").create_job(**braket_job | {"jobName": "sim-offline"})
    answer = caught.value.response
    assert answer["Error"]["Code"] == "DeviceOfflineException"
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 424


def test_a_lasting_refusal_can_be_of_some_attempts() -> None:
    asked = scenario_named("no-quota+twice", attempt=2)
    assert (asked.refusal, asked.refusal_lasts) == (Refusal.QUOTA, True)
    assert scenario_named("no-quota+twice", attempt=3) == Scenario()


def test_a_pending_job_waits_until_it_is_stopped(
    client: Any, training_job: Any, braket_job: Any, bedrock_job: Any, fireworks: Any, simulator: Any
) -> None:
    name = "sim-pending"
    client("sagemaker").create_training_job(**training_job | {"TrainingJobName": name})
    arn = client("braket").create_job(**braket_job | {"jobName": name})["jobArn"]
    client("bedrock").create_model_invocation_job(**bedrock_job | {"jobName": name})
    fireworks.create(displayName=name)
    simulator.advance(30 * 24 * 3600)
    waiting = [(job["status"], job["detail"]) for job in simulator.jobs()]
    assert waiting == [
        ("InProgress", "Pending"),
        ("QUEUED", "QUEUED_FOR_EXECUTION"),
        ("Scheduled", ""),
        ("PENDING", ""),
    ]
    client("sagemaker").stop_training_job(TrainingJobName=name)
    client("braket").cancel_job(jobArn=arn)
    simulator.advance(11)
    assert [job["status"] for job in simulator.jobs()][:2] == ["Stopped", "CANCELLED"]


def test_jobs_of_the_other_apis_can_wait_too(
    client: Any, transform_job: Any, customization_job: Any, fireworks: Any, simulator: Any
) -> None:
    name = "sim-pending"
    client("sagemaker").create_transform_job(**transform_job | {"TransformJobName": name})
    client("bedrock").create_model_customization_job(**customization_job | {"jobName": name})
    fireworks._root = fireworks._root.replace("batchJobs", "batchInferenceJobs")
    fireworks.call("POST", f"?batchInferenceJobId={name}", {"model": "m", "inputDatasetId": "prompts"})
    simulator.advance(30 * 24 * 3600)
    assert [job["status"] for job in simulator.jobs()] == ["InProgress", "InProgress", "PENDING"]
    client("sagemaker").stop_transform_job(TransformJobName=name)
    client("bedrock").stop_model_customization_job(jobIdentifier=name)
    fireworks.call("DELETE", f"/{name}")
    simulator.advance(11)
    assert [job["status"] for job in simulator.jobs()] == ["Stopped", "Stopped", "CANCELLED"]
