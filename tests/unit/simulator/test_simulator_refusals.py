"""What is refused although nothing is wrong with it, and what the service models refuse."""

import time
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]
from botocore.session import get_session  # type: ignore[import-untyped,unused-ignore]

from infra.local.simulator.patterns import compile_pattern, matches


def error_of(call: Any, **parameters: Any) -> tuple[str, int, str]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    answer = caught.value.response
    error = answer["Error"]
    return error["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


REFUSALS = {
    "throttle": {
        "braket": ("ThrottlingException", 429),
        "bedrock": ("ThrottlingException", 429),
        "sagemaker": ("ThrottlingException", 400),
    },
    "quota": {
        "braket": ("ServiceQuotaExceededException", 402),
        "bedrock": ("ServiceQuotaExceededException", 400),
        "sagemaker": ("ResourceLimitExceeded", 400),
    },
    "unavailable": {
        "braket": ("InternalServiceException", 500),
        "bedrock": ("InternalServerException", 500),
        "sagemaker": ("ServiceUnavailable", 503),
    },
}


@pytest.fixture
def creates(client: Any, braket_job: Any, bedrock_job: Any, training_job: Any) -> Any:
    """By service: a create of one job, with a name of the test's choice."""
    braket, bedrock, sagemaker = client("braket"), client("bedrock"), client("sagemaker")

    def create(service: str, name: str) -> Any:
        token = {"clientToken": name, "clientRequestToken": name}
        match service:
            case "braket":
                return braket.create_job(**braket_job | {"jobName": name, "clientToken": token["clientToken"]})
            case "bedrock":
                return bedrock.create_model_invocation_job(
                    **bedrock_job | {"jobName": name, "clientRequestToken": name}
                )
        return sagemaker.create_training_job(**training_job | {"TrainingJobName": name})

    return create


@pytest.mark.parametrize("service", ["braket", "bedrock", "sagemaker"])
@pytest.mark.parametrize("scenario", list(REFUSALS))
def test_the_first_two_creates_are_refused_and_a_third_is_not(
    creates: Any, simulator: Any, scenario: str, service: str
) -> None:
    for _ in range(2):
        code, status, _message = error_of(creates, service=service, name=f"sim-{scenario}")
        assert (code, status) == REFUSALS[scenario][service]
    creates(service, f"sim-{scenario}")
    assert [job["createCalls"] for job in simulator.jobs()] == [3]


@pytest.mark.parametrize(("scenario", "status"), [("throttle", 429), ("quota", 429), ("unavailable", 503)])
def test_fireworks_refuses_the_first_two_creates_too(fireworks: Any, scenario: str, status: int) -> None:
    name = f"sim-{scenario}"
    assert [fireworks.create(displayName=name)[0] for _ in range(3)] == [status, status, 200]


def test_a_lost_answer_leaves_a_job_that_the_token_finds(creates: Any, simulator: Any) -> None:
    code, status, _ = error_of(creates, service="braket", name="sim-lost-answer")
    assert (code, status) == ("InternalServiceException", 500)
    assert creates("braket", "sim-lost-answer")["jobArn"] == simulator.jobs()[0]["arn"]


def test_a_full_quota_is_free_again_when_a_job_has_ended(creates: Any, simulator: Any, control: Any) -> None:
    control("settings", {"max_in_flight": {"sagemaker:CreateTrainingJob": 1}})
    creates("sagemaker", "first")
    code, _, message = error_of(creates, service="sagemaker", name="second")
    assert code == "ResourceLimitExceeded"
    assert "account-level service limit" in message
    creates("braket", "of-another-api")
    simulator.advance(1000)
    creates("sagemaker", "second")


def test_a_rate_is_a_bucket_that_fills_again(creates: Any, simulator: Any, control: Any) -> None:
    control("settings", {"create_rate": {"braket:CreateJob": 2}})
    for number in range(2):
        creates("braket", f"job-{number}")
    assert error_of(creates, service="braket", name="job-2")[:2] == ("ThrottlingException", 429)
    simulator.advance(0.5)
    creates("braket", "job-2")


def test_an_unknown_scenario_is_refused(client: Any, braket_job: Any) -> None:
    code, _, message = error_of(client("braket").create_job, **braket_job | {"tags": {"simulate": "explode"}})
    assert code == "ValidationException"
    assert "knows no scenario 'explode'" in message


def raw(client: Any, service: str, operation: str, parameters: Any) -> tuple[str, int, str]:
    """The answer to a body that boto3 itself would not make: its serializer drops unknown keys."""
    import json

    import urllib3

    url = client(service).meta.endpoint_url
    headers = {
        "Authorization": f"AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/{service}/aws4_request, x"
    }
    path = {"CreateJob": "/job", "CreateModelInvocationJob": "/model-invocation-job"}.get(operation, "/")
    if path == "/":
        headers["X-Amz-Target"] = f"SageMaker.{operation}"
    answer = urllib3.PoolManager(retries=False).request(
        "POST", url + path, body=json.dumps(parameters), headers=headers
    )
    body = answer.json()
    return answer.headers["x-amzn-ErrorType"], answer.status, body["message"]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"Colour": "red"}, "Value 'red' at 'Colour' failed to satisfy constraint: Member is not known"),
        ({"RoleArn": None}, "Value null at 'roleArn' failed to satisfy constraint: Member must not be null"),
        ({"TrainingJobName": "x" * 64}, "Member must have length less than or equal to 63"),
        (
            {"TrainingJobName": "x-"},
            "at 'trainingJobName' failed to satisfy constraint: Member must satisfy reg",
        ),
        (
            {"TrainingJobName": 7},
            "Value '7' at 'trainingJobName' failed to satisfy constraint: Member must be of type",
        ),
        ({"Environment": {"1A": "x"}}, "Value '1A' at 'environment.key' failed"),
        (
            {"ResourceConfig": {"InstanceType": "ml.bogus", "VolumeSizeInGB": 1}},
            "Value 'ml.bogus' at 'resourceConfig.instanceType' failed to satisfy constraint: "
            "Member must satisfy enum value set: [",
        ),
        (
            {"StoppingCondition": {"MaxRuntimeInSeconds": 0}},
            "at 'stoppingCondition.maxRuntimeInSeconds' failed to satisfy constraint: "
            "Member must have value greater than or equal to 1",
        ),
        ({"StoppingCondition": {"MaxRuntimeInSeconds": True}}, "Member must be of type integer"),
        ({"InputDataConfig": [{"ChannelName": "a"}]}, "Value null at 'inputDataConfig.1.member.dataSource'"),
        ({"Tags": [{"Key": "a!", "Value": "b"}]}, "Value 'a!' at 'tags.1.member.key' failed"),
    ],
)
def test_the_model_of_training_jobs_refuses(
    client: Any, training_job: Any, simulator: Any, changes: Any, problem: str
) -> None:
    code, status, message = raw(client, "sagemaker", "CreateTrainingJob", training_job | changes)
    assert (code, status) == ("ValidationException", 400)
    assert message.startswith("1 validation error detected: Value")
    assert problem in message
    assert simulator.jobs() == []


def test_two_problems_are_counted(client: Any, braket_job: Any) -> None:
    code, _, message = raw(client, "braket", "CreateJob", braket_job | {"jobName": "-", "roleArn": "x"})
    assert code == "ValidationException"
    assert message.startswith("2 validation errors detected: ")


def test_a_union_takes_one_member(client: Any, bedrock_job: Any) -> None:
    empty = bedrock_job | {"inputDataConfig": {}}
    code, _, message = raw(client, "bedrock", "CreateModelInvocationJob", empty)
    assert code == "ValidationException"
    assert "at 'inputDataConfig' failed to satisfy constraint: Exactly one member" in message


def test_an_unsigned_request_is_refused(fireworks: Any, url: str) -> None:
    answer = fireworks._pool.request("POST", url + "/job", json={})
    assert (answer.status, answer.json()["__type"]) == (403, "MissingAuthenticationTokenException")


def test_an_operation_that_is_not_simulated_says_so(client: Any) -> None:
    code, status, message = error_of(client("braket").get_device, deviceArn="arn")
    assert (code, status) == ("NotImplemented", 501)
    assert "braket:GetDevice" in message


def test_a_body_that_is_not_json_is_refused(client: Any, url: str, fireworks: Any) -> None:
    assert client  # the service must be up
    headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/braket/aws4_request, x"}
    answer = fireworks._pool.request("POST", url + "/job", body=b"{", headers=headers)
    assert (answer.status, answer.headers["x-amzn-ErrorType"]) == (400, "SerializationException")


def patterns() -> Iterator[str]:
    """Every pattern in the input of the simulated operations."""
    for service, names in {
        "braket": ("CreateJob", "GetJob", "SearchJobs", "TagResource"),
        "bedrock": ("CreateModelInvocationJob", "GetModelInvocationJob", "TagResource"),
        "sagemaker": ("CreateTrainingJob", "CreateProcessingJob", "AddTags", "ListTrainingJobs"),
    }.items():
        model = get_session().get_service_model(service)
        for name in names:
            yield from shape_patterns(model.operation_model(name).input_shape, set())


def shape_patterns(shape: Any, seen: set[str]) -> Iterator[str]:
    if shape.name in seen:
        return
    seen.add(shape.name)
    if "pattern" in shape.metadata:
        yield shape.metadata["pattern"]
    for member in inner_shapes(shape):
        yield from shape_patterns(member, seen)


def inner_shapes(shape: Any) -> list[Any]:
    match shape.type_name:
        case "structure":
            return list(shape.members.values())
        case "list":
            return [shape.member]
        case "map":
            return [shape.key, shape.value]
    return []


@pytest.mark.parametrize("pattern", sorted(set(patterns())))
def test_every_pattern_compiles_and_none_takes_long(pattern: str) -> None:
    assert compile_pattern(pattern) is not None
    began = time.perf_counter()
    for text in ("a" + "-" * 60 + "!", "a" * 60 + "!", "a." * 30 + "!", "s3://bucket/" + "a/" * 500 + "\n"):
        matches(pattern, text)
    assert time.perf_counter() - began < 0.5


def test_a_rewritten_pattern_means_the_same() -> None:
    name = r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}"
    assert all(matches(name, text) for text in ("a", "a-b", "a--+.", "a" * 63))
    assert not any(matches(name, text) for text in ("", "-a", "a_b", "a\n"))
    tag = r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)"
    assert all(matches(tag, text) for text in ("", "größe 5", "a_b.c:d/e=f+g-h@i"))
    assert not any(matches(tag, text) for text in ("a!", "a\n", "#"))
