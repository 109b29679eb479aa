"""jobchute queue and pools, over moto."""

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Api, Job
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.ledger.pools import PoolRows
from jobchute.pools.limits import QueuePosition
from tests.admissions import took
from tests.builders import a_job

POOL = str(Api.TRAINING_JOB)


@pytest.fixture(autouse=True)
def deployed_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_POOLS", json.dumps({POOL: {"limit": 2}}))


def run(*words: str) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def waiting(label: str, **changes: object) -> Job:
    job = a_job(label, pool=POOL, waiting=POOL, **changes)
    return replace(job, place=str(QueuePosition.of(job)))


def test_the_queue_shows_jobs_in_flight_waiting_and_next(deployment: Deployment) -> None:
    rows = PoolRows(runtime.client("dynamodb"), deployment.table)
    rows.get(POOL)
    assert took(rows, POOL, a_job("first").job_id, share="", limit=2, now=1)
    ledger = Ledger(runtime.client("dynamodb"), deployment.table, 1000)
    urgent = waiting("urgent", priority=9)
    for job in (waiting("patient"), urgent):
        assert ledger.add(job) is None
    (shown,) = map(json.loads, run("queue", "--json").splitlines())
    assert {name: shown[name] for name in ("pool", "inFlight", "limit", "limitNow", "waiting")} == {
        "pool": POOL,
        "inFlight": 1,
        "limit": 2,
        "limitNow": 2,
        "waiting": 2,
    }
    assert shown["nextJobIds"] == [urgent.job_id]
    assert urgent.job_id in run("queue")


def test_a_limit_that_was_set_overrides_the_deployment_s(
    deployment: Deployment,
) -> None:
    run("pools", "set", POOL, "--limit", "7", "--rate", "0.5")
    rules = {rule["pool"]: rule for rule in map(json.loads, run("pools", "list", "--json").splitlines())}
    assert rules[POOL] == {"pool": POOL, "limit": 7, "rate": 0.5, "set": True}
    run("pools", "unset", POOL)
    rules = {rule["pool"]: rule for rule in map(json.loads, run("pools", "list", "--json").splitlines())}
    assert rules[POOL] == {"pool": POOL, "limit": 2, "rate": 1, "set": False}


@pytest.mark.parametrize("words", [("--limit", "-1"), ("--limit", "1001"), ("--rate", "0"), ()])
def test_a_limit_that_cannot_be_is_refused(deployment: Deployment, words: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, ["pools", "set", POOL, *words])
    assert result.exit_code == 2


def test_what_was_not_set_cannot_be_taken_back(deployment: Deployment) -> None:
    result = CliRunner().invoke(app, ["pools", "unset", POOL])
    assert result.exit_code == 1


def test_setting_and_unsetting_print_what_holds_now(deployment: Deployment) -> None:
    assert run("pools", "set", POOL, "--limit", "7") == f"{POOL}\tlimit 7\trate 1/s (set)\n"
    assert json.loads(run("pools", "set", POOL, "--rate", "0.5", "--json")) == {
        "pool": POOL,
        "limit": 7,
        "rate": 0.5,
        "set": True,
    }
    assert run("pools", "unset", POOL) == f"{POOL}\tlimit 2\trate 1/s\n"


def test_unsetting_a_pool_without_a_rule_prints_its_api_s_limit(deployment: Deployment) -> None:
    run("pools", "set", f"{POOL}/ml.m5.large", "--limit", "1")
    assert run("pools", "unset", f"{POOL}/ml.m5.large") == f"{POOL}/ml.m5.large\tlimit 2\trate 1/s\n"


@pytest.mark.parametrize("command", [["pools", "set", "--limit", "1"], ["pause"], ["resume"]], ids=" ".join)
def test_an_unknown_pool_is_refused_with_the_nearest_name(deployment: Deployment, command: list[str]) -> None:
    result = CliRunner().invoke(app, [*command, "sagemaker:CreateTrainingJobs/*"])
    assert result.exit_code == 2
    assert "did you mean sagemaker:CreateTrainingJob/*?" in " ".join(result.stderr.split())
    assert PoolSettingsRow(runtime.client("dynamodb"), deployment.table).get()[:2] == ({}, {})


def test_an_api_s_limit_holds_for_its_pools(
    deployment: Deployment,
) -> None:
    result = CliRunner().invoke(app, ["pools", "set", POOL, "--limit", "0"])
    assert result.stderr == ""
    assert limits_shown()[f"{POOL}/*"] == "limit 0\trate -/s"
    run("pools", "set", f"{POOL}/ml.m5.large", "--limit", "3")
    run("pools", "set", f"{POOL}/ml.m5.xlarge", "--rate", "1")
    result = CliRunner().invoke(app, ["pools", "set", POOL, "--limit", "0"])
    way = f"they have limits of their own; to stop all: jobchute pause {POOL}"
    assert result.stderr == f"this does not limit {POOL}/ml.m5.large: {way}\n"
    assert limits_shown()[f"{POOL}/ml.m5.large"] == "limit 3\trate -/s (set)"
    assert limits_shown()[f"{POOL}/ml.m5.xlarge"] == "limit 0\trate 1/s (set)"


def limits_shown() -> dict[str, str]:
    return {line.split("\t")[0]: line.partition("\t")[2] for line in run("pools", "list").splitlines()}


def test_a_pause_is_shown_and_resuming_restores_what_was_set(deployment: Deployment) -> None:
    run("pools", "set", f"{POOL}/*", "--limit", "7")
    before = limits_shown()
    shown = run("pause", POOL).splitlines()
    way = f"jobchute resume {POOL}"
    assert shown == [
        f"{POOL}\tlimit 0\trate 1/s (paused, 2 after: {way})",
        f"{POOL}/*\tlimit 0\trate -/s (set) (paused, 7 after: {way})",
    ]
    assert limits_shown().keys() == before.keys()
    assert run("resume", POOL).splitlines() == [
        f"{POOL}\tlimit 2\trate 1/s",
        f"{POOL}/*\tlimit 7\trate -/s (set)",
    ]
    assert limits_shown() == before


def test_all_pools_are_paused_and_some_are_resumed(deployment: Deployment) -> None:
    run("pause", "--all")
    assert all("limit 0" in shown for shown in limits_shown().values())
    run("resume", "braket:CreateJob")
    resumed = {name for name, shown in limits_shown().items() if "limit 0" not in shown}
    assert resumed == {"braket:CreateJob"}
    run("resume", "--all")
    assert not any("paused" in shown for shown in limits_shown().values())


def test_a_limit_that_is_set_during_a_pause_holds_after_it(deployment: Deployment) -> None:
    run("pause", POOL)
    shown = json.loads(run("pools", "set", POOL, "--limit", "4", "--json"))
    assert (shown["limit"], shown["paused"], shown["limitAfterPause"]) == (0, POOL, 4)
    run("resume", POOL)
    assert limits_shown()[POOL] == "limit 4\trate 1/s (set)"


def test_what_is_not_paused_cannot_be_resumed(deployment: Deployment) -> None:
    result = CliRunner().invoke(app, ["resume", POOL])
    assert result.exit_code == 1
    assert f"{POOL} is not paused" in result.stderr


@pytest.mark.parametrize("words", [[], [POOL, "--all"]])
def test_a_pause_names_what_it_is_of(deployment: Deployment, words: list[str]) -> None:
    assert CliRunner().invoke(app, ["pause", *words]).exit_code == 2
