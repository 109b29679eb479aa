"""Who gets a page, and what a browser may do with it."""

import pytest
from starlette.testclient import TestClient

from jobchute.cli.deployment import Deployment
from jobchute.cli.ui.routes import PAGES
from jobchute.cli.ui.security import HEADERS
from tests.integration.cli.page import PORT, TOKEN, browser

ADDRESSES = sorted({"", "static/page.css", *(page.path for page in PAGES if "{" not in page.path)})


@pytest.fixture
def page(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setenv("JOBCHUTE_POOLS", "{}")
    return browser()


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "QUERY"])
def test_a_page_is_only_read(page: TestClient, method: str, address: str) -> None:
    answer = page.request(method, address)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET, HEAD")


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_page_answers_get_and_head(page: TestClient, address: str) -> None:
    assert page.get(address).status_code == 200
    answer = page.head(address)
    assert (answer.status_code, answer.content) == (200, b"")


@pytest.mark.parametrize("address", [*ADDRESSES, "nothing/here", "static/none.css"])
def test_every_answer_has_the_headers(page: TestClient, address: str) -> None:
    headers = page.get(address).headers
    assert {name: headers[name] for name in HEADERS} == HEADERS
    assert "set-cookie" not in headers
    assert "access-control-allow-origin" not in headers


def test_the_policy_allows_nothing_inline(page: TestClient) -> None:
    policy = page.get("").headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy


@pytest.mark.parametrize(
    "host",
    ["evil.example", f"evil.example:{PORT}", f"127.0.0.1.evil.example:{PORT}", "127.0.0.1", "127.0.0.1:81", ""],
)
def test_another_host_gets_nothing(page: TestClient, host: str) -> None:
    """A name of another site that resolves to 127.0.0.1: DNS rebinding."""
    answer = page.get("", headers={"host": host})
    assert answer.status_code == 421
    assert "Jobchute</p>" not in answer.text


@pytest.mark.parametrize("host", [f"127.0.0.1:{PORT}", f"localhost:{PORT}", f"LOCALHOST:{PORT}"])
def test_the_loopback_names_get_the_page(page: TestClient, host: str) -> None:
    assert page.get("", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "path", ["/", "/jobs", "/another-token/", f"/{TOKEN}x/", f"/{TOKEN[:-1]}/", "/%FF/", "//"]
)
def test_without_the_token_there_is_nothing(page: TestClient, path: str) -> None:
    answer = page.get(f"http://127.0.0.1:{PORT}{path}")
    assert answer.status_code == 404
    assert TOKEN not in answer.text


def test_no_page_holds_the_token(page: TestClient) -> None:
    assert TOKEN not in page.get("").text


@pytest.mark.parametrize("path", ["static/../app.py", "static/%2e%2e/app.py", "static/..%2fapp.py"])
def test_files_outside_the_folder_stay_there(page: TestClient, path: str) -> None:
    assert page.get(path).status_code == 404
