"""jobchute init: a first request of each API, which the tool's own validation accepts."""

from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobchute.cli.first_requests import FILE
from jobchute.cli.main import app
from jobchute.job import Api
from jobchute.providers.registry import FOLDERS
from tests.paths import FUNCTIONS, ROOT

MAX_LINES = 50
run = CliRunner().invoke


@pytest.mark.parametrize("api", Api)
def test_a_first_request_is_valid_short_and_commented(api: Api, tmp_path: Path) -> None:
    file = tmp_path / "first.yaml"
    written = run(app, ["init", api, "--to", str(file)])
    assert written.exit_code == 0, written.output
    assert written.stdout == f"{file}: fill it in, then: jobchute validate {file}\n"
    validated = run(app, ["validate", str(file), "--json"])
    assert validated.exit_code == 0, validated.output
    assert '"warnings": []' in validated.stdout
    text = file.read_text()
    assert f"api: {api}\n" in text
    assert len(text.splitlines()) <= MAX_LINES
    assert run(app, ["init", api]).stdout == text


@pytest.mark.parametrize("api", Api)
def test_members_in_comments_are_valid_too(api: Api, tmp_path: Path) -> None:
    """Each line that a reader may bring in by removing its `#`, all at once."""
    lines = run(app, ["init", api]).stdout.splitlines()
    members = [
        line.replace("# ", "", 1) if line.lstrip().startswith("# ") and is_member(line) else line
        for line in lines
    ]
    assert members != lines
    file = tmp_path / "all.yaml"
    file.write_text("\n".join(members).replace("job: ID", f"job: jc-{'0' * 64}"))
    validated = run(app, ["validate", str(file)])
    assert validated.exit_code == 0, validated.output


def is_member(line: str) -> bool:
    name, colon, _ = line.strip().removeprefix("# ").partition(": ")
    return bool(colon) and name.isidentifier()


def test_a_file_that_exists_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("mine")
    written = run(app, ["init", Api.BRAKET_JOB, "--to", str(file)])
    assert written.exit_code == 1
    assert written.stderr == f"jobchute: {file} exists already; name another file\n"
    assert file.read_text() == "mine"


def test_an_unknown_api_is_refused() -> None:
    written = run(app, ["init", "sagemaker:CreateThing"])
    assert written.exit_code == 2
    assert "sagemaker:CreateThing" in written.stderr


def test_the_tool_s_package_has_the_files() -> None:
    assert f'"*" = ["{FILE}"]' in (ROOT / "pyproject.toml").read_text()
    for folder in FOLDERS.values():
        assert (FUNCTIONS / "jobchute" / "providers" / folder.replace(".", "/") / FILE).exists()
