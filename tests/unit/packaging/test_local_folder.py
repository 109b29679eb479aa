"""The folder of the embedded AWS holds credentials, requests and data: it is private to its user."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local import embedded, processes


@pytest.fixture(autouse=True)
def usual_umask() -> Iterator[None]:
    """Most systems let others read what is made."""
    before = os.umask(0o022)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_what_is_remembered_is_private(tmp_path: Path) -> None:
    state = tmp_path / "state"
    running = embedded.Deployment(aws_url="http://127.0.0.1:1", provider_url="http://127.0.0.1:2", pids={})
    embedded._remember(state, running)
    assert mode(state) == 0o700
    assert mode(state / "local.json") == 0o600


def test_a_folder_that_others_could_enter_becomes_private(tmp_path: Path) -> None:
    state = tmp_path / "state"
    state.mkdir(mode=0o755)
    processes.make_private(state)
    assert mode(state) == 0o700


def test_the_log_and_the_files_of_a_process_are_private(tmp_path: Path) -> None:
    log, made = tmp_path / "process.log", tmp_path / "made"
    command = [sys.executable, "-c", f"open({str(made)!r}, 'w').close(); print('ready')"]
    pid = processes.start(command, log=log, environment=os.environ)
    assert processes.wait_until(lambda: "ready" in log.read_text(), seconds=20)
    processes.stop(pid)
    assert mode(log) == 0o600
    assert mode(made) == 0o600
