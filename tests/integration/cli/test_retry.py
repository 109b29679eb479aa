"""jobchute retry: a new job with a new identity that names the old one."""

import json
from dataclasses import replace
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.cli.retry_documents import renamed, retry_key
from jobchute.job import Api, Job, Source, State, digest_of, job_id_for_key
from jobchute.providers.models import model_for
from jobchute.providers.registry import SPECS
from jobchute.requests.body import problems_in
from jobchute.requests.document import MAX_KEY, Submission, parse_document
from jobchute.status.documents import status_of
from jobchute.validation.explain import members_of, unwrapped
from tests.paths import SAMPLES

run = CliRunner().invoke
BODY = {"api": "braket:CreateJob", "request": {}}


def sample(api: Api) -> dict[str, Any]:
    service, operation = api.split(":")
    folders = [path for path in SAMPLES.glob(f"{service}/*") if path.name.replace("-", "") == operation.lower()]
    (path, *_) = sorted(folders[0].glob("*.json"))
    request: dict[str, Any] = json.loads(path.read_text())
    return request


NAMED = [api for api in Api if SPECS[api].name.member]
"""APIs whose jobs have names."""
REQUEST = sample(Api.TRAINING_JOB) | {"TrainingJobName": "churn"}
ENDED = Job(
    job_id=job_id_for_key("nightly"),
    api=Api.TRAINING_JOB,
    state=State.FAILED,
    created_at="2026-11-21T10:00:00.000Z",
    updated_at="2026-11-21T10:00:03.000Z",
    source=Source(uri="sqs://1", status_key="status-messages/1.json"),
    name="churn",
    digest=digest_of(Api.TRAINING_JOB, REQUEST),
    idempotency_key="nightly",
    labels={"team": "growth"},
    priority=8,
)


def add(deployment: Deployment, job: Job, request: dict[str, Any] = REQUEST) -> None:
    deployment.ledger.requests.keep(job.job_id, job.digest, request, job.created_at)
    deployment.ledger.add(job)


def sent(deployment: Deployment) -> list[Any]:
    answer = runtime.client("sqs").receive_message(QueueUrl=deployment.queue_url, MaxNumberOfMessages=10)
    return [json.loads(message["Body"]) for message in answer.get("Messages", [])]


def test_it_is_the_same_request_under_another_identity(deployment: Deployment) -> None:
    add(deployment, ENDED)
    result = run(app, ["retry", "nightly", "--json"])
    assert result.exit_code == 0, result.output
    (document,) = sent(deployment)
    assert document == {
        "api": "sagemaker:CreateTrainingJob",
        "request": {**REQUEST, "TrainingJobName": "churn-r1"},
        "idempotencyKey": "nightly:retry-1",
        "labels": {"team": "growth"},
        "priority": ENDED.priority,
        "retryOf": ENDED.job_id,
    }
    assert json.loads(result.stdout)["jobId"] == job_id_for_key("nightly:retry-1") != ENDED.job_id


def test_until_it_is_taken_up_a_second_retry_is_the_same_one(deployment: Deployment) -> None:
    add(deployment, ENDED)
    run(app, ["retry", "nightly"])
    run(app, ["retry", "nightly"])
    first, second = sent(deployment)
    assert first == second


def test_the_next_retry_has_the_first_free_number(deployment: Deployment) -> None:
    add(deployment, ENDED)
    for number in (1, 2):
        key = f"nightly:retry-{number}"
        deployment.ledger.add(replace(ENDED, job_id=job_id_for_key(key), idempotency_key=key))
    run(app, ["retry", ENDED.job_id])
    (document,) = sent(deployment)
    assert document["idempotencyKey"] == "nightly:retry-3"
    assert document["request"]["TrainingJobName"] == "churn-r3"


def test_a_job_without_a_key_is_retried_under_its_id(deployment: Deployment) -> None:
    add(deployment, replace(ENDED, job_id="jc-" + "0" * 64, idempotency_key=None))
    run(app, ["retry", "jc-" + "0" * 64])
    (document,) = sent(deployment)
    assert document["idempotencyKey"] == f"jc-{'0' * 64}:retry-1"


@pytest.mark.parametrize("state", [state for state in State if not state.is_final])
def test_an_open_job_is_not_retried(deployment: Deployment, state: State) -> None:
    add(deployment, replace(ENDED, state=state))
    result = run(app, ["retry", "nightly"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"is {state}; only a job that has ended can be retried" in result.stderr
    assert sent(deployment) == []


def test_a_rejection_is_not_retried(deployment: Deployment) -> None:
    deployment.ledger.add(replace(ENDED, job_id="rj-1", api=None, state=State.REJECTED))
    result = run(app, ["retry", "rj-1"])
    assert result.exit_code == 1
    assert "never became a job; correct its file and submit it" in result.stderr
    assert sent(deployment) == []


def test_an_unknown_job_is_answered_no(deployment: Deployment) -> None:
    assert run(app, ["retry", "nobody"]).exit_code == 1


def test_a_request_that_is_no_longer_valid_is_not_sent(deployment: Deployment) -> None:
    broken = {**REQUEST, "RoleArn": 7}
    add(deployment, replace(ENDED, digest=digest_of(Api.TRAINING_JOB, broken)), broken)
    result = run(app, ["retry", "nightly"])
    assert result.exit_code == 1
    assert "RoleArn" in result.stderr
    assert "nothing was sent" in result.stderr
    assert sent(deployment) == []


def test_it_can_be_waited_for(deployment: Deployment) -> None:
    """The job that takes up the retry ends while the tool waits; here it never comes."""
    add(deployment, ENDED)
    result = run(app, ["retry", "nightly", "--wait", "--timeout", "0"])
    assert result.exit_code == 1
    assert "1 of 1 job did not succeed, 1 of them because the timeout was reached" in result.stderr


class TestAfter:
    """A retried job waits for what it waited for before; what cannot be kept is told."""

    UP = replace(ENDED, job_id=job_id_for_key("up"), idempotency_key="up")

    def retried(self, deployment: Deployment, *ups: Job, **fields: Any) -> tuple[Any, str]:
        for up in ups:
            deployment.ledger.add(up)
        add(deployment, replace(ENDED, state=State.CANCELLED, **fields))
        result = run(app, ["retry", "nightly"])
        assert result.exit_code == 0, result.output
        (document,) = sent(deployment)
        return document.get("after"), result.stderr

    def after(self, *on: str) -> dict[str, Any]:
        return {"after": ({"job": self.UP.job_id, "on": list(on)},)}

    @pytest.mark.parametrize("state", [State.SUCCEEDED, State.RUNNING])
    def test_a_job_that_ended_as_wanted_or_is_open_is_kept(self, deployment: Deployment, state: State) -> None:
        after, told = self.retried(deployment, replace(self.UP, state=state), **self.after("SUCCEEDED"))
        assert (after, told) == ([{"job": self.UP.job_id, "on": ["SUCCEEDED"]}], "")

    def test_the_ends_that_were_wanted_are_kept(self, deployment: Deployment) -> None:
        after, _ = self.retried(deployment, self.UP, **self.after("FAILED", "SUCCEEDED"))
        assert after == [{"job": self.UP.job_id, "on": ["FAILED", "SUCCEEDED"]}]

    def test_one_that_ended_otherwise_is_dropped_and_told(self, deployment: Deployment) -> None:
        after, told = self.retried(deployment, self.UP, **self.after("SUCCEEDED"))
        assert after is None
        assert f"`after` {self.UP.job_id} was dropped" in told
        assert f"ended FAILED; to keep it, first run: jobchute retry {self.UP.job_id}" in told

    def test_its_latest_retry_takes_its_place_and_that_is_told(self, deployment: Deployment) -> None:
        keys = ("up:retry-1", "up:retry-2", "up:retry-2:retry-1")
        retries = [replace(self.UP, job_id=job_id_for_key(key), idempotency_key=key) for key in keys]
        retries[-1] = replace(retries[-1], state=State.QUEUED)
        after, told = self.retried(deployment, self.UP, *retries, **self.after("SUCCEEDED"))
        assert [entry["job"] for entry in after] == [retries[-1].job_id]
        assert f"`after` {self.UP.job_id} is now `after` {retries[-1].job_id}, which is its retry" in told

    def test_one_that_the_ledger_has_forgotten_is_dropped_and_told(self, deployment: Deployment) -> None:
        after, told = self.retried(deployment, **self.after("SUCCEEDED"))
        assert after is None
        assert f"`after` {self.UP.job_id} was dropped: the ledger no longer has this job" in told

    def test_names_that_never_came_are_waited_for_again(self, deployment: Deployment) -> None:
        after, told = self.retried(deployment, awaits=({"name": "late", "on": ["FAILED"]},), awaits_until=1)
        assert (after, told) == ([{"job": "late", "on": ["FAILED"]}], "")


class TestDocument:
    @pytest.mark.parametrize("api", NAMED)
    def test_a_retry_is_valid_for_every_api(self, api: Api) -> None:
        field, most = SPECS[api].name
        request = {**sample(api), field: "a" * most}
        for number in (1, 10):
            again = renamed(api, request, number, f"key:retry-{number}")
            assert problems_in(api, again) == problems_in(api, request) == []
            assert again[field] != request[field]
            assert len(again[field]) <= most

    @pytest.mark.parametrize("api", NAMED)
    def test_names_are_where_the_models_have_them(self, api: Api) -> None:
        field, most = SPECS[api].name
        _, limits = unwrapped(members_of(model_for(api).request)[field])
        assert limits.most is None or limits.most == most

    def test_a_request_without_a_name_stays_as_it_is(self) -> None:
        request = sample(Api.QUANTUM_TASK)
        assert renamed(Api.QUANTUM_TASK, request, 1, "k") == request

    def test_a_name_that_jobchute_made_is_made_anew(self) -> None:
        request = {"RoleArn": "x"}
        assert renamed(Api.TRAINING_JOB, request, 1, "k") == request

    def test_retries_of_retries_have_names_of_their_own(self) -> None:
        """Also where the name has to be cut: the old suffix must not be cut off and put back."""
        request, names, key = {"TrainingJobName": "a" * 63}, set(), "key"
        for _ in range(5):
            key = f"{key}:retry-1"
            request = renamed(Api.TRAINING_JOB, request, 1, key)
            names.add(request["TrainingJobName"])
        assert len(names) == 5
        assert all(len(name) <= 63 for name in names)

    def test_a_key_stays_within_its_limit(self) -> None:
        fits = retry_key(replace(ENDED, idempotency_key="k" * (MAX_KEY - 8)), 1)
        assert (len(fits), fits[:2]) == (MAX_KEY, "kk")
        assert retry_key(replace(ENDED, idempotency_key="k" * MAX_KEY), 1) == f"{ENDED.job_id}:retry-1"


class TestEnvelope:
    def test_it_names_the_job_that_it_retries(self) -> None:
        asked = parse_document({**BODY, "retryOf": ENDED.job_id})
        assert isinstance(asked, Submission)
        assert asked.retry_of == ENDED.job_id

    @pytest.mark.parametrize("value", ["jc-1", "rj-" + "0" * 64, "nightly", 7, ["jc"]])
    def test_what_is_no_job_id_is_refused(self, value: object) -> None:
        problems = parse_document({**BODY, "retryOf": value})
        assert isinstance(problems, list)
        assert [problem.path for problem in problems] == ["retryOf"]

    def test_the_ledger_and_the_status_document_tell_of_it(self, deployment: Deployment) -> None:
        deployment.ledger.add(replace(ENDED, retry_of="jc-old"))
        job = deployment.ledger.get(ENDED.job_id)
        assert job.retry_of == "jc-old"
        assert status_of(job)["retryOf"] == "jc-old"
        assert "retryOf" not in status_of(replace(job, retry_of=None))


def test_a_retry_says_the_same_of_its_cost(deployment: Deployment) -> None:
    said = {"maxCost": 12_500_000, "usage": {"tasks": 3, "shots": 100}, "whenOverBudget": "wait"}
    add(deployment, replace(ENDED, cost={"bound": 1, "priced": "2026-11-27", **said}))
    assert run(app, ["retry", ENDED.job_id]).exit_code == 0
    (document,) = sent(deployment)
    assert {name: document[name] for name in said} == {**said, "maxCost": 12.5}
    asked = parse_document(document)
    assert isinstance(asked, Submission)
    assert (asked.max_cost, asked.usage, asked.waits_for_budget) == (12_500_000, said["usage"], True)
