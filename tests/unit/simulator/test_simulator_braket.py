"""Braket as an unmodified boto3 client sees it."""

from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]


@pytest.fixture
def braket(client: Any) -> Any:
    return client("braket")


def refusal(call: Any, **parameters: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return caught.value.response["Error"]["Code"], caught.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_a_job_goes_through_its_states_to_completed(braket: Any, braket_job: Any, simulator: Any) -> None:
    answer = braket.create_job(**braket_job)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    seen = [braket.get_job(jobArn=answer["jobArn"])["status"]]
    for seconds in (91, 100):
        simulator.advance(seconds)
        seen.append(braket.get_job(jobArn=answer["jobArn"])["status"])
    assert seen == ["QUEUED", "RUNNING", "COMPLETED"]


def test_get_job_echoes_the_request_and_tells_times_and_events(
    braket: Any, braket_job: Any, simulator: Any
) -> None:
    arn = braket.create_job(**braket_job)["jobArn"]
    simulator.advance(1000)
    job = braket.get_job(jobArn=arn)
    sent = {name: value for name, value in braket_job.items() if name != "clientToken"}
    assert {name: job[name] for name in sent} == sent
    assert (job["startedAt"] - job["createdAt"]).total_seconds() == pytest.approx(90, abs=0.01)
    assert (job["endedAt"] - job["startedAt"]).total_seconds() == pytest.approx(100, abs=0.01)
    assert job["billableDuration"] == 100_000
    assert [event["eventType"] for event in job["events"]][-2:] == ["UPLOADING_RESULTS", "COMPLETED"]


def test_a_repeated_token_gives_the_same_job_or_a_conflict(
    braket: Any, braket_job: Any, simulator: Any
) -> None:
    first = braket.create_job(**braket_job)["jobArn"]
    assert braket.create_job(**braket_job)["jobArn"] == first
    assert refusal(braket.create_job, **braket_job | {"jobName": "other"}) == ("ConflictException", 409)
    assert [job["createCalls"] for job in simulator.jobs()] == [3]


def test_the_same_name_with_another_token_is_another_job(braket: Any, braket_job: Any) -> None:
    first = braket.create_job(**braket_job)["jobArn"]
    assert braket.create_job(**braket_job | {"clientToken": "token-2"})["jobArn"] != first


def test_a_cancel_leads_through_cancelling_to_cancelled(braket: Any, braket_job: Any, simulator: Any) -> None:
    arn = braket.create_job(**braket_job)["jobArn"]
    assert braket.cancel_job(jobArn=arn)["cancellationStatus"] == "CANCELLING"
    simulator.advance(11)
    assert braket.get_job(jobArn=arn)["status"] == "CANCELLED"
    simulator.advance(1000)
    assert braket.get_job(jobArn=arn)["status"] == "CANCELLED"


def test_cancelling_a_completed_job_is_a_conflict(braket: Any, braket_job: Any, simulator: Any) -> None:
    arn = braket.create_job(**braket_job)["jobArn"]
    simulator.advance(1000)
    assert refusal(braket.cancel_job, jobArn=arn) == ("ConflictException", 409)


def test_a_missing_job_is_not_found(braket: Any, braket_job: Any) -> None:
    arn = braket.create_job(**braket_job)["jobArn"]
    assert refusal(braket.get_job, jobArn=arn + "0") == ("ResourceNotFoundException", 404)


def test_a_run_that_takes_too_long_is_cancelled_and_says_so(
    braket: Any, braket_job: Any, simulator: Any
) -> None:
    arn = braket.create_job(**braket_job | {"tags": {"jobchute:simulate": "timeout"}})["jobArn"]
    simulator.advance(1000)
    job = braket.get_job(jobArn=arn)
    assert (job["status"], job["events"][-1]["eventType"]) == ("CANCELLED", "MAX_RUNTIME_EXCEEDED")


def test_a_failed_job_has_a_reason(braket: Any, braket_job: Any, simulator: Any) -> None:
    arn = braket.create_job(**braket_job | {"jobName": "sim-fail-1"})["jobArn"]
    simulator.advance(1000)
    job = braket.get_job(jobArn=arn)
    assert job["status"] == "FAILED"
    assert job["failureReason"].startswith("AlgorithmError")


def test_search_jobs_filters_by_arn_and_pages(braket: Any, braket_job: Any) -> None:
    arns = [braket.create_job(**braket_job | {"clientToken": f"t{n}"})["jobArn"] for n in range(3)]
    by_arn = [{"name": "jobArn", "operator": "EQUAL", "values": [arns[1]]}]
    assert [job["jobArn"] for job in braket.search_jobs(filters=by_arn)["jobs"]] == [arns[1]]
    first = braket.search_jobs(filters=[], maxResults=2)
    second = braket.search_jobs(filters=[], maxResults=2, nextToken=first["nextToken"])
    assert [job["jobArn"] for job in first["jobs"] + second["jobs"]] == arns[::-1]
    assert "nextToken" not in second
    by_name = [{"name": "jobName", "operator": "EQUAL", "values": ["anneal"]}]
    assert refusal(braket.search_jobs, filters=by_name) == ("ValidationException", 400)


def test_tags_can_be_added_and_listed(braket: Any, braket_job: Any) -> None:
    arn = braket.create_job(**braket_job)["jobArn"]
    braket.tag_resource(resourceArn=arn, tags={"more": "yes"})
    assert braket.list_tags_for_resource(resourceArn=arn)["tags"] == {"team": "growth", "more": "yes"}
    assert braket.get_job(jobArn=arn)["tags"] == {"team": "growth", "more": "yes"}


def test_the_queue_is_told_when_asked_for(braket: Any, braket_job: Any) -> None:
    arn = braket.create_job(**braket_job)["jobArn"]
    assert "queueInfo" not in braket.get_job(jobArn=arn)
    asked = braket.get_job(jobArn=arn, additionalAttributeNames=["QueueInfo"])
    assert asked["queueInfo"]["queue"] == "JOBS_QUEUE"
