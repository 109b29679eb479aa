"""Bedrock model customization as an unmodified boto3 client sees it."""

from typing import Any

import pytest

from tests.unit.simulator.test_simulator_bedrock import error_of


@pytest.fixture
def bedrock(client: Any) -> Any:
    return client("bedrock")


def simulated(job: dict[str, Any], scenario: str) -> dict[str, Any]:
    return job | {"jobTags": [{"key": "jobchute:simulate", "value": scenario}]}


def details_of(job: dict[str, Any]) -> list[str]:
    return [job["statusDetails"][name]["status"] for name in ("dataProcessingDetails", "trainingDetails")]


def test_a_job_goes_through_its_sub_tasks(bedrock: Any, customization_job: Any, simulator: Any) -> None:
    arn = bedrock.create_model_customization_job(**customization_job)["jobArn"]
    seen = []
    for seconds in (0, 91, 30, 100):
        simulator.advance(seconds)
        job = bedrock.get_model_customization_job(jobIdentifier=arn)
        seen.append([job["status"], *details_of(job)])
    assert seen == [
        ["InProgress", "NotStarted", "NotStarted"],
        ["InProgress", "InProgress", "NotStarted"],
        ["InProgress", "Completed", "InProgress"],
        ["Completed", "Completed", "Completed"],
    ]


def test_a_completed_job_has_a_model_and_losses(bedrock: Any, customization_job: Any, simulator: Any) -> None:
    arn = bedrock.create_model_customization_job(**customization_job)["jobArn"]
    assert "outputModelArn" not in bedrock.get_model_customization_job(jobIdentifier=arn)
    simulator.advance(1000)
    job = bedrock.get_model_customization_job(jobIdentifier=arn)
    assert job["outputModelArn"] == arn.replace("model-customization-job", "custom-model")
    assert (job["outputModelName"], job["baseModelArn"].rpartition("/")[2]) == (
        "router",
        "amazon.nova-micro-v1:0:128k",
    )
    assert (job["trainingMetrics"], job["validationMetrics"]) == (
        {"trainingLoss": 0.25},
        [{"validationLoss": 0.5}],
    )


@pytest.mark.parametrize(
    ("scenario", "status"),
    [("partial", "Completed"), ("fail", "Failed"), ("timeout", "Failed"), ("stop", "Stopped")],
)
def test_a_scenario_leads_to_its_end(
    bedrock: Any, customization_job: Any, simulator: Any, scenario: str, status: str
) -> None:
    arn = bedrock.create_model_customization_job(**simulated(customization_job, scenario))["jobArn"]
    simulator.advance(1000)
    job = bedrock.get_model_customization_job(jobIdentifier=arn)
    assert (job["status"], "failureMessage" in job) == (status, status == "Failed")


def test_the_name_serves_like_the_arn(bedrock: Any, customization_job: Any) -> None:
    arn = bedrock.create_model_customization_job(**customization_job)["jobArn"]
    assert bedrock.get_model_customization_job(jobIdentifier="routing")["jobArn"] == arn
    missing = error_of(bedrock.get_model_customization_job, jobIdentifier="none")
    assert missing["Error"]["Code"] == "ResourceNotFoundException"
    assert missing["ResponseMetadata"]["HTTPStatusCode"] == 404


def test_the_same_token_gives_the_same_job(bedrock: Any, customization_job: Any, simulator: Any) -> None:
    first = bedrock.create_model_customization_job(**customization_job)["jobArn"]
    assert bedrock.create_model_customization_job(**customization_job)["jobArn"] == first
    assert [job["createCalls"] for job in simulator.jobs()] == [2]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"customModelName": "other"}, "job name is currently in use"),
        ({"jobName": "other"}, "custom model name"),
    ],
)
def test_names_of_jobs_and_models_are_used_once(
    bedrock: Any, customization_job: Any, simulator: Any, changes: dict[str, str], text: str
) -> None:
    bedrock.create_model_customization_job(**customization_job)
    simulator.advance(1000)
    other = customization_job | {"clientRequestToken": "token-2"} | changes
    error = error_of(bedrock.create_model_customization_job, **other)["Error"]
    assert error["Code"] == "ValidationException"
    assert text in error["Message"]


def test_a_model_not_made_leaves_its_name(bedrock: Any, customization_job: Any, simulator: Any) -> None:
    bedrock.create_model_customization_job(**simulated(customization_job, "fail"))
    simulator.advance(1000)
    again = customization_job | {"clientRequestToken": "token-2", "jobName": "again"}
    assert bedrock.create_model_customization_job(**again)["jobArn"]


def test_a_stop_leads_through_stopping_to_stopped(bedrock: Any, customization_job: Any, simulator: Any) -> None:
    arn = bedrock.create_model_customization_job(**customization_job)["jobArn"]
    bedrock.stop_model_customization_job(jobIdentifier=arn)
    assert bedrock.get_model_customization_job(jobIdentifier=arn)["status"] == "Stopping"
    simulator.advance(11)
    assert bedrock.get_model_customization_job(jobIdentifier=arn)["status"] == "Stopped"
    refused = error_of(bedrock.stop_model_customization_job, jobIdentifier="routing")
    assert refused["Error"]["Code"] == "ConflictException"


def test_jobs_are_listed_by_name_and_status(bedrock: Any, customization_job: Any, simulator: Any) -> None:
    bedrock.create_model_customization_job(**customization_job)
    simulator.advance(1000)
    late = {"jobName": "late", "customModelName": "later", "clientRequestToken": "token-2"}
    bedrock.create_model_customization_job(**customization_job | late)

    def names(**search: Any) -> list[str]:
        found = bedrock.list_model_customization_jobs(**search)["modelCustomizationJobSummaries"]
        return [job["jobName"] for job in found]

    assert names() == ["late", "routing"]
    assert names(sortOrder="Ascending") == ["routing", "late"]
    assert names(nameContains="rout") == ["routing"]
    assert names(statusEquals="InProgress") == ["late"]
    assert names(maxResults=1) == ["late"]
    created = bedrock.list_model_customization_jobs()["modelCustomizationJobSummaries"][0]["creationTime"]
    assert names(creationTimeBefore=created.replace(microsecond=0)) == ["routing"]
    assert (
        error_of(bedrock.list_model_customization_jobs, nextToken="no")["Error"]["Code"]
        == "ValidationException"
    )


def test_tags_can_be_added_and_listed(bedrock: Any, customization_job: Any) -> None:
    arn = bedrock.create_model_customization_job(**customization_job)["jobArn"]
    bedrock.tag_resource(resourceARN=arn, tags=[{"key": "more", "value": "yes"}])
    tags = bedrock.list_tags_for_resource(resourceARN=arn)["tags"]
    assert {"key": "more", "value": "yes"} in tags
    assert len(tags) == 2
