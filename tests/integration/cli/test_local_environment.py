"""`jobchute local env` in the shells that people use, and the tool in the environment that it makes."""

import shutil
import subprocess

import pytest
from typer.testing import CliRunner

from infra.local import __main__ as local
from infra.local import embedded
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app

SHELLS = ("sh", "bash", "zsh")
HOSTILE = "a b\t\"double\" 'single' $HOME `id` $(id) \\ * ? ~ ! # ; & | < > {} [] é\nsecond line"


def arrived_in(shell: str, exports: str) -> dict[str, str]:
    """The environment of a process that a shell starts after it has evaluated the exports."""
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed on this machine")
    script = 'eval "$1" && exec env -0'
    done = subprocess.run(
        [program, "-c", script, shell, exports],
        check=False,
        capture_output=True,
        env={"PATH": "/usr/bin:/bin"},
        timeout=20,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    return dict(line.split("=", 1) for line in done.stdout.decode().split("\0") if line)


def printed(
    running: embedded.Deployment, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    monkeypatch.setattr("sys.argv", ["infra.local", "env"])
    assert local.main(local.Actions(current=lambda: running)) == 0
    # As `$(…)` takes it: without the line ends behind it.
    return capsys.readouterr().out.rstrip("\n")


def running_as(deployment: Deployment, trust: dict[str, str]) -> embedded.Deployment:
    return embedded.Deployment(
        aws_url="http://127.0.0.1:1",
        provider_url="http://127.0.0.1:2",
        pids={},
        trust=trust,
        outputs={
            "BucketName": deployment.bucket,
            "QueueUrl": deployment.queue_url,
            "TableName": deployment.table,
            "StateMachineArn": deployment.state_machine_arn,
        },
    )


@pytest.mark.parametrize("shell", SHELLS)
def test_each_export_arrives_byte_for_byte(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Deployment(bucket="b", queue_url="http://q", table="t", state_machine_arn="arn")
    running = running_as(place, {"AWS_CA_BUNDLE": HOSTILE})
    arrived = arrived_in(shell, printed(running, monkeypatch, capsys))
    expected = running.environment()
    assert {name: arrived.get(name) for name in expected} == expected


@pytest.mark.parametrize("command", [["queue"], ["pools", "list"], ["jobs", "list"]])
def test_the_tool_works_in_the_environment_of_the_shell(
    deployment: Deployment,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    arrived = arrived_in("sh", printed(running_as(deployment, {}), monkeypatch, capsys))
    for name, value in arrived.items():
        if name.startswith("JOBCHUTE_"):
            monkeypatch.setenv(name, value)
    result = CliRunner().invoke(app, command)
    assert (result.exit_code, result.exception) == (0, None)


@pytest.mark.parametrize("command", [["queue"], ["pools", "list"]])
@pytest.mark.parametrize("pools", ["{braket:CreateJob:", "[]", '{"braket:CreateJob": {"limits": 3}}'])
def test_unreadable_pools_in_the_environment_are_one_line(
    deployment: Deployment,
    command: list[str],
    pools: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("JOBCHUTE_POOLS", pools)
    result = CliRunner().invoke(app, command)
    assert result.exit_code == 2, result.exception
    (line,) = result.stderr.splitlines()
    assert "JOBCHUTE_POOLS" in line
