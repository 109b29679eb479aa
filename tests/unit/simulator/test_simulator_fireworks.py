"""Fireworks batch jobs over plain HTTP."""

from typing import Any

import pytest


def test_a_job_goes_through_its_states_to_completed(fireworks: Any, simulator: Any) -> None:
    status, created = fireworks.create(displayName="tune", annotations={"team": "growth"})
    assert (status, created["state"]) == (200, "CREATING")
    job_id = created["name"].rpartition("/")[2]
    simulator.advance(1000)
    status, job = fireworks.call("GET", f"/{job_id}")
    assert (status, job["state"], job["displayName"]) == (200, "COMPLETED", "tune")
    assert job["annotations"] == {"team": "growth"}
    assert job["createTime"] < job["startTime"] < job["endTime"]
    states = [moment["status"] for moment in simulator.jobs()[0]["history"]]
    assert states == ["CREATING", "PENDING", "RUNNING", "COMPLETED"]


@pytest.mark.parametrize(
    ("scenario", "state"), [("fail", "FAILED"), ("stop", "CANCELLED"), ("timeout", "FAILED")]
)
def test_a_scenario_leads_to_its_end(fireworks: Any, simulator: Any, scenario: str, state: str) -> None:
    _, created = fireworks.create(annotations={"jobchute/simulate": scenario})
    simulator.advance(1000)
    _, job = fireworks.call("GET", f"/{created['name'].rpartition('/')[2]}")
    assert job["state"] == state
    assert bool(job["status"]) == (state == "FAILED")


def test_there_is_no_idempotency(fireworks: Any, simulator: Any) -> None:
    first, second = fireworks.create(displayName="twin"), fireworks.create(displayName="twin")
    assert first[1]["name"] != second[1]["name"]
    assert len(simulator.jobs()) == 2


def test_a_cancel_leads_through_cancelling_and_is_refused_after(fireworks: Any, simulator: Any) -> None:
    path = "/" + fireworks.create()[1]["name"].rpartition("/")[2]
    assert fireworks.call("POST", path + ":cancel", {}) == (200, {})
    assert fireworks.call("GET", path)[1]["state"] == "CANCELLING"
    simulator.advance(11)
    assert fireworks.call("GET", path)[1]["state"] == "CANCELLED"
    status, refused = fireworks.call("POST", path + ":cancel", {})
    assert (status, refused["code"]) == (400, 9)


def test_a_deleted_job_is_gone(fireworks: Any) -> None:
    path = "/" + fireworks.create()[1]["name"].rpartition("/")[2]
    assert fireworks.call("DELETE", path) == (200, {})
    status, missing = fireworks.call("GET", path)
    assert (status, missing["code"], missing["details"]) == (404, 5, [])


def test_pages_are_newest_first_and_complete(fireworks: Any) -> None:
    names = [fireworks.create(displayName=str(number))[1]["name"] for number in range(5)]
    found: list[str] = []
    token = ""
    for _ in range(3):
        _, page = fireworks.call("GET", f"?pageSize=2&pageToken={token}")
        found += [job["name"] for job in page["batchJobs"]]
        assert page["totalSize"] == 5
        token = page["nextPageToken"]
    assert (found, token) == (names[::-1], "")


def test_a_new_job_between_two_pages_shifts_nothing(fireworks: Any) -> None:
    names = [fireworks.create()[1]["name"] for _ in range(3)]
    _, first = fireworks.call("GET", "?pageSize=2")
    fireworks.create()
    _, second = fireworks.call("GET", f"?pageSize=2&pageToken={first['nextPageToken']}")
    assert [job["name"] for job in second["batchJobs"]] == names[:1]


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"nodePoolId": ""}, "'nodePoolId' is required"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"state": "RUNNING"}, "'state' is output only"),
        ({"pythonExecutor": {"targetType": "MODULE", "target": "m"}}, "executor_type is set more than once"),
        ({"shellExecutor": {"command": "true", "args": []}}, "unknown field 'shellExecutor.args'"),
        ({"shellExecutor": {}}, "'shellExecutor.command' is required"),
        ({"imageRef": "i", "environmentId": "e"}, "'imageRef' cannot be given"),
        ({"snapshotId": "s"}, "'snapshotId' needs environmentId"),
        ({"displayName": "x" * 64}, "fewer than 64"),
        ({"numRanks": "2"}, "must be of type int32"),
        ({"envVars": {"A": 1}}, "must be of type map"),
        ({"annotations": {"fireworks.ai/x": "y"}}, "annotation 'fireworks.ai/x'"),
        ({"annotations": {"jobchute:job-id": "y"}}, "annotation 'jobchute:job-id'"),
    ],
)
def test_what_a_create_refuses(fireworks: Any, simulator: Any, fields: Any, problem: str) -> None:
    status, refused = fireworks.create(**fields)
    assert (status, refused["code"]) == (400, 3)
    assert problem in refused["message"]
    assert simulator.jobs() == []


def test_a_key_is_needed_and_the_right_one_where_it_is_set(connect: Any, control: Any) -> None:
    assert connect("").create()[0] == 401
    assert connect("anything").create()[0] == 200
    control("settings", {"fireworks_key": "right"})
    status, refused = connect("wrong").create()
    assert (status, refused["code"]) == (401, 16)
    assert connect("right").create()[0] == 200


def test_an_account_sees_its_own_jobs_only(fireworks: Any, url: str) -> None:
    name = fireworks.create()[1]["name"]
    fireworks._root = f"{url}/v1/accounts/other/batchJobs"
    assert fireworks.call("GET")[1]["totalSize"] == 0
    assert fireworks.call("GET", "/" + name.rpartition("/")[2])[0] == 404
