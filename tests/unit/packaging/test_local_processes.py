"""What the embedded AWS starts knows of no other stack, wherever the shell points."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from infra.local import embedded
from infra.local.__main__ import Actions, main
from infra.local.host import Host

OUTPUTS = {
    "BucketName": "bucket",
    "QueueUrl": "http://queue",
    "TableName": "table",
    "StateMachineArn": "machine",
    "FireworksSecretArn": "secret",
}
OF_ANOTHER_STACK = {
    "AWS_ENDPOINT_URL": "http://other-stack:1",
    "AWS_ENDPOINT_URL_S3": "http://other-stack:2",
    "AWS_PROFILE": "other-stack",
    "AWS_REGION": "other-stack-1",
    "AWS_SESSION_TOKEN": "other-stack-token",
    "AWS_CA_BUNDLE": "/other-stack/ca.pem",
    "JOBCHUTE_BUCKET": "other-stack-bucket",
    "JOBCHUTE_OWNER": "other-stack-owner",
    "JOBCHUTE_STACK": "other-stack",
}
OF_THE_SHELL = {
    "HTTP_PROXY": "http://other-stack:3",
    "PYTHONPATH": "/other-stack",
    "LAMBDA_EXECUTOR": "other-stack",
    "NODE_OPTIONS": "--other-stack",
}


class Started:
    """Every process that would have been started: its words, and its environment."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.environments: dict[str, dict[str, str]] = {}

    def start(self, _: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> int:
        self.environments[log.stem] = dict(environment)
        return os.getpid()

    def up(self) -> embedded.Deployment:
        def nothing(*_: str) -> None:
            """No asset is built, and no account is put."""

        host = Host(start=self.start, answers=lambda _: True, build=nothing, put_account=nothing)
        return embedded.up(self.state, host=host)

    def run(self, command: list[str], **options: Any) -> subprocess.CompletedProcess[str]:
        self.environments[f"cdk {command[1]}"] = dict(options["env"])
        (self.state / "outputs.json").write_text(json.dumps({"Jobchute": OUTPUTS}))
        return subprocess.CompletedProcess(command, 0, "", "")


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Started:
    made = Started(tmp_path)
    monkeypatch.setattr(os, "environ", os.environ.copy())
    os.environ.update(OF_ANOTHER_STACK | OF_THE_SHELL)
    monkeypatch.setattr(subprocess, "run", made.run)
    return made


def test_no_process_is_told_of_another_stack(started: Started) -> None:
    started.up()
    assert set(started.environments) == {"ministack", "simulator", "cdk bootstrap", "cdk deploy", "clock"}
    for name, environment in started.environments.items():
        told = {variable: value for variable, value in environment.items() if "other-stack" in value}
        assert told == {}, name
        assert environment["PATH"].endswith(os.environ["PATH"]), name
        assert environment["AWS_CONFIG_FILE"] == os.devnull, name


def test_callers_of_the_embedded_aws_are_pointed_to_it(started: Started) -> None:
    running = started.up()
    endpoints = {name: each.get("AWS_ENDPOINT_URL") for name, each in started.environments.items()}
    assert endpoints == {
        "ministack": None,
        "simulator": None,
        "cdk bootstrap": running.aws_url,
        "cdk deploy": running.aws_url,
        "clock": running.aws_url,
    }
    assert running.aws_url.startswith("http://127.0.0.1:")


def test_what_is_ignored_is_named_without_its_value(
    started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    started.up()
    told = capsys.readouterr().err
    assert [name for name in OF_ANOTHER_STACK if name not in told] == []
    assert "other-stack" not in told


def test_this_process_is_pointed_to_its_own_stack(started: Started) -> None:
    """As the demonstration is, which sends its samples from here."""
    running = started.up()
    running.enter()
    left = {name: value for name, value in os.environ.items() if name.startswith(("AWS_", "JOBCHUTE_"))}
    assert not any("other-stack" in value for value in left.values())
    assert {name: left.get(name) for name in running.environment()} == running.environment()


def test_the_shell_of_the_running_stack_hears_nothing(
    started: Started, capsys: pytest.CaptureFixture[str]
) -> None:
    started.up().enter()
    capsys.readouterr()
    started.up()
    assert "ignor" not in capsys.readouterr().err


@pytest.mark.parametrize("command", ["up", "down", "env", "demo"])
def test_ctrl_c_says_what_ends_the_processes_that_were_started(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    def interrupt() -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["infra.local", command])
    assert main(Actions(interrupt, interrupt, interrupt)) == 130
    assert capsys.readouterr().err == "stopped by Ctrl-C; what was started is ended by: jobchute local down\n"


class TestThePage:
    """`jobchute ui`, which the demonstration leaves up with the embedded AWS."""

    @pytest.fixture
    def deployed(self) -> embedded.Deployment:
        return embedded.Deployment(
            aws_url="http://127.0.0.1:1", provider_url="http://127.0.0.1:2", pids={"clock": 7}, outputs=OUTPUTS
        )

    def test_it_is_started_once_and_remembered_with_the_others(
        self, deployed: embedded.Deployment, tmp_path: Path
    ) -> None:
        started: list[Mapping[str, str]] = []

        def start(command: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> int:
            assert command[1:] == ["ui", "--no-open"]
            started.append(environment)
            log.write_text("http://127.0.0.1:4321/a-token_1/  (read only; Ctrl-C ends it)\n")
            return os.getpid()

        host = Host(start=start)
        address = embedded.show_page(deployed, tmp_path, host=host)
        assert address == "http://127.0.0.1:4321/a-token_1/"
        remembered = embedded.Deployment(**json.loads((tmp_path / "local.json").read_text()))
        assert remembered.pids == {"clock": 7, "page": os.getpid()}
        assert embedded.show_page(remembered, tmp_path, host=host) == address
        (environment,) = started
        assert environment["JOBCHUTE_TABLE"] == OUTPUTS["TableName"]
        assert environment["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"

    def test_one_that_ends_at_once_names_its_log(self, deployed: embedded.Deployment, tmp_path: Path) -> None:
        def start(_: Sequence[str], *, log: Path, environment: Mapping[str, str]) -> int:
            log.write_text("jobchute: there is no stack\n")
            return 2**22 + 1  # above any process id

        with pytest.raises(SystemExit, match=r"page\.log"):
            embedded.show_page(deployed, tmp_path, host=Host(start=start))
