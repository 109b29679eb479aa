"""What only model customization has of Bedrock's two kinds of job."""

import re
from typing import Any

import botocore.session
import pytest

from jobchute.errors import NameTakenError, PermanentError, ProviderError
from jobchute.job import Api, Job, State
from jobchute.providers.bedrock.adapter import BedrockJobs
from tests.apis import REQUESTS
from tests.builders import a_job
from tests.fakes.adapters import adapter_with
from tests.unit.providers.test_aws_errors import client_error
from tests.unit.providers.test_end_facts import ENDED, QUEUED, STARTED, TIMES, result
from tests.unit.providers.test_native_states import Answering, described
from tests.unit.providers.test_reported_answers import Raising

REQUEST = REQUESTS[Api.CUSTOMIZATION_JOB]
PATTERN = (
    botocore.session.Session().get_service_model("bedrock").shape_for("CustomModelName").metadata["pattern"]
)
LONGEST = "m" * 63
NOT_STARTED, COMPLETED, IN_PROGRESS = ({"status": each} for each in ("NotStarted", "Completed", "InProgress"))


def job(name: str = "tune.one+two--three-", **changes: Any) -> Job:
    return a_job(name, api=Api.CUSTOMIZATION_JOB, name=name, state=State.SUBMITTING, **changes)


def adapter(client: Any = None) -> BedrockJobs:
    made = adapter_with(Api.CUSTOMIZATION_JOB, client)
    assert isinstance(made, BedrockJobs)
    return made


def model_name(one: Job, **given: str) -> str:
    name: str = adapter().request_for(one, {**REQUEST, **given})["customModelName"]
    assert re.fullmatch(PATTERN, name)
    return name


def test_a_model_without_a_name_has_that_of_its_job() -> None:
    assert model_name(job()) == "tune-one-two-three"


@pytest.mark.parametrize("given", ["my_model", LONGEST])
def test_a_model_has_the_name_that_the_request_gives(given: str) -> None:
    assert model_name(job(), customModelName=given) == given


@pytest.mark.parametrize("given", ["my_model", "my_model_", LONGEST])
def test_another_attempt_makes_a_model_of_another_name(given: str) -> None:
    names = [model_name(job(attempt=number), customModelName=given) for number in (1, 2, 3, 10)]
    assert len(set(names)) == len(names)
    assert all(len(name) <= len(LONGEST) for name in names)
    assert all(name.startswith(given[:8]) for name in names)
    assert model_name(job(attempt=2), customModelName=given) == names[1]


@pytest.mark.parametrize(
    ("details", "state"),
    [
        ({}, State.RUNNING),
        ({"trainingDetails": NOT_STARTED, "validationDetails": NOT_STARTED}, State.SUBMITTED),
        ({"trainingDetails": NOT_STARTED, "validationDetails": IN_PROGRESS}, State.RUNNING),
        ({"trainingDetails": NOT_STARTED, "validationDetails": COMPLETED}, State.RUNNING),
    ],
)
def test_a_job_waits_until_its_first_sub_task(details: dict[str, Any], state: State) -> None:
    client = Answering(described("InProgress", statusDetails=details))
    assert adapter(client).observe(job(provider_id="arn:1")).state is state


@pytest.mark.parametrize(
    ("code", "text", "error"),
    [
        ("ValidationException", "The provided job name is currently in use.", NameTakenError),
        ("ConflictException", "Error occurred because of a conflict.", NameTakenError),
        ("ValidationException", "The provided model identifier is invalid.", PermanentError),
    ],
)
def test_a_used_name_has_two_codes(code: str, text: str, error: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as caught:
        adapter(Raising(client_error(code, 400, text))).submit({})
    assert type(caught.value) is error


def test_a_customization_has_its_model_and_losses() -> None:
    steps = {"validationDetails": {"status": "Completed", "creationTime": STARTED}}
    found = result(
        Api.CUSTOMIZATION_JOB,
        "Completed",
        creationTime=QUEUED,
        endTime=ENDED,
        statusDetails={**steps, "trainingDetails": {"status": "Completed", "creationTime": ENDED}},
        outputModelArn="arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-micro-v1:0:128k/abc",
        trainingMetrics={"trainingLoss": 0.25},
        validationMetrics=[{"validationLoss": 0.5}, {"validationLoss": 0.75}],
    )
    assert found == {
        "version": 1,
        **TIMES,
        "metrics": {"trainingLoss": 0.25, "validationLoss": 0.5, "validationLoss2": 0.75},
        "model": "arn:aws:bedrock:us-east-1:123456789012:custom-model/amazon.nova-micro-v1:0:128k/abc",
        "output": "s3://out/model-customization-job-arn:1/",
    }
