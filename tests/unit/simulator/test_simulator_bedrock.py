"""Bedrock batch inference as an unmodified boto3 client sees it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]


@pytest.fixture
def bedrock(client: Any) -> Any:
    return client("bedrock")


def error_of(call: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return dict(caught.value.response)


def simulated(job: dict[str, Any], scenario: str) -> dict[str, Any]:
    return job | {"tags": [{"key": "jobchute:simulate", "value": scenario}]}


def test_a_job_goes_through_its_states_to_completed(bedrock: Any, bedrock_job: Any, simulator: Any) -> None:
    arn = bedrock.create_model_invocation_job(**bedrock_job)["jobArn"]
    simulator.advance(1000)
    assert [moment["status"] for moment in simulator.jobs()[0]["history"]] == [
        "Submitted",
        "Validating",
        "Scheduled",
        "InProgress",
        "Completed",
    ]
    job = bedrock.get_model_invocation_job(jobIdentifier=arn)
    assert (job["status"], job["totalRecordCount"], job["errorRecordCount"]) == ("Completed", 100, 0)


@pytest.mark.parametrize(
    ("scenario", "status"),
    [("partial", "PartiallyCompleted"), ("fail", "Failed"), ("timeout", "Expired"), ("stop", "Stopped")],
)
def test_a_scenario_leads_to_its_end(
    bedrock: Any, bedrock_job: Any, simulator: Any, scenario: str, status: str
) -> None:
    arn = bedrock.create_model_invocation_job(**simulated(bedrock_job, scenario))["jobArn"]
    simulator.advance(1000)
    job = bedrock.get_model_invocation_job(jobIdentifier=arn)
    assert job["status"] == status
    assert ("message" in job) == (scenario in ("fail", "timeout"))


def test_the_id_serves_like_the_arn_and_the_name_does_not(bedrock: Any, bedrock_job: Any) -> None:
    arn = bedrock.create_model_invocation_job(**bedrock_job)["jobArn"]
    assert bedrock.get_model_invocation_job(jobIdentifier=arn.rpartition("/")[2])["jobArn"] == arn
    missing = error_of(bedrock.get_model_invocation_job, jobIdentifier="abcdefghijkl")
    assert missing["Error"]["Code"] == "ResourceNotFoundException"
    assert missing["ResponseMetadata"]["HTTPStatusCode"] == 404
    by_name = error_of(bedrock.get_model_invocation_job, jobIdentifier=bedrock_job["jobName"])
    assert by_name["Error"]["Code"] == "ValidationException"


def test_the_same_token_gives_the_same_job(bedrock: Any, bedrock_job: Any, simulator: Any) -> None:
    first = bedrock.create_model_invocation_job(**bedrock_job)["jobArn"]
    assert bedrock.create_model_invocation_job(**bedrock_job)["jobArn"] == first
    assert [job["createCalls"] for job in simulator.jobs()] == [2]


def test_a_used_name_with_another_token_is_a_conflict(bedrock: Any, bedrock_job: Any) -> None:
    bedrock.create_model_invocation_job(**bedrock_job)
    other = bedrock_job | {"clientRequestToken": "token-2"}
    answer = error_of(bedrock.create_model_invocation_job, **other)
    assert answer["Error"] == {
        "Code": "ConflictException",
        "Message": "The provided job name is currently in use.",
    }
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400


def test_a_stop_leads_through_stopping_to_stopped(bedrock: Any, bedrock_job: Any, simulator: Any) -> None:
    arn = bedrock.create_model_invocation_job(**bedrock_job)["jobArn"]
    bedrock.stop_model_invocation_job(jobIdentifier=arn)
    assert bedrock.get_model_invocation_job(jobIdentifier=arn)["status"] == "Stopping"
    simulator.advance(11)
    assert bedrock.get_model_invocation_job(jobIdentifier=arn)["status"] == "Stopped"
    refused = error_of(bedrock.stop_model_invocation_job, jobIdentifier=arn)
    assert refused["Error"]["Code"] == "ConflictException"


def test_jobs_are_listed_by_name_and_status(bedrock: Any, bedrock_job: Any, simulator: Any) -> None:
    bedrock.create_model_invocation_job(**bedrock_job)
    simulator.advance(1000)
    late = {"jobName": "late", "clientRequestToken": "token-2"}
    bedrock.create_model_invocation_job(**bedrock_job | late)

    def names(**search: Any) -> list[str]:
        found = bedrock.list_model_invocation_jobs(**search)["invocationJobSummaries"]
        return [job["jobName"] for job in found]

    assert names() == ["late", "summaries"]
    assert names(nameContains="summ") == ["summaries"]
    assert names(statusEquals="Submitted") == ["late"]
    submitted = bedrock.list_model_invocation_jobs()["invocationJobSummaries"][0]["submitTime"]
    assert names(submitTimeBefore=submitted.replace(microsecond=0)) == ["summaries"]


def test_an_inference_profile_comes_back_resolved(bedrock: Any, bedrock_job: Any) -> None:
    profile = "us.anthropic.claude-3-haiku-20240307-v1:0"
    arn = bedrock.create_model_invocation_job(**bedrock_job | {"modelId": profile})["jobArn"]
    model = bedrock.get_model_invocation_job(jobIdentifier=arn)["modelId"]
    assert model == f"arn:aws:bedrock:us-east-1:000000000000:inference-profile/{profile}"


def test_tags_can_be_added_and_listed(bedrock: Any, bedrock_job: Any) -> None:
    arn = bedrock.create_model_invocation_job(**bedrock_job)["jobArn"]
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "more", "value": "yes"}])
    tags = bedrock.list_tags_for_resource(resourceARN=arn)["tags"]
    assert {"key": "more", "value": "yes"} in tags
    assert len(tags) == 2
