"""Batch inference at Fireworks: what its undocumented answers come to, either way that they may be."""

import io
import json
from dataclasses import replace
from typing import Any

import pytest
import urllib3

from jobchute.errors import (
    AmbiguousError,
    NameTakenError,
    NotFoundError,
    PermanentError,
    ProviderError,
    ThrottledError,
)
from jobchute.job import Api, State
from jobchute.outcomes import Cause
from jobchute.providers.fireworks.account import Account
from jobchute.providers.fireworks.batch_inference_job.adapter import InferenceJobs
from jobchute.providers.fireworks.calls import FireworksCalls
from tests.builders import a_job

MODEL = "accounts/acme/models/m"
JOB = a_job(
    "churn",
    api=Api.FIREWORKS_INFERENCE_JOB,
    state=State.RUNNING,
    provider_id="churn",
    labels={"team": "growth"},
)
MARK = JOB.job_id[:19]
OURS = {"name": "accounts/acme/batchInferenceJobs/churn", "displayName": f"team=growth {MARK}"}
THEIRS = {**OURS, "displayName": "theirs"}


class Answers:
    """A connection pool with one answer for each method and end of a path; others are not found."""

    def __init__(self, **answers: tuple[int, Any] | Exception) -> None:
        """answers: by `GET_model`, `GET_job`, `POST_job` and so on."""
        self.answers = answers
        self.sent: list[tuple[str, str, Any]] = []

    def request(self, method: str, url: str, *, body: bytes | None = None, **_: Any) -> Any:
        what = "model" if "/models/" in url else "list" if url.endswith("/batchInferenceJobs") else "job"
        self.sent.append((method, url.partition("/v1/")[2], json.loads(body) if body else None))
        answer = self.answers.get(f"{method}_{what}", (404, {"code": 5, "message": "not found"}))
        if isinstance(answer, Exception):
            raise answer
        status, value = answer
        return urllib3.HTTPResponse(body=io.BytesIO(json.dumps(value).encode()), status=status)


def inference(http: Any) -> InferenceJobs:
    account = Account("https://fw.example", "acme", "secret-key")
    return InferenceJobs(FireworksCalls(lambda: http, lambda: account, lambda: None, "batchInferenceJobs"))


def submit(http: Answers) -> str:
    adapter = inference(http)
    return adapter.submit(adapter.request_for(JOB, {"model": MODEL, "inputDatasetId": "d"}))


def test_the_chosen_id_is_in_the_query_and_not_in_the_body() -> None:
    http = Answers(POST_job=(200, OURS))
    assert submit(http) == "churn"
    assert http.sent == [
        ("GET", MODEL, None),
        (
            "POST",
            "accounts/acme/batchInferenceJobs?batchInferenceJobId=churn",
            {"model": MODEL, "inputDatasetId": "d", "displayName": f"team=growth {MARK}"},
        ),
    ]


@pytest.mark.parametrize(
    ("display_name", "labels", "expected"),
    [
        ("", {}, MARK),
        ("Evaluation run", {}, f"Evaluation run {MARK}"),
        ("Evaluation run", {"a": "b"}, f"Evaluation run a=b {MARK}"),
        ("x" * 100, {"a": "b"}, f"{'x' * 43} {MARK}"),
        ("x" * 40, {"much": "too long", "a": "b"}, f"{'x' * 40} {MARK}"),
        ("x" * 39, {"much": "too long", "a": "b"}, f"{'x' * 39} a=b {MARK}"),
    ],
)
def test_a_display_name_has_room_for_the_mark(display_name: str, labels: dict[str, str], expected: str) -> None:
    call = inference(Answers()).request_for(replace(JOB, labels=labels), {"displayName": display_name})
    assert call["displayName"] == expected
    assert len(expected) <= 63


def test_another_attempt_has_another_mark() -> None:
    second = replace(JOB, attempt=2)
    adapter = inference(Answers(GET_job=(200, OURS)))
    assert adapter.request_for(second, {})["displayName"] == f"team=growth {MARK}/2"
    with pytest.raises(NameTakenError):
        adapter.find(second, {})


def test_a_name_is_sent_in_small_letters() -> None:
    assert inference(Answers()).name_of(JOB.job_id, {"batchInferenceJobId": "Churn-ml"}) == "churn-ml"


@pytest.mark.parametrize("member", ["batchInferenceSupported", "batch_inference_supported"])
def test_a_model_without_batches_is_told_before_the_job_is_made(member: str) -> None:
    http = Answers(GET_model=(200, {member: False}), POST_job=(200, OURS))
    with pytest.raises(PermanentError, match="PENDING for ever") as caught:
        submit(http)
    assert caught.value.cause is Cause.INPUT
    assert [method for method, _, _ in http.sent] == ["GET"]


@pytest.mark.parametrize(
    "answer",
    [
        (200, {}),
        (200, {"batchInferenceSupported": True}),
        (403, {}),
        (404, {}),
        (429, {}),
        (500, {}),
        urllib3.exceptions.ProtocolError("reset"),
    ],
)
def test_a_model_of_which_nothing_is_told_is_tried(answer: Any) -> None:
    assert submit(Answers(GET_model=answer, POST_job=(200, OURS))) == "churn"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ((409, {"code": 6}), NameTakenError),
        ((409, {"code": "ALREADY_EXISTS"}), NameTakenError),
        ((400, {"code": 6}), NameTakenError),
        ((200, THEIRS), NameTakenError),
        ((409, {"code": 10}), AmbiguousError),
        ((409, {}), AmbiguousError),
        ((500, {}), AmbiguousError),
        ((429, {}), ThrottledError),
        ((400, {"code": 3}), PermanentError),
    ],
)
def test_a_taken_id_is_known_however_it_is_answered(answer: Any, expected: type[ProviderError]) -> None:
    """What leaves it open is looked up: one GET of the id."""
    with pytest.raises(ProviderError) as caught:
        submit(Answers(POST_job=answer))
    assert type(caught.value) is expected


def test_one_call_finds_the_job_whose_answer_was_lost() -> None:
    http = Answers(GET_job=(200, OURS))
    assert inference(http).find(JOB, {}) == "churn"
    assert len(http.sent) == 1


@pytest.mark.parametrize("seen", [THEIRS, {"name": OURS["name"]}, {**OURS, "displayName": f"{MARK}0"}])
def test_a_job_without_our_mark_is_another_s(seen: dict[str, Any]) -> None:
    with pytest.raises(NameTakenError, match="another batchInferenceJobId"):
        inference(Answers(GET_job=(200, seen))).find(JOB, {})


@pytest.mark.parametrize("prefix", ["", "JOB_STATE_"])
@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "VALIDATING", "CREATING_INPUT_DATASET", "CANCELLING"])
def test_a_job_that_has_not_ended_is_deleted_to_stop_it(prefix: str, state: str) -> None:
    http = Answers(GET_job=(200, {**OURS, "state": f"{prefix}{state}"}), DELETE_job=(200, {}))
    inference(http).cancel(JOB)
    assert [method for method, _, _ in http.sent] == ["GET", *["DELETE"] * (state != "CANCELLING")]


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED", "EXPIRED", "CANCELLED", "DELETING_CLEANING_UP"])
def test_a_job_that_has_ended_is_not_deleted(state: str) -> None:
    http = Answers(GET_job=(200, {**OURS, "state": state}))
    inference(http).cancel(JOB)
    assert [method for method, _, _ in http.sent] == ["GET"]


@pytest.mark.parametrize("state", ["EARLY_STOPPED", "UNSPECIFIED", "JOB_STATE_ARCHIVED", "", None])
def test_a_job_in_an_undocumented_state_is_left_to_a_person(state: str | None) -> None:
    http = Answers(GET_job=(200, {**OURS, "state": state}))
    with pytest.raises(PermanentError, match="not deleted"):
        inference(http).cancel(JOB)
    assert [method for method, _, _ in http.sent] == ["GET"]
    seen = inference(http).observe(JOB)
    assert (seen.state, seen.is_known) == (None, False)


def test_after_a_refused_deletion_the_job_goes_on() -> None:
    http = Answers(GET_job=(200, {**OURS, "state": "RUNNING"}), DELETE_job=(400, {"code": 9}))
    with pytest.raises(PermanentError):
        inference(http).cancel(JOB)
    assert inference(http).observe(JOB).state is State.RUNNING


STOPPING = replace(JOB, stop_cause=State.TIMED_OUT)
DELETED = replace(STOPPING, stopped_at=JOB.updated_at)


def test_a_job_is_gone_once_its_deletion_was_accepted() -> None:
    adapter = inference(Answers(GET_list=(200, {})))
    with pytest.raises(NotFoundError):
        adapter.cancel(STOPPING)
    assert adapter.observe(DELETED).state is State.CANCELLED
    for job in (JOB, STOPPING):
        with pytest.raises(NotFoundError):
            adapter.observe(job)


@pytest.mark.parametrize("native", ["PENDING", "DELETING"])
def test_a_deletion_is_accepted_once(native: str) -> None:
    http = Answers(GET_job=(200, {**OURS, "state": native}), DELETE_job=(200, {}))
    assert inference(http).cancel(STOPPING)


@pytest.mark.parametrize(
    "listed", [(200, {"batchInferenceJobs": [OURS]}), (200, {"batchInferenceJobs": [{}, OURS]}), (403, {})]
)
def test_what_is_listed_or_not_known_to_be_was_not_deleted(listed: tuple[int, Any]) -> None:
    with pytest.raises(NotFoundError):
        inference(Answers(GET_list=listed)).observe(DELETED)


@pytest.mark.parametrize("failed", [3, "3"])
def test_rows_that_failed_make_a_partial_success(failed: object) -> None:
    progress = {
        "totalInputRequests": 1,
        "totalProcessedRequests": 10,
        "successfullyProcessedRequests": 7,
        "failedRequests": failed,
        "inputTokens": "5000000000",
        "outputTokens": 70,
    }
    body = {**OURS, "state": "JOB_STATE_COMPLETED", "jobProgress": progress, "outputDatasetId": "out"}
    seen = inference(Answers(GET_job=(200, body))).observe(JOB)
    assert (seen.state, seen.reason) == (State.PARTIAL, "7 of 10 records succeeded, 3 failed")
    assert seen.output == "out"
    assert seen.result is not None
    assert seen.result.records == {"total": 10, "processed": 10, "succeeded": 7, "failed": 3}
    assert seen.result.tokens == {"input": 5_000_000_000, "output": 70}


def test_an_address_in_an_answer_goes_nowhere() -> None:
    body = {
        **OURS,
        "state": "COMPLETED",
        "createdBy": "person@example.com",
        "createTime": "2026-11-27T04:00:00Z",
    }
    assert "person@" not in repr(inference(Answers(GET_job=(200, body))).observe(JOB))
