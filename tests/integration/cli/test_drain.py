"""Emptying a deployment: nothing is taken in, nothing is open, no execution runs, or the tool says what is."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.draining import GRACE_SECONDS, REASON, Drain, Drained, Intake, RunningExecutions
from jobchute.cli.following import Clock
from jobchute.cli.main import app
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.runtime.clients import AwsClients
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.deployed import NIGHTLY
from tests.integration.cli.test_cli_deployment import create_stack

run = CliRunner().invoke
START = 1_800_000_000
SETTLE = 90


@dataclass
class World:
    """A deployment with jobs and executions, and what goes on in it while the tool waits."""

    deployment: Deployment
    ledger: Ledger
    intake: Intake
    executions: RunningExecutions
    seconds: float = 0
    happens: list[Callable[[], None]] = field(default_factory=list)
    """One after the other, at each pause."""

    def job(self, name: str, state: State, **changes: Any) -> Job:
        """A job with its execution."""
        job = replace(NIGHTLY, job_id=f"jc-{name}", state=state, **changes)
        self.ledger.add(job)
        client = runtime.client("stepfunctions")
        client.start_execution(stateMachineArn=self.executions.state_machine_arn, name=job.job_id, input="{}")
        return job

    def state(self, name: str) -> State:
        return self.ledger.get(f"jc-{name}").state

    def ends(self, name: str, state: State = State.CANCELLED) -> Callable[[], None]:
        """What the sweep does, and what the stream's reader does then."""

        def end() -> None:
            self.ledger.move(f"jc-{name}", state, START)
            self.executions.stop(self.executions.arns()[f"jc-{name}"])

        return end

    def pause(self, seconds: float) -> None:
        self.seconds += seconds
        if self.happens:
            self.happens.pop(0)()

    def drain(self, *, timeout: float = 3600, hand_over: Callable[[Job], None] | None = None) -> Drained:
        clock = Clock(now=lambda: self.seconds, pause=self.pause, interval=20, timeout=timeout)
        return Drain(
            ledger=self.ledger,
            intake=self.intake,
            executions=self.executions,
            clock=clock,
            settle=SETTLE,
            hand_over=hand_over,
            now=lambda: START + self.seconds,
        ).run()


@pytest.fixture
def world(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> World:
    create_stack("Jobchute", {})
    client = runtime.client("lambda")
    (function,) = (each["FunctionName"] for each in client.list_functions()["Functions"])
    for queue in ("jobs", "orders"):
        url = runtime.client("sqs").create_queue(QueueName=queue)["QueueUrl"]
        answer = runtime.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        arn = answer["Attributes"]["QueueArn"]
        client.create_event_source_mapping(FunctionName=function, EventSourceArn=arn, BatchSize=10)
    machine = runtime.client("stepfunctions").create_state_machine(
        name="Jobs", definition=json.dumps(WAITING), roleArn="arn:aws:iam::123456789012:role/machine"
    )
    monkeypatch.setenv("JOBCHUTE_STATE_MACHINE_ARN", machine["stateMachineArn"])
    return World(
        deployment=replace(deployment, state_machine_arn=machine["stateMachineArn"]),
        ledger=Ledger(runtime.client("dynamodb"), deployment.table, 86400),
        intake=Intake(client, function),
        executions=RunningExecutions(runtime.client("stepfunctions"), machine["stateMachineArn"]),
    )


WAITING = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 86400, "End": True}}}


def test_an_empty_deployment_is_drained_once_no_call_runs(world: World) -> None:
    assert world.drain() == Drained(cancelled=0, handed_over=0, stopped=0, open=(), running=0)
    assert world.intake.is_stopped()
    assert world.seconds >= SETTLE


def test_the_intake_stops_first_and_can_be_resumed(world: World) -> None:
    assert world.intake.queues() == ["jobs", "orders"]
    seen: list[bool] = []
    world.job("one", State.RUNNING)
    world.happens = [lambda: seen.append(world.intake.is_stopped()), world.ends("one")]
    world.drain()
    assert seen == [True]
    world.intake.resume()
    assert {mapping["State"] for mapping in world.intake.mappings()} == {"Enabled"}


def test_a_job_that_was_not_submitted_ends_at_once(world: World) -> None:
    job = world.job("waits", State.QUEUED, waiting="pool", place="5", due=START)
    drained = world.drain()
    ended = world.ledger.get(job.job_id)
    assert (ended.state, ended.reason, ended.waiting, ended.due) == (State.CANCELLED, REASON, None, None)
    assert (drained.cancelled, drained.stopped, drained.is_empty) == (1, 1, True)
    item = runtime.client("dynamodb").get_item(
        TableName=world.deployment.table, Key={"pk": {"S": job.job_id}, "sk": {"S": "JOB"}}
    )["Item"]
    assert int(item["expiresAt"]["N"]) >= START + 86400


@pytest.mark.parametrize("state", [State.SUBMITTED, State.RUNNING])
def test_a_submitted_job_is_left_to_the_next_reconcile(world: World, state: State) -> None:
    world.job("runs", state)
    asked: list[Job] = []
    world.happens = [lambda: asked.append(world.ledger.get("jc-runs")), world.ends("runs")]
    drained = world.drain()
    assert [(job.state, job.stop_cause) for job in asked] == [(State.CANCELLING, State.CANCELLED)]
    assert (asked[0].due or 0) <= START
    assert drained == Drained(cancelled=1, handed_over=0, stopped=0, open=(), running=0)


def test_a_job_that_stops_for_its_alternative_is_cancelled(world: World) -> None:
    stop = {"stop_cause": State.QUEUED, "retry": {"attempts": 2, "alternatives": 1}}
    world.job("waits", State.CANCELLING, **stop)
    asked: list[Job] = []
    world.happens = [lambda: asked.append(world.ledger.get("jc-waits")), world.ends("waits")]
    assert world.drain().is_empty
    assert [(job.state, job.stop_cause) for job in asked] == [(State.CANCELLING, State.CANCELLED)]


def test_a_job_that_is_being_submitted_is_left_to_the_reconciler(world: World) -> None:
    world.job("submits", State.SUBMITTING)
    asked: list[Job] = []
    world.happens = [lambda: asked.append(world.ledger.get("jc-submits")), world.ends("submits")]
    assert world.drain().is_empty
    assert [(job.state, job.stop_cause) for job in asked] == [(State.SUBMITTING, State.CANCELLED)]


def test_what_a_call_took_in_late_is_cancelled_too(world: World) -> None:
    def taken_in() -> None:
        world.job("late", State.QUEUED)

    world.happens = [lambda: None, taken_in]
    drained = world.drain()
    assert world.state("late") is State.CANCELLED
    assert (drained.cancelled, drained.is_empty) == (1, True)


def test_a_job_that_does_not_end_keeps_its_execution(world: World) -> None:
    world.job("stays", State.RUNNING)
    drained = world.drain(timeout=300)
    assert [job.job_id for job in drained.open] == ["jc-stays"]
    assert (drained.is_empty, drained.stopped, drained.running) == (False, 0, 1)


def test_an_unanswered_execution_of_an_ended_job_is_stopped(world: World) -> None:
    world.job("ended", State.SUCCEEDED)
    drained = world.drain()
    assert (drained.stopped, drained.is_empty) == (1, True)
    assert world.seconds >= SETTLE + GRACE_SECONDS


def test_an_execution_without_a_row_is_stopped(world: World) -> None:
    client = runtime.client("stepfunctions")
    client.start_execution(stateMachineArn=world.executions.state_machine_arn, name="jc-old", input="{}")
    assert world.drain().stopped == 1


def test_handed_over_jobs_run_on_and_the_others_are_cancelled(world: World) -> None:
    world.job("runs", State.RUNNING)
    world.job("waits", State.QUEUED)
    world.job("stopping", State.CANCELLING, stop_cause=State.CANCELLED)
    world.happens = [world.ends("stopping")]
    handed: list[str] = []
    drained = world.drain(hand_over=lambda job: handed.append(job.job_id))
    assert handed == ["jc-runs"]
    assert (world.state("runs"), world.state("waits")) == (State.RUNNING, State.CANCELLED)
    assert (drained.cancelled, drained.handed_over, drained.is_empty) == (1, 1, True)


def test_a_run_can_be_repeated(world: World) -> None:
    world.job("runs", State.RUNNING)
    assert not world.drain(timeout=10).is_empty
    world.ends("runs")()
    assert world.drain() == Drained(cancelled=0, handed_over=0, stopped=0, open=(), running=0)


class TestCommand:
    def test_it_asks_before_it_stops_anything(self, world: World) -> None:
        world.job("runs", State.RUNNING)
        refused = run(app, ["drain"], input="n\n")
        assert refused.exit_code == 1
        assert "Requests will stay in jobs, orders" in refused.stderr
        assert "Open: 1 job (1 RUNNING)" in refused.stderr
        assert world.state("runs") is State.RUNNING
        assert not world.intake.is_stopped()

    def test_it_refuses_to_say_drained_while_a_job_is_open(self, world: World) -> None:
        world.job("runs", State.RUNNING)
        result = run(app, ["drain", "--yes", "--timeout", "0", "--settle", "0"])
        assert result.exit_code == 1
        assert "not drained: 1 CANCELLING open, 1 execution running" in result.stderr
        assert "drained;" not in result.stdout

    def test_a_list_says_what_runs_on_and_where(
        self, world: World, tmp_path: Path, clients: AwsClients
    ) -> None:
        world.job("runs", State.RUNNING, output="s3://out/")
        file = tmp_path / "handed-over.jsonl"
        with tool_with(clients, runtime.Clock(sleep=lambda _: None)):
            result = run(app, ["drain", "--yes", "--settle", "0", "--hand-over", str(file), "--json"])
        assert result.exit_code == 0, result.output
        told = json.loads(result.stdout)
        assert (told["drained"], told["handedOver"], told["executionsStopped"]) == (True, 1, 1)
        assert told["stopped"] == ["jobs", "orders"]
        (line,) = file.read_text().splitlines()
        assert json.loads(line) == {
            "jobId": "jc-runs",
            "api": "sagemaker:CreateTrainingJob",
            "name": "nightly",
            "providerId": NIGHTLY.provider_id,
            "state": "RUNNING",
            "output": "s3://out/",
            "logs": None,
            "labels": {"team": "growth"},
            "status": "s3://jobs/status/nightly.yaml.json",
        }

    def test_requests_are_taken_again_by_resume(self, world: World) -> None:
        world.intake.stop()
        result = run(app, ["drain", "--resume"])
        assert result.exit_code == 0
        assert "from jobs, orders" in result.stdout
        assert {mapping["State"] for mapping in world.intake.mappings()} == {"Enabled"}
