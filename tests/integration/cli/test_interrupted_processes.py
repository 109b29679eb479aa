"""Whatever interrupts the tool's process, or takes its output away, ends it with one line or none."""

import errno
import io
import os
import signal
import socket
import subprocess
import sys
from contextlib import redirect_stdout
from types import ModuleType

import pytest
from typer.main import get_command

from jobchute import cli
from jobchute.cli.main import app
from tests.integration.cli.every_command import SAMPLE


def test_ctrl_c_while_the_tool_is_imported_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jobchute.cli.main", Interrupting("jobchute.cli.main"))
    with pytest.raises(SystemExit) as ended:
        cli.run()
    assert ended.value.code == 130


class Interrupting(ModuleType):
    def __getattr__(self, name: str) -> object:
        raise KeyboardInterrupt


@pytest.mark.parametrize("command", [["submit", SAMPLE, "--wait"], ["jobs", "list"]])
def test_ctrl_c_ends_a_command_that_waits_for_aws(command: list[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        endpoint = f"http://127.0.0.1:{server.getsockname()[1]}"
        process = started(command, AWS_ENDPOINT_URL=endpoint)
        server.settimeout(60)
        connection, _ = server.accept()
        with connection:
            process.send_signal(signal.SIGINT)
            output, errors = process.communicate(timeout=60)
    assert (process.returncode, output) == (130, "")
    assert errors.startswith("jobchute: stopped by Ctrl-C")
    assert len(errors.splitlines()) == 1


@pytest.mark.parametrize("command", [["schema"], ["validate", SAMPLE, "--json"], ["--help"]])
def test_a_pipe_that_is_closed_early_ends_a_command_quietly(command: list[str]) -> None:
    process = started(command)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (1, "")


class FullDisk(io.StringIO):
    def write(self, _: str) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_full_disk_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with redirect_stdout(FullDisk()), pytest.raises(SystemExit) as ended:
        get_command(app)(["schema"], prog_name="jobchute")
    assert (ended.value.code, capsys.readouterr().err) == (2, "jobchute: No space left on device\n")


OTHERS = ("AWS_", "JOBCHUTE_")
ALONE = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/dev/null",
}
HEED_SIGINT = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
"""What a shell starts in the background ignores SIGINT, and hands that on."""


def started(command: list[str], **more: str) -> "subprocess.Popen[str]":
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "JOBCHUTE_"))
    }
    return subprocess.Popen(
        [sys.executable, "-c", f"{HEED_SIGINT}; from jobchute.cli import run; run()", *command],
        env=environment | ALONE | more,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
