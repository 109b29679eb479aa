"""The picture of the demo shows what a terminal shows at the end, and nothing of what was drawn before."""

import sys
from io import StringIO
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.console import Console
from rich.live import Live
from rich.text import Text

from tests.paths import ROOT
from tools import picture


@pytest.fixture
def output() -> str:
    """A heading, a live table that is drawn three times, a summary and a hint."""
    console = Console(file=StringIO(), force_terminal=True, width=80)
    console.print(picture.FIRST)
    with Live(console=console, auto_refresh=False) as live:
        for state in ("QUEUED", "RUNNING", "SUCCEEDED"):
            live.update(Text(f"JOB\none  {state}", style="green"), refresh=True)
    console.print("1 of 1 SUCCEEDED")
    console.print(picture.AFTER_LAST)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_a_live_table_is_left_as_it_was_drawn_last(output: str) -> None:
    lines = picture.shown(picture.screen(f"deploying\n{output}"))
    plain = [text for line in lines if (text := Text.from_ansi(line).plain)]
    assert plain == [picture.FIRST, "JOB", "one  SUCCEEDED", "1 of 1 SUCCEEDED"]


def test_it_is_drawn_as_svg(output: str, tmp_path: Path) -> None:
    path = tmp_path / "demo.svg"
    picture.draw(picture.shown(picture.screen(output)), path)
    assert "".join(ElementTree.parse(path).getroot().itertext()).count("SUCCEEDED") == 2


def test_a_command_runs_in_a_terminal_of_the_picture_s_width() -> None:
    script = "import os, sys; print(os.isatty(1), os.environ['COLUMNS']); sys.exit(3)"
    status, output = picture.run([sys.executable, "-c", script])
    assert (status, output.split()) == (3, ["True", str(picture.COLUMNS)])


def test_the_picture_is_cut_between_lines_of_the_demo() -> None:
    source = (ROOT / "infra" / "local" / "demo.py").read_text()
    assert f'"{picture.FIRST}"' in source
    assert f'"{picture.AFTER_LAST}"' in source
