"""Nothing that a key, a name, a file or a provider says reaches the terminal as a control."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from jobchute.cli.following import Awaited, Row
from jobchute.cli.live_view import ChangesOnly
from jobchute.cli.main import app
from jobchute.cli.output import Coloured, json_text, safe, say, say_error, visible
from jobchute.cli.tables import print_facts, print_table
from jobchute.job import Source, State
from tests.builders import a_job
from tests.paths import FUNCTIONS, SAMPLES

run = CliRunner().invoke

CONTROLS = [
    *map(chr, range(0x20)),
    "\x7f",
    *map(chr, range(0x80, 0xA0)),
    *"\u00ad\u061c\u200b\u200e\u200f\u2028\u2029\u202a\u202e\u2066\u2069\ufeff\ue000\U000e0001\ud800",
]
HOSTILE = "a" + "".join(CONTROLS) + "z é 日本 😀"


def controls_in(text: str) -> set[str]:
    return {character for character in text if not character.isprintable()} - {"\n"}


@pytest.fixture
def printed(capsys: pytest.CaptureFixture[str]) -> Iterator[list[str]]:
    """Filled with what was printed, when the test is over."""
    lines: list[str] = []
    yield lines
    captured = capsys.readouterr()
    assert not controls_in(captured.out + captured.err) - {"\t"}


@pytest.mark.parametrize("write", [safe, visible, json_text])
def test_what_can_be_seen_stays(write: object) -> None:
    assert callable(write)
    assert "é 日本 😀" in write("é 日本 😀")


def test_json_is_the_same_value_without_a_control() -> None:
    value = {HOSTILE: [HOSTILE, 1, None]}
    for indent in (None, 2):
        text = json_text(value, indent=indent)
        assert json.loads(text) == value
        assert not controls_in(text)
        text.encode()


@pytest.mark.usefixtures("printed")
def test_no_printing_function_lets_a_control_through() -> None:
    say(HOSTILE, Coloured(HOSTILE, "red"), HOSTILE, colour="cyan")
    say(HOSTILE, err=True)
    say_error(HOSTILE)
    print_table((HOSTILE,), [(HOSTILE,)])
    print_facts([(HOSTILE, HOSTILE)])


def test_a_table_on_a_terminal_lets_no_control_through(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    print_table(("NAME",), [(f"[red]{HOSTILE}[/red]",)])
    print_facts([("name", HOSTILE)])
    out = capsys.readouterr().out
    assert not controls_in(re.sub(r"\x1b\[[0-9;]*m", "", out)), "there is more than rich's own colours"
    assert "[red]" in out


def test_a_line_about_a_job_lets_no_control_through(capsys: pytest.CaptureFixture[str]) -> None:
    job = a_job(name=HOSTILE, reason=HOSTILE, state=State.RUNNING, provider_id=HOSTILE)
    awaited = Awaited(title=HOSTILE, api=None, source=Source(uri=HOSTILE, status_key=""))
    ChangesOnly(Console(width=2000))([Row(awaited, job), Row(awaited)])
    assert not controls_in(capsys.readouterr().out)


@pytest.mark.parametrize("command", [["validate"], ["validate", "--json"], ["plan"], ["plan", "--json"]])
def test_no_command_prints_a_control_of_a_file(tmp_path: Path, command: list[str]) -> None:
    """U+009B begins a control sequence as ESC [ does; U+202E writes what follows from right to left."""
    good = json.loads((SAMPLES / "sagemaker/create-training-job/churn-xgboost.json").read_text())
    odd = "x\u009b31m\u202e\x7f"
    documents = [
        {"api": "sagemaker:CreateTrainingJob", "request": {**good, odd: 1}},
        {
            "api": "sagemaker:CreateTrainingJob",
            "request": {**good, "HyperParameters": {odd: odd}},
            "labels": {"team": odd},
            "idempotencyKey": odd,
        },
        {"cancel": odd},
    ]
    file = tmp_path / "odd\u009b\u202e.jsonl"
    file.write_text("\n".join(map(json.dumps, documents)))
    result = run(app, [*command, str(file)])
    assert "\\u202e" in result.output
    assert not controls_in(result.output)


@pytest.mark.parametrize("arguments", [["no\u009b\u202e"], ["--no\u009b\u202e"], ["schema", "no\u009b\u202e"]])
def test_no_usage_error_prints_a_control_of_an_argument(arguments: list[str]) -> None:
    result = run(app, arguments)
    assert result.exit_code == 2
    assert not controls_in(result.output)


def test_only_literals_are_printed_in_another_way() -> None:
    """What is printed by Typer itself, without the functions of output.py, is a literal."""
    folder = FUNCTIONS / "jobchute" / "cli"
    found = []
    for path in sorted({*folder.glob("*.py")} - {folder / "output.py", folder / "tables.py"}):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or ast.unparse(node.func) not in PRINTERS:
                continue
            if not all(isinstance(argument, ast.Constant) for argument in node.args):
                found.append(f"{path.name}:{node.lineno}")
    assert found == []


PRINTERS = {"typer.echo", "typer.secho", "typer.style", "print", "sys.stdout.write", "sys.stderr.write"}
