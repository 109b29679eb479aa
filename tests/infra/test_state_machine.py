"""The state machine's definition: what an execution enters, waits for and ends with."""

import json
import re
from typing import Any

import pytest

from jobchute import errors
from jobchute.aws.executions import ERRORS
from jobchute.job import FINAL_STATES, State
from tests.infra.conftest import Template
from tests.unit.documentation.blocks import all_blocks

FAIL = "Fail"


@pytest.fixture(scope="session")
def machine(template: Template) -> dict[str, Any]:
    return template.machine()


@pytest.fixture
def dispatch(machine: dict[str, Any]) -> dict[str, Any]:
    task: dict[str, Any] = machine["States"]["Dispatch"]
    return task


def test_the_happy_path_enters_two_states(machine: dict[str, Any], dispatch: dict[str, Any]) -> None:
    turn = machine["States"][machine["StartAt"]]
    assert (turn["Type"], turn["TimestampPath"], turn["Next"]) == ("Wait", "$.notBefore", "Dispatch")
    assert dispatch["Type"] == "Task"
    assert dispatch["End"] is True


def test_no_path_enters_more_than_five_states(machine: dict[str, Any]) -> None:
    def longest(name: str) -> int:
        state = machine["States"][name]
        ways = [state.get("Next"), state.get("Default")]
        ways += [each["Next"] for each in (*state.get("Choices", []), *state.get("Catch", []))]
        return 1 + max((longest(way) for way in ways if way), default=0)

    assert longest(machine["StartAt"]) <= 5


def test_the_architecture_page_draws_these_states_and_ways(machine: dict[str, Any]) -> None:
    diagram = next(block.text for block in all_blocks() if "--> Dispatch" in block.text)
    names = {alias: name for name, alias in re.findall(r'state "(.+)" as (\w+)', diagram)}
    drawn = {
        (names.get(start, start), names.get(end, end))
        for start, end in re.findall(r"(\S+) --> ([^\s:]+)", diagram)
    }
    ways = {("[*]", machine["StartAt"])}
    for name, state in machine["States"].items():
        ends = [state.get("Next"), state.get("Default"), "[*]" if state.get("End") else None]
        ends += [each["Next"] for each in (*state.get("Choices", []), *state.get("Catch", []))]
        ways |= {(name, end) for end in ends if end}
    assert drawn == ways


def test_it_waits_on_a_token_and_not_forever(machine: dict[str, Any], dispatch: dict[str, Any]) -> None:
    """By its input alone, which exceeds all limits of the job: it may be Pending for weeks."""
    assert dispatch["Resource"].endswith("lambda:invoke.waitForTaskToken")
    assert dispatch["TimeoutSecondsPath"] == "$.timeoutSeconds"
    others = {"TimeoutSeconds", "HeartbeatSeconds", "HeartbeatSecondsPath"}
    assert not others & {*machine, *dispatch}
    assert dispatch["Parameters"]["Payload"] == {"jobId.$": "$.jobId", "taskToken.$": "$$.Task.Token"}


def test_its_input_is_what_an_execution_is_started_with(dispatch: dict[str, Any]) -> None:
    from jobchute.aws.executions import Executions
    from tests.builders import a_job

    started: list[dict[str, Any]] = []

    class Client:
        def start_execution(self, **request: Any) -> None:
            started.append(request)

    executions = Executions(Client(), "arn:machine", 1000, 10)  # type: ignore[arg-type]
    for now in ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"):
        executions.start(a_job(time_limit=50, create_at=1_800_000_000_250, updated_at=now))
    assert started[0] == started[1]
    turn = "2027-01-15T07:59:59.250Z"  # a second before its moment
    expected = {"jobId": a_job().job_id, "notBefore": turn, "timeoutSeconds": 1050}
    assert json.loads(started[0]["input"]) == expected, "as earlier releases started it"
    executions.start(a_job(time_limit=50, pending_limit=700, create_at=1_800_000_000_250))
    assert json.loads(started[2]["input"])["timeoutSeconds"] == 1000 + 50 + 700 + 2 * 10
    assert len(started[0]["name"]) <= 80


def test_the_end_of_a_job_is_no_reason_to_try_again(dispatch: dict[str, Any]) -> None:
    first, *others = dispatch["Retry"]
    assert set(first["ErrorEquals"]) == set(ERRORS.values())
    assert first["MaxAttempts"] == 0
    assert [each["ErrorEquals"] for each in others] == [["States.TaskFailed"]]
    assert all(each["MaxAttempts"] > 0 and each["JitterStrategy"] == "FULL" for each in others)


def test_every_error_is_caught_by_the_name_of_its_class(
    machine: dict[str, Any], dispatch: dict[str, Any]
) -> None:
    ends, rest = dispatch["Catch"]
    assert set(ends["ErrorEquals"]) == set(ERRORS.values())
    assert machine["States"][ends["Next"]]["Type"] == FAIL
    assert rest["ErrorEquals"] == ["States.ALL"]
    assert machine["States"][rest["Next"]]["Resource"] == "?"
    for name in ends["ErrorEquals"]:
        assert issubclass(getattr(errors, name), errors.JobNotSucceededError)


def test_every_bad_end_has_its_error() -> None:
    assert set(ERRORS) == FINAL_STATES - {State.SUCCEEDED, State.PARTIAL, State.REJECTED}


def test_an_execution_that_failed_says_so_in_the_job_s_words(machine: dict[str, Any]) -> None:
    failed = [state for state in machine["States"].values() if state["Type"] == FAIL]
    assert [
        state for state in failed if state.get("ErrorPath") == "$.Error" and state["CausePath"] == "$.Cause"
    ]


def test_after_a_time_out_the_job_s_state_decides(machine: dict[str, Any]) -> None:
    choices = [state for state in machine["States"].values() if state["Type"] == "Choice"]
    (choice,) = choices
    (way,) = choice["Choices"]
    assert {each["StringEquals"] for each in way["Or"]} == {"SUCCEEDED", "PARTIAL"}
    assert machine["States"][way["Next"]]["Type"] == "Succeed"
    over = machine["States"][choice["Default"]]
    assert (over["Type"], over["Error"]) == (FAIL, errors.JobTimedOutError.__name__)


def test_its_log_group_needs_no_account_resource_policy(template: Template) -> None:
    """Of groups with this name Step Functions' guide says so; it begins with the stack's own name."""
    (resource,) = template.of("AWS::StepFunctions::StateMachine").values()
    (destination,) = resource["Properties"]["LoggingConfiguration"]["Destinations"]
    group = template.body["Resources"][destination["CloudWatchLogsLogGroup"]["LogGroupArn"]["Fn::GetAtt"][0]]
    assert group["Properties"]["LogGroupName"] == "/aws/vendedlogs/states/Jobchute-Jobs"
    assert group["DeletionPolicy"] == "Delete"


def test_each_task_has_its_function(template: Template, machine: dict[str, Any]) -> None:
    (resource,) = template.of("AWS::StepFunctions::StateMachine").values()
    named = str(resource["Properties"]["DefinitionString"])
    for module in ("dispatch", "expire"):
        assert template.functions()[module]["LogicalId"] in named
