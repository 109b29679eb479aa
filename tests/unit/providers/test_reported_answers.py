"""What providers answered and described in public reports, as the adapters tell it."""

import json
from typing import Any

import pytest

from jobchute.errors import PermanentError, ProviderError, QuotaError, ThrottledError
from jobchute.job import Api, State
from jobchute.providers.adapter import Adapter
from tests.builders import a_job
from tests.fakes.adapters import adapter_with
from tests.paths import REPORTS
from tests.unit.providers.test_aws_errors import client_error
from tests.unit.providers.test_native_states import adapter_of, described

ANSWERS: dict[str, type[ProviderError]] = {
    "34": QuotaError,
    "36": PermanentError,
    "38": ThrottledError,
    "40": PermanentError,
    "42": PermanentError,
}
DESCRIBED: dict[str, list[tuple[str, State]]] = {
    "44": [("Stopped", State.TIMED_OUT)],
    "46": [("Stopped", State.CANCELLED)],
    "48": [("Failed", State.FAILED)],
    "51": [
        ("Scheduled", State.SUBMITTED),
        ("Validating", State.SUBMITTED),
        ("PartiallyCompleted", State.PARTIAL),
        ("Expired", State.TIMED_OUT),
        ("Stopped", State.CANCELLED),
    ],
}


def report(number: str) -> dict[str, Any]:
    (path,) = REPORTS.glob(f"{number}-*.json")
    loaded: dict[str, Any] = json.loads(path.read_text())
    return loaded


class Raising:
    """A client whose every call fails alike."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getattr__(self, name: str) -> Any:
        def refuse(**_: object) -> None:
            raise self._error

        return refuse


def refusing(number: str) -> Adapter:
    told = report(number)
    client: Any = Raising(client_error(told["code"], 400, told["message"]))
    return adapter_with(Api(told["api"]), client)


@pytest.mark.parametrize("number", ANSWERS)
def test_a_refusal_waits_or_ends_as_the_report_asks(number: str) -> None:
    with pytest.raises(ProviderError) as caught:
        refusing(number).submit({})
    assert type(caught.value) is ANSWERS[number]
    assert report(number)["message"] in caught.value.message


def test_stopping_an_ended_job_is_no_error() -> None:
    job = a_job(api=Api.TRAINING_JOB, state=State.CANCELLING, provider_id="arn:1")
    refusing("50").cancel(job)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, None),
        ({"message": "some records failed"}, "some records failed"),
        (
            {"totalRecordCount": 2000, "successRecordCount": 1988, "errorRecordCount": 12},
            "1988 of 2000 records succeeded, 12 failed",
        ),
        (
            {"message": "look", "totalRecordCount": 2, "successRecordCount": 1, "errorRecordCount": 1},
            "look; 1 of 2 records succeeded, 1 failed",
        ),
    ],
)
def test_a_partial_batch_says_how_many_records_failed(more: dict[str, Any], reason: str | None) -> None:
    job = a_job(api=Api.BEDROCK_JOB, state=State.RUNNING, provider_id="arn:1")
    seen = adapter_of(Api.BEDROCK_JOB, described("PartiallyCompleted", **more)).observe(job)
    assert (seen.state, seen.reason) == (State.PARTIAL, reason)
    ended = adapter_of(Api.BEDROCK_JOB, described("Completed", **{**more, "message": None})).observe(job)
    assert ended.reason is None


@pytest.mark.parametrize("number", DESCRIBED)
def test_a_described_job_has_the_state_that_the_report_expects(number: str) -> None:
    told = report(number)
    for status, state in DESCRIBED[number]:
        more = {name: value for name, value in told["description"].items() if isinstance(value, str)}
        api = Api(told["api"])
        job = a_job(api=api, state=State.RUNNING, provider_id="arn:1")
        assert adapter_of(api, {**described(status), **more, "status": status}).observe(job).state is state
