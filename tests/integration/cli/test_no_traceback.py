"""Whatever is wrong around the tool, every command ends with a message and a documented exit status.

The command lines come from the tool's own parser (every_command). They run in this process, over moto where
something must answer.
"""

import os
import re
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import redirect_stdout, suppress
from pathlib import Path
from typing import Any

import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from typer.main import get_command
from typer.testing import CliRunner, Result

from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.runtime.clients import AwsClients
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.every_command import SAMPLE, UNKNOWN, Command, commands, groups

pytestmark = pytest.mark.sampled

TOOL = get_command(app)
"""Made once: typer's own runner makes it anew for each line."""

DOCUMENTED = {0, 1, 2, 130}
"""docs/cli.md, "Output and exit status"."""
MAX_LINES = 4
"""Of a message: typer tells the usage in three of them."""
ERROR = re.compile(r"^(jobchute|Usage|Error): ", re.MULTILINE)
COMMANDS = commands()
WITH_AN_ID = [command for command in COMMANDS if command.takes_an_id]
PREFIXES = ("AWS_", "JOBCHUTE_")
DEPLOYED = {
    "JOBCHUTE_BUCKET": "gone",
    "JOBCHUTE_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/gone",
    "JOBCHUTE_TABLE": "gone",
    "JOBCHUTE_STATE_MACHINE_ARN": "arn:aws:states:us-west-2:123456789012:stateMachine:Gone",
    "JOBCHUTE_DEAD_LETTER_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/gone",
    "JOBCHUTE_EVENTS_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/gone",
    "JOBCHUTE_EVENTS_DEAD_LETTER_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/gone",
    "JOBCHUTE_STREAM_FAILURES_QUEUE_URL": "https://sqs.us-west-2.amazonaws.com/123456789012/gone",
}
KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
HERE = {"AWS_DEFAULT_REGION": "us-east-1"}
NOBODY_LISTENS = "http://127.0.0.1:1"


def name_of(command: Command) -> str:
    return " ".join(command.names)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is waited for, and nothing is started. What a command writes here is not left in the checkout."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("typer.testing._get_command", lambda _: TOOL)
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setattr("uvicorn.Server.run", lambda *_, **__: None)
    monkeypatch.setattr("webbrowser.open", lambda _: True)
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 0))


@pytest.fixture
def anew() -> Iterator[None]:
    """Clients of an environment of their own."""
    with tool_with(AwsClients()):
        yield


def be_in(monkeypatch: pytest.MonkeyPatch, environment: dict[str, str]) -> None:
    """Let nothing else of AWS or of a deployment be known."""
    for name in [name for name in os.environ if name.startswith(PREFIXES)]:
        monkeypatch.delenv(name)
    nothing = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null"}
    for name, value in ({"AWS_SHARED_CREDENTIALS_FILE": "/dev/null"} | nothing | environment).items():
        monkeypatch.setenv(name, value)


def run(line: list[str]) -> Result:
    return CliRunner().invoke(app, line)


def problem_with(result: Result) -> str | None:
    """Why this is no way to end; None where it is one."""
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        return f"a traceback: {result.exception!r}"
    if "Traceback" in result.output:
        return "a traceback on the terminal"
    if result.exit_code not in DOCUMENTED:
        return f"exit status {result.exit_code} is not documented"
    if ERROR.search(result.stdout):
        return f"an error on standard output: {result.stdout!r}"
    if result.exit_code == 2 and not 1 <= len(result.stderr.splitlines()) <= MAX_LINES:
        return f"not one message, but {result.stderr!r}"
    return None


def said(lines: Iterable[list[str]]) -> list[str]:
    """What the tool said on stderr to each of the lines, all of which must end well."""
    results = [(line, run(line)) for line in lines]
    problems = [(" ".join(line), problem) for line, result in results if (problem := problem_with(result))]
    assert problems == []
    return [result.stderr for _, result in results]


@pytest.mark.usefixtures("anew")
@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        (HERE, "no AWS credentials: run `aws configure`"),
        (KEYS, "no AWS region: set AWS_DEFAULT_REGION or AWS_REGION"),
        (HERE | {"AWS_PROFILE": "nobody"}, "The config profile (nobody) could not be found"),
        (HERE | KEYS | {"AWS_ENDPOINT_URL": "localhost:4566"}, "AWS_ENDPOINT_URL"),
        (HERE | KEYS | {"AWS_ENDPOINT_URL": NOBODY_LISTENS}, "check the network and AWS_ENDPOINT_URL"),
        (KEYS | {"AWS_DEFAULT_REGION": "not a region!"}, "region"),
        (HERE | KEYS | {"AWS_ENDPOINT_URL": NOBODY_LISTENS} | DEPLOYED, "check the network"),
        (HERE | KEYS | DEPLOYED | {"JOBCHUTE_OWNERS": "{"}, "JOBCHUTE_OWNERS"),
        (HERE | KEYS | DEPLOYED | {"JOBCHUTE_POOLS": "{"}, "JOBCHUTE_POOLS"),
    ],
    ids=[
        "no credentials",
        "unset environment",
        "no such profile",
        "no URL",
        "no stack's endpoint",
        "no region",
        "no endpoint",
        "broken owners",
        "broken pools",
    ],
)
def test_without_a_deployment_no_command_ends_in_a_traceback(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], expected: str
) -> None:
    be_in(monkeypatch, {"AWS_ENDPOINT_URL": NOBODY_LISTENS} | environment)
    texts = said(line for command in COMMANDS for line in command.plain_lines())
    assert any(expected in text for text in texts), {*texts}


@pytest.mark.usefixtures("aws")
def test_without_a_stack_every_command_says_how_to_name_one() -> None:
    texts = said(line for command in COMMANDS for line in command.lines())
    hint = "deploy it, or name another with --stack or JOBCHUTE_STACK"
    assert any(f"there is no stack Jobchute here; {hint}" in text for text in texts)


@pytest.mark.usefixtures("aws")
def test_in_a_region_without_it_each_command_says_what_to_check(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in DEPLOYED.items():
        monkeypatch.setenv(name, value)
    texts = said(command.bounded(line) for command in COMMANDS for line in command.lines())
    assert any("check the region, JOBCHUTE_BUCKET, " in text for text in texts)


@pytest.mark.parametrize("code", ["ExpiredToken", "AccessDeniedException"])
@pytest.mark.usefixtures("anew")
def test_what_aws_refuses_is_told_with_its_words(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    def refuse(_: BaseClient, operation: str, __: Any) -> Any:
        raise ClientError({"Error": {"Code": code, "Message": "so it is"}}, operation)

    be_in(monkeypatch, HERE | KEYS | DEPLOYED)
    monkeypatch.setattr(BaseClient, "_make_api_call", refuse)
    texts = said(line for command in COMMANDS for line in command.plain_lines())
    assert any(f": {code}: so it is" in text for text in texts)


class TestOverADeployment:
    """moto's, with nothing in it."""

    @pytest.fixture(autouse=True)
    def queues(self, deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in (name for name in DEPLOYED if name.endswith("_QUEUE_URL")):
            monkeypatch.setenv(name, deployment.queue_url)

    @pytest.mark.parametrize("unknown", [UNKNOWN, "jc-01234567", "jc-0", f"jc-{'0' * 64}", "s3://jobs/x#1"])
    def test_an_unknown_id_is_answered_no(self, unknown: str) -> None:
        for command in WITH_AN_ID:
            lines = [line for line in command.plain_lines() if UNKNOWN in line]
            asked = [[unknown if word == UNKNOWN else word for word in line] for line in lines]
            assert all(text.strip() for text in said(command.bounded(line) for line in asked))

    @pytest.mark.parametrize("empty", ["", " "])
    def test_no_argument_may_be_empty(self, empty: str) -> None:
        for command in COMMANDS:
            for line in command.lines():
                for place in range(len(command.names), len(line)):
                    said([command.bounded([*line[:place], empty, *line[place + 1 :]])])

    @pytest.mark.parametrize("hostile", ["\udcff", "\x1b[2J", "x" * 5000, "-1", "*"])
    def test_no_argument_is_too_odd(self, hostile: str) -> None:
        for command in COMMANDS:
            for line in command.lines():
                for place in range(len(command.names), len(line)):
                    said([command.bounded([*line[:place], hostile, *line[place + 1 :]])])

    @pytest.mark.slow
    def test_the_reader_of_the_output_may_go_away(self, capfd: pytest.CaptureFixture[str]) -> None:
        for command in COMMANDS:
            for line in command.lines():
                assert status_without_a_reader(command.bounded(line)) in DOCUMENTED, line
        assert "Traceback" not in capfd.readouterr().err

    def test_ctrl_c_while_aws_is_asked_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(BaseClient, "_make_api_call", interrupt)
        texts = said(line for command in COMMANDS for line in command.plain_lines())
        assert any("stopped by Ctrl-C; jobs that were sent continue" in text for text in texts)

    def test_ctrl_c_while_a_file_is_read_says_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("pathlib.Path.read_bytes", interrupt)
        results = [run(line) for command in COMMANDS for line in command.plain_lines() if SAMPLE in line]
        assert {result.exit_code for result in results} == {130}

    def test_ctrl_c_in_a_question_does_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("typer.confirm", interrupt)
        said([["drain"]])


def interrupt(*_: Any, **__: Any) -> Any:
    raise KeyboardInterrupt


def status_without_a_reader(line: list[str]) -> object:
    read, write = os.pipe()
    os.close(read)
    broken = open(write, "w")  # noqa: SIM115 (what is left in it cannot be written)
    with redirect_stdout(broken), pytest.raises(SystemExit) as ended:
        TOOL(line, prog_name="jobchute")
    with suppress(BrokenPipeError):
        broken.close()
    return ended.value.code


class TestHelp:
    """At 80 columns, on standard output."""

    @pytest.mark.parametrize("names", [*groups(), *(command.names for command in COMMANDS)], ids=" ".join)
    def test_it_fits_the_terminal(self, names: tuple[str, ...]) -> None:
        result = CliRunner(env={"COLUMNS": "80", "TERMINAL_WIDTH": "80"}).invoke(app, [*names, "--help"])
        assert (result.exit_code, result.stderr) == (0, "")
        assert [line for line in result.stdout.splitlines() if len(line) > 80] == []
        assert "[[" not in result.stdout
        assert "..." not in result.stdout.partition("Commands:")[2], "give it a short_help"

    @pytest.mark.parametrize("command", COMMANDS, ids=name_of)
    def test_every_command_and_option_has_a_description(self, command: Command) -> None:
        assert not command.without_help
