"""What the tool tells of pauses, cuts after quota errors, refusals and waits, over moto."""

import json
import re
import sys
import time
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.commands import pools
from jobchute.cli.deployment import OUTPUTS, Deployment
from jobchute.cli.main import app
from jobchute.job import Api, Job, State, iso
from jobchute.ledger.pools import PoolRows
from jobchute.pools.limits import QueuePosition
from tests.admissions import slot_of
from tests.builders import NOW, a_job
from tests.integration.cli.test_cli_deployment import create_stack

BRAKET = str(Api.BRAKET_JOB)
TRAINING = str(Api.TRAINING_JOB)
WORDS = "ServiceQuotaExceededException: no more than 1"


@pytest.fixture(autouse=True)
def deployed_pools(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_POOLS", json.dumps({BRAKET: {"limit": 3}}))


@pytest.fixture
def rows(deployment: Deployment) -> PoolRows:
    return PoolRows(runtime.client("dynamodb"), deployment.table)


def run(*words: str) -> str:
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 0, result.output
    return result.stdout


def objects(*words: str) -> dict[str, dict[str, Any]]:
    return {shown["pool"]: shown for shown in map(json.loads, run(*words, "--json").splitlines())}


@pytest.mark.parametrize("width", [80, 100, 120, 200])
def test_on_a_terminal_the_limits_are_a_table_with_a_line_a_pool(
    rows: PoolRows, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    cut(rows)
    run("pause", TRAINING)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    pools.list_rules()
    head, *lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert head.split() == ["POOL", "LIMIT", "RATE", "NOTE"]
    assert len(lines) == len(objects("pools", "list"))
    assert max(map(len, lines)) <= width
    limits = {line.split()[0]: line[head.index("LIMIT") :] for line in lines}
    assert limits[BRAKET].split()[:2] == ["3", "1/s"]
    assert "cut to 1" in limits[BRAKET]
    assert "paused, 1" in limits[TRAINING]


def cut(rows: PoolRows, pool: str = BRAKET, limit: int = 1) -> int:
    """Returns when, in epoch seconds."""
    now = int(time.time())
    rows.get(pool)
    rows.put_cap(pool, limit, now=now * 1000, reason=WORDS)
    return now


def wait(deployment: Deployment, pool: str = BRAKET, **changes: Any) -> Job:
    job = a_job("waiting", pool=pool, waiting=pool, **changes)
    job = replace(job, place=str(QueuePosition.of(job)))
    deployment.ledger.add(job)
    return job


def shown_wait(job: Job) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(run("jobs", "show", job.job_id, "--json"))["waiting"]
    return found


def words_of(job: Job) -> str:
    facts = dict(line.split("\t") for line in run("jobs", "show", job.job_id).splitlines())
    return facts["waits for"]


def test_a_cut_after_a_quota_error_is_listed_and_cleared(rows: PoolRows) -> None:
    at = cut(rows)
    until = iso(at + 2 * 300)
    line = next(line for line in run("pools", "list").splitlines() if line.startswith(BRAKET))
    assert line == f"{BRAKET}\tlimit 3\trate 1/s (cut to 1 until {until} after {WORDS})"
    assert objects("pools", "list")[BRAKET]["cut"] == {
        "limit": 1,
        "at": iso(at),
        "until": until,
        "reason": WORDS,
    }
    assert "cut to 1" in run("pools", "set", BRAKET, "--limit", "3")
    assert run("pools", "clear", BRAKET) == f"{BRAKET}\tlimit 3\trate 1/s (set)\n"
    assert rows.find(BRAKET).cap is None
    again = CliRunner().invoke(app, ["pools", "clear", BRAKET])
    assert again.exit_code == 1
    assert f"{BRAKET} is not cut after a quota error" in again.stderr


def test_a_cut_pool_grows_as_fast_as_it_was_deployed(
    rows: PoolRows, deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    at = int(time.time()) - 7
    rows.get(BRAKET)
    rows.put_cap(BRAKET, 1, now=at * 1000, reason=WORDS)
    assert objects("queue")[BRAKET]["limitNow"] == 1
    monkeypatch.setenv("JOBCHUTE_REGROWTH_SECONDS", "5")
    assert objects("pools", "list")[BRAKET]["cut"]["until"] == iso(at + 2 * 5)
    assert objects("queue")[BRAKET]["limitNow"] == 2
    rules = {"JOBCHUTE_POOLS": json.dumps({BRAKET: {"limit": 3}}), "JOBCHUTE_REGROWTH_SECONDS": "60"}
    values = ("bucket", "queue_url", "table", "state_machine_arn")
    outputs = {OUTPUTS[name]: getattr(deployment, name) for name in values}
    create_stack("Other", outputs, **rules)
    assert objects("pools", "list", "--stack", "Other")[BRAKET]["cut"]["until"] == iso(at + 2 * 60)


def test_the_cuts_of_all_pools_of_one_api_are_cleared(rows: PoolRows) -> None:
    of_training = [f"{TRAINING}/ml.m5.large", f"{TRAINING}/ml.p5.48xlarge"]
    for pool in (*of_training, BRAKET):
        cut(rows, pool)
    assert {*of_training, BRAKET} <= objects("pools", "list").keys()
    assert [line.split("\t")[0] for line in run("pools", "clear", TRAINING).splitlines()] == of_training
    assert {row.pool for row in rows.all() if row.cap is not None} == {BRAKET}


def test_a_pool_that_cannot_be_is_not_cleared(deployment: Deployment) -> None:
    assert CliRunner().invoke(app, ["pools", "clear", "braket:createJob"]).exit_code == 2


def test_a_job_says_that_its_pool_is_paused_and_how_to_go_on(deployment: Deployment, rows: PoolRows) -> None:
    job = wait(deployment)
    rows.get(BRAKET)
    run("pause", BRAKET)
    assert shown_wait(job) == {
        "for": "pause",
        "pool": BRAKET,
        "since": job.created_at,
        "target": BRAKET,
        "text": f"pool {BRAKET}: paused; to resume: jobchute resume {BRAKET}",
        "place": 1,
        "waiting": 1,
    }
    assert words_of(job) == shown_wait(job)["text"]
    assert objects("queue")[BRAKET]["heldBy"] == {"by": "pause", "target": BRAKET}
    run("pause", "--all")
    assert "jobchute resume --all" in words_of(job)


def test_a_job_says_that_its_pool_is_full(deployment: Deployment, rows: PoolRows) -> None:
    job = wait(deployment)
    rows.get(BRAKET)
    for number in range(3):
        rows.leases.restore(BRAKET, f"jc-{number}", share="", at=1)
    said = shown_wait(job)
    assert (said["for"], said["inFlight"], said["limit"]) == ("limit", 3, 3)
    assert words_of(job) == f"pool {BRAKET}: 3 in flight, the limit is 3"
    assert objects("queue")[BRAKET]["heldBy"] == {"by": "limit", "inFlight": 3, "limit": 3}


def test_a_job_says_that_a_quota_error_has_cut_its_pool(deployment: Deployment, rows: PoolRows) -> None:
    job = wait(deployment)
    at = cut(rows)
    rows.leases.restore(BRAKET, "jc-1", share="", at=1)
    said = shown_wait(job)
    assert (said["for"], said["limit"], said["until"], said["reason"]) == ("quota", 1, iso(at + 600), WORDS)
    assert words_of(job) == f"pool {BRAKET}: cut to 1 of 3 until {iso(at + 600)} by a quota error: {WORDS}"


def test_a_job_says_when_the_create_rate_lets_the_next_one_in(deployment: Deployment, rows: PoolRows) -> None:
    job = wait(deployment, f"{TRAINING}/ml.m5.large")
    moment = int(time.time()) * 1000 + 600_000
    slot_of(rows, TRAINING, step=0, now=moment, horizon=moment)
    said = shown_wait(job)
    assert (said["for"], said["pool"]) == ("rate", f"{TRAINING}/ml.m5.large")
    assert (said["rateOf"], said["nextAt"]) == (TRAINING, iso(moment / 1000))
    assert f"the create rate of {TRAINING}, 1 per second" in words_of(job)


def test_a_job_whose_pool_has_room_waits_for_its_turn(deployment: Deployment) -> None:
    job = wait(deployment)
    assert shown_wait(job)["for"] == "turn"
    assert words_of(job) == f"its turn in pool {BRAKET}, which has room"


def test_a_job_says_which_jobs_it_waits_for(deployment: Deployment) -> None:
    job = a_job("later", pool=BRAKET, waits_for=frozenset({"jc-b", "jc-a"}))
    deployment.ledger.add(job)
    assert shown_wait(job) == {"for": "jobs", "jobs": ["jc-a", "jc-b"], "since": job.created_at}
    assert words_of(job) == "the end of jc-a, jc-b"


def test_a_job_says_when_it_is_created_or_tried_again(
    deployment: Deployment,
) -> None:
    let_in = a_job("let in", pool=BRAKET, create_at=NOW * 1000)
    put_off = a_job("put off", state=State.SUBMITTING, pool=BRAKET, create_at=1, due=NOW + 90, times_refused=1)
    being_tried = replace(put_off, job_id="jc-tried", attempt_until=NOW + 90)
    for job in (let_in, put_off, being_tried):
        deployment.ledger.add(job)
    assert words_of(let_in) == f"the time of its create call, {iso(NOW)}"
    assert words_of(put_off) == f"the next attempt after a refusal, {iso(NOW + 90)}"
    assert "waiting" not in json.loads(run("jobs", "show", being_tried.job_id, "--json"))


def test_a_job_is_shown_even_without_its_pool_s_limits(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = wait(deployment)
    monkeypatch.delenv("JOBCHUTE_POOLS")
    result = CliRunner().invoke(app, ["jobs", "show", job.job_id])
    assert result.exit_code == 0
    assert f"waits for\tits turn in pool {BRAKET}\n" in result.stdout
    assert "cannot read what its pool allows now: there is no stack Jobchute here" in result.stderr


def test_refusals_are_shown_beside_the_history(deployment: Deployment) -> None:
    entry = {"at": iso(NOW), "kind": "quota", "code": "ServiceQuotaExceededException", "message": "no more"}
    again = {**entry, "kind": "throttled", "until": iso(NOW + 60), "times": 3}
    job = a_job(refused=(entry, again), times_refused=9, provider_id="arn", state=State.SUBMITTED)
    deployment.ledger.add(job)
    lines = run("jobs", "show", job.job_id).splitlines()
    assert [line for line in lines if line.startswith("refused")] == [
        f"refused\t{iso(NOW)}, quota: ServiceQuotaExceededException: no more",
        f"refused\t{iso(NOW)} to {iso(NOW + 60)}, 3 times, throttled: ServiceQuotaExceededException: no more",
        "refused in total\t9 times",
    ]
    shown = json.loads(run("jobs", "show", job.job_id, "--json"))
    assert shown["refusals"] == {"count": 9, "latest": [entry, again]}
    assert len(shown["history"]) == 1
