"""Scenarios, settings, control endpoints and the process."""

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
import urllib3

from infra.local.simulator import Settings, Simulator
from infra.local.simulator.__main__ import arguments, settings_of
from infra.local.simulator.clock import Clock, Timeline
from infra.local.simulator.errors import SettingsError
from infra.local.simulator.events import Publisher
from infra.local.simulator.scenarios import TABLE, Outcome, Refusal, Scenario, choose_scenario
from infra.local.simulator.services import AWS_SERVICES
from infra.local.simulator.world import World
from jobchute.providers.registry import SPECS
from tests.paths import ROOT


def test_every_api_of_aws_is_simulated() -> None:
    world = World(Settings(), clock=Clock(), publisher=Publisher(None))
    simulated = {
        f"{name}:{operation}" for name, make in AWS_SERVICES.items() for operation in make(world).operations
    }
    needed = {
        action
        for iam in (spec.iam for spec in SPECS.values() if spec.iam)
        for grant in (iam.create, iam.tag, iam.read, *iam.find, iam.list, iam.cancel)
        for action in grant.actions
    }
    assert needed <= simulated


def test_the_table_in_the_docstring_is_the_table() -> None:
    from infra.local.simulator import scenarios

    rows = [
        line.split("|")[1].strip() for line in (scenarios.__doc__ or "").splitlines() if line.startswith("| ")
    ]
    assert rows[1:] == list(TABLE)


@pytest.mark.parametrize(
    ("tags", "name", "chosen"),
    [
        ({}, "plain", Scenario(outcome=Outcome.STOP)),
        ({}, "a-sim-fail-b", Scenario(outcome=Outcome.FAIL)),
        ({}, "sim-slow-sim-fail", Scenario(outcome=Outcome.FAIL, pace=20)),
        ({}, "sim-never-event-1", Scenario(event_copies=0)),
        ({}, "sim-slowly", Scenario(outcome=Outcome.STOP)),
        ({"jobchute:simulate": "timeout"}, "sim-fail", Scenario(outcome=Outcome.TIMEOUT)),
        ({"jobchute/simulate": "fail"}, "x", Scenario(outcome=Outcome.FAIL)),
        ({"simulate": "throttle+fail"}, "x", Scenario(outcome=Outcome.FAIL, refusal=Refusal.THROTTLE)),
        ({"simulated": "fail"}, "x", Scenario(outcome=Outcome.STOP)),
    ],
)
def test_tags_precede_the_name_and_the_name_the_default(
    tags: dict[str, str], name: str, chosen: Scenario
) -> None:
    assert choose_scenario(tags=tags, name=name, default="stop") == chosen


def test_a_slow_job_runs_twenty_times_longer(client: Any, braket_job: Any, simulator: Any) -> None:
    client("braket").create_job(**braket_job | {"jobName": "sim-slow"})
    simulator.advance(90 + 1999)
    assert simulator.jobs()[0]["status"] == "RUNNING"
    simulator.advance(2)
    assert simulator.jobs()[0]["status"] == "COMPLETED"


@pytest.mark.parametrize(
    "changes",
    [
        {"colour": 1},
        {"run_seconds": "1"},
        {"run_seconds": -1},
        {"scenario": "explode"},
        {"max_in_flight": {"braket": 1}},
        {"create_rate": 3},
        {"region": None},
    ],
)
def test_settings_that_cannot_be_are_refused(changes: dict[str, Any], control: Any) -> None:
    assert "error" in control("settings", changes)
    assert control("settings") == Settings(queue_seconds=90, run_seconds=100, stop_seconds=10).as_json()


def test_the_command_line_sets_every_setting() -> None:
    options = arguments(
        [
            "--region=eu-west-1",
            "--account=111122223333",
            "--run-seconds=2",
            "--seed=7",
            "--scenario=fail",
            "--max-in-flight=braket:CreateJob=3",
            "--create-rate=fireworks:CreateBatchJob=0.5/s",
        ]
    )
    settings = settings_of(options)
    assert settings.max_in_flight == {"braket:CreateJob": 3}
    assert settings.create_rate == {"fireworks:CreateBatchJob": 0.5}
    assert (settings.region, settings.account, settings.run_seconds) == ("eu-west-1", "111122223333", 2)
    assert set(settings.as_json()) <= set(vars(options))
    with pytest.raises(SettingsError):
        settings_of(arguments(["--max-in-flight=braket"]))


def test_a_seed_makes_ids_and_durations_the_same_again(braket_job: Any) -> None:
    def run() -> Any:
        from infra.local.simulator.messages import Request

        simulator = Simulator(Settings(seed=7, jitter=0.5), clock=Clock(lambda: 1000.0))
        scope = "AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/braket/aws4_request, x"
        import json

        body = json.dumps(braket_job).encode()
        simulator.answer(Request("POST", "/job", headers={"authorization": scope}, body=body))
        simulator.advance(60)
        return simulator.jobs()

    first = run()
    assert first == run()
    assert first[0]["startedAt"] != 1000.3


def test_the_control_endpoints_tell_and_change(client: Any, braket_job: Any, control: Any) -> None:
    client("braket").create_job(**braket_job)
    assert control("health")["inFlight"] == 1
    assert control("advance", {"seconds": 1000})["now"] > 0
    job = control("jobs?api=braket:CreateJob&name=anneal")["jobs"][0]
    assert (job["status"], job["token"], job["tags"]) == ("COMPLETED", "token-1", {"team": "growth"})
    assert control("jobs?name=other") == {"jobs": []}
    assert control("calls")["calls"] == {"braket:CreateJob": 1}
    assert control("settings", {"run_seconds": 5})["run_seconds"] == 5
    control("reset", {})
    assert control("jobs") == {"jobs": []}
    assert control("calls") == {"calls": {}, "errors": {}}
    assert control("settings")["run_seconds"] == 100
    assert "error" in control("nothing")
    assert "error" in control("advance", {"seconds": -1})


def test_jobs_move_without_a_push_when_time_passes(fireworks: Any, simulator: Any, control: Any) -> None:
    control("settings", {"queue_seconds": 0.01, "run_seconds": 0.02})
    fireworks.create()
    deadline = time.monotonic() + 5
    while not simulator.jobs()[0]["final"] and time.monotonic() < deadline:
        time.sleep(0.005)
    assert simulator.jobs()[0]["status"] == "COMPLETED"


def test_a_timeline_runs_in_order_and_survives_a_failing_action() -> None:
    timeline = Timeline(Clock(lambda: 100.0))
    done: list[str] = []
    timeline.at(3, lambda: done.append("third"))
    timeline.at(1, lambda: timeline.at(2, lambda: done.append("second")))
    timeline.at(0, lambda: done.append(str(1 / 0)))
    timeline.at(101, lambda: done.append("not yet"))
    timeline.run_due()
    assert done == ["second", "third"]


def test_many_clients_at_once_make_each_job_once(client: Any, braket_job: Any, simulator: Any) -> None:
    braket = client("braket")

    def create() -> None:
        for number in range(10):
            braket.create_job(**braket_job | {"clientToken": f"t{number}"})

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [job["createCalls"] for job in simulator.jobs()] == [8] * 10


def test_the_end_closes_the_connections_that_are_kept_alive() -> None:
    with Simulator().serve() as url:
        connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=5)
        connection.request("GET", "/_simulator/health")
        connection.getresponse().read()
        kept = connection.sock
        assert kept is not None
    assert kept.recv(1) == b""
    connection.close()


def test_the_process_serves_and_ends_on_sigterm(tmp_path: Path) -> None:
    port_file = tmp_path / "port"
    command = [sys.executable, "-m", "infra.local.simulator", "--port-file", str(port_file)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, env=dict(os.environ)) as process:
        deadline = time.monotonic() + 20
        while not port_file.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.02)
        pool = urllib3.PoolManager(retries=False)
        url = f"http://127.0.0.1:{port_file.read_text()}/_simulator/health"
        assert pool.request("GET", url).json()["status"] == "ok"
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=10)
    assert process.returncode == 0
