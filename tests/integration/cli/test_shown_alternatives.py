"""Jobs with alternatives: what they may ask for is shown, and a retry has all of it again."""

import re
import sys
from typing import Any

import pytest
import yaml
from starlette.testclient import TestClient
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.attempts import ended
from jobchute.cli.commands import jobs
from jobchute.cli.commands.plan import offline_builder
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.job import Api, Job, State, iso, job_id_for_key
from jobchute.ledger.plans import Variant
from jobchute.lifecycle.variants import keep_plan
from jobchute.masking import MASK, is_secret
from jobchute.outcomes import Cause
from jobchute.requests.document import Submission, parse_document
from tests.apis import REQUESTS
from tests.builders import NOW, a_job, a_source
from tests.integration.cli.page import browser
from tests.integration.cli.record_jobs import add_job, put_batch
from tests.integration.cli.test_retry import sent
from tests.records import made

run = CliRunner().invoke
SECRET = "canary-of-a-secret-value"
BODY = {**REQUESTS[Api.TRAINING_JOB], "TrainingJobName": "churn"}
SAID: dict[str, Any] = {
    "retry": {"attempts": 4, "on": ["CAPACITY", "INTERNAL"], "after": 120},
    "alternatives": [
        {"ResourceConfig.InstanceType": "ml.m5.2xlarge", "StoppingCondition.MaxRuntimeInSeconds": 60},
        {"Environment": {"API_KEY": SECRET}},
    ],
    "patience": 7200,
}
UP = a_job("up", state=State.SUCCEEDED)
LINES = [
    "tried\tup to 4 times, after CAPACITY, INTERNAL; 2m before the second attempt",
    "patience\t2h without capacity, then the next alternative",
    "alternative 1\tResourceConfig.InstanceType = ml.m5.2xlarge, StoppingCondition.MaxRuntimeInSeconds = 60",
    f'alternative 2\tEnvironment = {{"API_KEY": "{MASK}"}}',
]


def stored(deployment: Deployment, said: dict[str, Any] = SAID, **changes: Any) -> Job:
    """A job of the document, as the functions keep it."""
    document = {"api": str(Api.TRAINING_JOB), "request": BODY, "idempotencyKey": "churn", **said}
    submission = parse_document(document)
    assert isinstance(submission, Submission)
    job, plan = offline_builder(None).build(submission, a_source())
    requests = deployment.ledger.requests
    requests.keep(job.job_id, job.digest, document["request"], job.created_at, name=job.name)
    if plan:
        job = keep_plan(requests, job, plan)
    given = {"state": State.FAILED, "cause": Cause.CAPACITY, "waiting": None, "place": None, **changes}
    job = a_job("churn", **{name: getattr(job, name) for name in KEPT}, **given)
    deployment.ledger.add(UP)
    deployment.ledger.add(job)
    return job


KEPT = ("job_id", "digest", "idempotency_key", "retry", "pool")
AFTER: dict[str, Any] = {"after": ({"job": UP.job_id, "on": ["SUCCEEDED"]},)}


def test_a_retry_has_retries_alternatives_and_patience(deployment: Deployment) -> None:
    stored(deployment, **AFTER)
    result = run(app, ["retry", "churn"])
    assert result.exit_code == 0, result.output
    (document,) = sent(deployment)
    assert {name: document[name] for name in SAID} == SAID
    assert document["after"] == [{"job": UP.job_id, "on": ["SUCCEEDED"]}]


def test_several_retries_have_them_too(deployment: Deployment) -> None:
    stored(deployment)
    assert run(app, ["retry", "--state", "FAILED"]).exit_code == 0
    (document,) = sent(deployment)
    assert {name: document[name] for name in SAID} == SAID


def test_the_printed_document_is_the_one_that_retry_sends(deployment: Deployment) -> None:
    stored(deployment, **AFTER)
    printed = run(app, ["jobs", "request", "churn"])
    run(app, ["retry", "churn"])
    assert parse_document(yaml.safe_load(printed.stdout)) == parse_document(sent(deployment)[0])
    assert "secrets included" in printed.stderr


def test_a_secret_of_an_alternative_alone_is_warned_of(deployment: Deployment) -> None:
    plain, secret = SAID["alternatives"]
    open_body = {name: value for name, value in BODY.items() if not is_secret(name)}
    stored(deployment, {"request": open_body, "alternatives": [plain]})
    assert run(app, ["jobs", "request", "churn"]).stderr == ""
    stored(deployment, {"request": open_body, "alternatives": [secret], "idempotencyKey": "weekly"})
    assert "secrets included" in run(app, ["jobs", "request", "weekly"]).stderr


@pytest.mark.parametrize("state", [State.RUNNING, State.FAILED])
def test_a_job_is_shown_with_what_it_may_ask_for(deployment: Deployment, state: State) -> None:
    job = stored(deployment, state=state)
    shown = run(app, ["jobs", "show", job.job_id]).stdout
    assert [line for line in shown.splitlines() if line in LINES] == LINES
    assert SECRET not in shown


def test_alternatives_alone_are_tried_once_each(deployment: Deployment) -> None:
    job = stored(deployment, {"alternatives": SAID["alternatives"]})
    lines = run(app, ["jobs", "show", job.job_id]).stdout.splitlines()
    assert "tried\tup to 3 times, once with each alternative" in lines
    assert "patience\t15m without capacity, then the next alternative" in lines


def test_a_job_of_one_attempt_is_shown_without(deployment: Deployment) -> None:
    job = stored(deployment, {})
    assert not {"tried", "patience"} & {
        line.partition("\t")[0] for line in run(app, ["jobs", "show", job.job_id]).stdout.splitlines()
    }


def tried(deployment: Deployment) -> Job:
    """A job whose second attempt has failed."""
    history = ({"state": "QUEUED", "at": iso(NOW)}, {"state": "FAILED", "at": iso(NOW + 60)})
    first = a_job("churn", history=history)
    past = (ended(first, State.FAILED, Cause.CAPACITY, "CapacityError: none", at=iso(NOW + 60)),)
    moves = tuple({**each, "at": each["at"].replace(":00.", ":07."), "reason": "r" * 200} for each in history)
    return stored(deployment, attempt=2, alternative=1, past=past, history=moves)


def test_moves_are_told_with_their_attempts(deployment: Deployment) -> None:
    tried(deployment)
    head, *lines = run(app, ["jobs", "history", "churn"]).stdout.splitlines()
    assert head == "AT\tSTATE\tATTEMPT\tREASON"
    assert [line.split("\t")[1:3] for line in lines] == [
        [state, attempt] for attempt in "12" for state in ("QUEUED", "FAILED")
    ]
    assert run(app, ["jobs", "history", UP.job_id]).stdout.startswith("AT\tSTATE\tREASON\n")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_move_is_one_line(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], width: int
) -> None:
    job = tried(deployment)
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    jobs.history(job.job_id)
    head, *lines = re.sub(r"\x1b\[[0-9;]*m", "", capsys.readouterr().out).splitlines()
    assert head.split()[:3] == ["AT", "STATE", "ATTEMPT"]
    assert len(lines) == 4
    assert max(map(len, lines)) <= width
    assert lines[0].startswith(iso(NOW)[:19])


class TestPage:
    @pytest.fixture
    def page(self, monkeypatch: pytest.MonkeyPatch) -> TestClient:
        monkeypatch.setenv("JOBCHUTE_POOLS", "{}")
        return browser()

    def test_the_accepted_request_is_apart_from_its_changes(
        self, deployment: Deployment, page: TestClient
    ) -> None:
        text = page.get(f"jobs/{tried(deployment).job_id}").text
        accepted, _, rest = text.partition("The request as it was accepted")[2].partition("</details>")
        changes, _, call = rest.partition("</details>")
        assert REQUESTS[Api.TRAINING_JOB]["ResourceConfig"]["InstanceType"] in accepted
        assert "ml.m5.2xlarge" not in accepted
        assert "What alternative 1, which the newest attempt uses, changes in it" in changes
        assert (
            "ResourceConfig.InstanceType: ml.m5.2xlarge\nStoppingCondition.MaxRuntimeInSeconds: 60" in changes
        )
        assert "The call of the newest attempt" in call
        assert "ml.m5.2xlarge" in call

    def test_it_says_how_often_and_with_what_it_is_tried(
        self, deployment: Deployment, page: TestClient
    ) -> None:
        text = page.get(f"jobs/{stored(deployment, state=State.RUNNING).job_id}").text
        for line in LINES[:3]:
            name, value = line.split("\t")
            assert f"<dt>{name}</dt><dd>{value}</dd>" in text
        assert "changes in it" not in text
        assert SECRET not in text

    def test_moves_are_listed_with_their_attempts(self, deployment: Deployment, page: TestClient) -> None:
        attempt = re.compile(r'data-label="attempt">(\d)<')
        assert attempt.findall(page.get(f"jobs/{tried(deployment).job_id}").text) == ["1", "1", "2", "2"]
        assert attempt.findall(page.get(f"jobs/{UP.job_id}").text) == []

    def test_an_alternative_s_secret_is_masked(self, deployment: Deployment, page: TestClient) -> None:
        text = page.get(f"jobs/{stored(deployment, attempt=3, alternative=2).job_id}").text
        assert "Environment: {&#34;API_KEY&#34;: &#34;***&#34;}" in text
        assert SECRET not in text


def test_failed_records_are_sent_without_another_input(deployment: Deployment) -> None:
    """An alternative may change what is read, which would be paid for twice."""
    runtime.client("s3").create_bucket(Bucket="data")
    put_batch(made(9, failed=4))
    changes: list[list[Any]] = [
        [[["modelId"], "amazon.nova-pro-v1:0"]],
        [[["inputDataConfig", "s3InputDataConfig"], {"s3Uri": "s3://data/in/other.jsonl"}]],
    ]
    plan = [Variant(each, None, 60, 0) for each in [[], *changes]]
    retry = {"attempts": 3, "alternatives": 2, "patience": 900}
    kept = keep_plan(deployment.ledger.requests, a_job(job_id=job_id_for_key("tickets"), retry=retry), plan)
    add_job(deployment, retry=kept.retry)
    result = run(app, ["results", "tickets", "--retry-failed", "--min-records", "1"])
    assert result.exit_code == 0, result.output
    (document,) = sent(deployment)
    assert document["alternatives"] == [{"modelId": "amazon.nova-pro-v1:0"}]
    assert "alternatives that change the input are left out" in result.stderr
