"""jobchute ui: where it listens, what it prints, and how it ends."""

import re
import socket
from typing import Any, NoReturn

import pytest
from typer.testing import CliRunner

from jobchute.cli.deployment import Deployment
from jobchute.cli.errors import CannotAskError
from jobchute.cli.main import app
from jobchute.cli.ui.server import bound

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/([\w-]{24})/")


@pytest.fixture
def ended(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C comes at once."""

    def interrupted(*_: Any, **__: Any) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr("uvicorn.Server.run", interrupted)


def test_it_listens_on_the_loopback_interface_alone() -> None:
    with bound(0) as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_a_port_that_is_taken_is_named() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(CannotAskError, match=f"port {port} is not free .*; choose another with --port"):
            bound(port)


@pytest.mark.usefixtures("ended")
def test_each_start_has_a_token_of_its_own(deployment: Deployment) -> None:
    tokens = set()
    for _ in range(2):
        result = CliRunner().invoke(app, ["ui"])
        found = ADDRESS.search(result.stdout)
        assert found is not None
        tokens.add(found[2])
    assert len(tokens) == 2


@pytest.mark.usefixtures("ended")
def test_ctrl_c_is_how_it_ends(deployment: Deployment) -> None:
    result = CliRunner().invoke(app, ["ui"])
    assert (result.exit_code, result.stderr) == (0, "")


@pytest.mark.usefixtures("ended")
@pytest.mark.parametrize(("option", "count"), [("--open", 1), ("--no-open", 0)])
def test_the_browser_is_opened_only_if_asked(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch, option: str, count: int
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    CliRunner().invoke(app, ["ui", option])
    assert len(opened) == count
    assert all(map(ADDRESS.fullmatch, opened))


def test_a_deployment_that_cannot_be_read_is_not_served(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("JOBCHUTE_TABLE", "gone")
    result = CliRunner().invoke(app, ["ui"])
    assert result.exit_code == 2
    assert "ResourceNotFoundException" in result.stderr
    assert "http://" not in result.stdout
