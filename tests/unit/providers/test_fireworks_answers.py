"""What Fireworks' HTTP answers come to. Its error bodies are not documented, so they are read tolerantly."""

import io
import json
import ssl
import traceback
import urllib.parse
from typing import Any

import pytest
import urllib3

from jobchute.errors import (
    AmbiguousError,
    NotFoundError,
    PermanentError,
    ProviderError,
    RefusedError,
    ThrottledError,
)
from jobchute.job import Api, State
from jobchute.providers.adapter import ProviderRequest
from jobchute.providers.fireworks.account import Account
from jobchute.providers.fireworks.batch_job.adapter import FireworksJobs
from jobchute.providers.fireworks.calls import FireworksCalls
from tests.builders import a_job

JOB = a_job(api=Api.FIREWORKS_JOB, state=State.RUNNING, provider_id="42")


class Http:
    """A connection pool with one answer, or one error."""

    def __init__(self, status: int = 200, body: Any = None, error: Exception | None = None) -> None:
        self._status, self._error = status, error
        self._data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.sent: list[tuple[str, str, dict[str, Any]]] = []

    def request(self, method: str, url: str, **options: Any) -> Any:
        self.sent.append((method, url, options))
        if self._error is not None:
            raise self._error
        return urllib3.HTTPResponse(body=io.BytesIO(self._data), status=self._status)


def fireworks(http: Http) -> FireworksJobs:
    account = Account("https://fw.example", "acme", "secret-key")
    return FireworksJobs(FireworksCalls(lambda: http, lambda: account, lambda: None, "batchJobs"))  # type: ignore[arg-type, return-value]


def submit(http: Http, call: ProviderRequest | None = None) -> str:
    return fireworks(http).submit(call or {"nodePoolId": "pool"})


STATUSES = [
    (400, PermanentError),
    (401, RefusedError),
    (403, RefusedError),
    (404, NotFoundError),
    (402, ThrottledError),
    (412, ThrottledError),
    (429, ThrottledError),
    (408, AmbiguousError),
    (409, AmbiguousError),
    (499, AmbiguousError),
    (500, AmbiguousError),
    (502, AmbiguousError),
    (503, AmbiguousError),
    (504, AmbiguousError),
]


@pytest.mark.parametrize(("status", "expected"), STATUSES)
def test_each_status_has_its_class(status: int, expected: type[ProviderError]) -> None:
    with pytest.raises(ProviderError) as caught:
        submit(Http(status, {"code": 3, "message": "numRanks is too large", "details": []}))
    assert type(caught.value) is expected
    assert caught.value.message.startswith("numRanks is too large")
    assert str(status) in caught.value.code


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"message": "no"}, "no"),
        ({"error": "no"}, "no"),
        ({"error": {"code": 3, "message": "no such pool"}}, "no such pool"),
        ({"detail": "no"}, "no"),
        (["no"], "no"),
        ("no", "no"),
        (b"<html>Bad gateway</html>", "Bad gateway"),
        (b"\xff\xfe", "\ufffd"),
        (b"", ""),
    ],
)
def test_every_error_body_is_read(body: Any, words: str) -> None:
    with pytest.raises(PermanentError) as caught:
        submit(Http(400, body))
    assert words in caught.value.message
    assert len(caught.value.message) <= 300


def test_a_job_is_known_by_the_last_part_of_its_name() -> None:
    assert submit(Http(body={"name": "accounts/acme/clusters/c/batchJobs/123456789"})) == "123456789"


@pytest.mark.parametrize("body", [{}, {"name": ""}, [], b"not json", b""])
def test_an_answer_that_names_no_job_leaves_it_open(body: Any) -> None:
    with pytest.raises(AmbiguousError):
        submit(Http(200, body))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (urllib3.exceptions.NewConnectionError(None, "refused"), RefusedError),  # type: ignore[arg-type]
        (urllib3.exceptions.ConnectTimeoutError("slow"), RefusedError),
        (urllib3.exceptions.ReadTimeoutError(None, "/", "lost"), AmbiguousError),  # type: ignore[arg-type]
        (urllib3.exceptions.ProtocolError("reset"), AmbiguousError),
        (urllib3.exceptions.SSLError("bad"), AmbiguousError),
        (urllib3.exceptions.SSLError(ssl.SSLCertVerificationError("self-signed")), RefusedError),
        (urllib3.exceptions.LocationParseError("https://"), RefusedError),
        (urllib3.exceptions.DecodeError("gzip"), AmbiguousError),
        (OSError("unknown"), AmbiguousError),
        (ValueError("unknown"), AmbiguousError),
    ],
)
def test_only_what_was_never_sent_is_known_not_to_be_there(
    error: Exception, expected: type[ProviderError]
) -> None:
    with pytest.raises(expected):
        submit(Http(error=error))


def test_urllib3_sends_nothing_twice_by_itself() -> None:
    http = Http(body={"name": "accounts/acme/batchJobs/1"})
    submit(http)
    assert http.sent[0][2]["retries"] is False


def test_the_body_is_the_batch_job_and_the_key_is_in_the_header() -> None:
    http = Http(body={"name": "accounts/acme/batchJobs/1"})
    submit(http, {"nodePoolId": "pool"})
    method, url, options = http.sent[0]
    assert (method, url) == ("POST", "https://fw.example/v1/accounts/acme/batchJobs")
    assert json.loads(options["body"]) == {"nodePoolId": "pool"}
    assert options["headers"]["Authorization"] == "Bearer secret-key"


@pytest.mark.parametrize("status", [400, 401, 403, 500])
@pytest.mark.parametrize(
    "words", ["secret-key is not valid", "Authorization: Bearer SECRET-KEY", "key secret%2Dkey"]
)
def test_no_error_tells_the_key(status: int, words: str) -> None:
    with pytest.raises(ProviderError) as caught:
        submit(Http(status, {"message": words}))
    assert "***" in str(caught.value)
    assert "secret-key" not in urllib.parse.unquote(str(caught.value)).lower()


@pytest.mark.parametrize("key", ["fw_3ZX9qA\n", "fw_3ZX9\rqA", "fw_3ZX9qA\u2026", "fw_3ZX9\x00qA"])
def test_an_invalid_key_is_in_no_message_and_no_traceback(key: str) -> None:
    """What http.client tells of it quotes it. No connection is made: the port is closed."""
    account = Account("http://127.0.0.1:1", "acme", key)
    adapter = FireworksJobs(FireworksCalls(urllib3.PoolManager, lambda: account, lambda: None, "batchJobs"))
    with pytest.raises(ProviderError) as caught:
        adapter.submit({"nodePoolId": "pool"})
    told = "".join(traceback.format_exception(caught.value))
    assert "fw_3ZX9" not in told


@pytest.mark.parametrize(("status", "forgotten"), [(401, 1), (403, 0), (400, 0), (500, 0)])
def test_a_key_that_is_refused_is_read_anew_by_the_next_call(status: int, forgotten: int) -> None:
    account, forgets = Account("https://fw.example", "acme", "secret-key"), list[str]()
    http: Any = Http(status, {"message": "no"})
    adapter = FireworksJobs(
        FireworksCalls(lambda: http, lambda: account, lambda: forgets.append("x"), "batchJobs")
    )
    with pytest.raises(ProviderError):
        adapter.submit({})
    assert len(forgets) == forgotten


@pytest.mark.parametrize("native", ["", "STATE_UNSPECIFIED", "running", "SUCCEEDED"])
def test_a_state_that_nobody_knows_moves_nothing(native: str) -> None:
    seen = fireworks(Http(body={"name": "accounts/acme/batchJobs/42", "state": native})).observe(JOB)
    assert (seen.state, seen.is_known) == (None, False)


def test_the_reason_is_the_status_text() -> None:
    body = {"name": "accounts/acme/batchJobs/42", "state": "FAILED", "status": "rank 0 exited"}
    assert fireworks(Http(body=body)).observe(JOB).reason == "rank 0 exited"


def test_a_cancel_that_is_refused_of_a_running_job_is_an_error() -> None:
    with pytest.raises(PermanentError):
        fireworks(Http(400, {"message": "not yours"})).cancel(JOB)


class Pages:
    """A connection pool that answers with pages, one after the other."""

    def __init__(self, *pages: list[dict[str, Any]] | None) -> None:
        self._pages = pages

    def request(self, *_: str, fields: dict[str, str], **__: Any) -> Any:
        at = int(fields.get("pageToken", "0"))
        jobs = self._pages[at]
        page = {} if jobs is None else {"batchJobs": jobs}
        if at + 1 < len(self._pages):
            page["nextPageToken"] = str(at + 1)  # type: ignore[assignment]
        return urllib3.HTTPResponse(body=io.BytesIO(json.dumps(page).encode()), status=200)


def listed(number: int, created_at: str, **more: Any) -> dict[str, Any]:
    return {"name": f"accounts/acme/batchJobs/{number}", "createTime": created_at, **more}


OURS = listed(42, "2099-01-01T00:00:00Z", annotations={"jobchute/job-id": JOB.job_id})
OLD = [listed(number, f"2001-01-0{number}T00:00:00Z") for number in (1, 2, 3)]


class TestFinding:
    """A job that is not found is made a second time: Fireworks honours no token."""

    @pytest.mark.parametrize("first", [None, [], OLD, [OLD[2], OLD[0], OLD[1]], [listed(1, "")]], ids=str)
    def test_a_page_without_a_following_token_member_is_not_the_last(
        self, first: list[dict[str, Any]] | None
    ) -> None:
        pages: Any = Pages(first, [OURS])
        assert fireworks(pages).find(JOB, {}) == "42"

    def test_a_page_of_older_jobs_in_order_is_the_last(self) -> None:
        pages: Any = Pages(OLD[::-1], [OURS])
        assert fireworks(pages).find(JOB, {}) is None
