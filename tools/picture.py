"""Draws docs/images/demo.svg: what `make demo` leaves on a terminal.

    make picture

The demo runs in a terminal of its own. The picture shows its requests, its table at the end and its summary. It
leaves out what the CDK prints before, and the hints that follow.
"""

import os
import pty
import re
import subprocess
import sys
from collections.abc import Sequence
from io import StringIO
from pathlib import Path

from rich.console import Console
from rich.text import Text

from tools.pages import DOCS

PICTURE = DOCS / "images" / "demo.svg"
COLUMNS, LINES = 112, 60
FIRST, AFTER_LAST = "Requests dropped:", "The embedded AWS is still up. To look at it:"
TOKENS = re.compile(r"\n|\x1b\[1A|\x1b\[2K|\x1b\[[\d;]*m|\x1b\[\?\d+[a-z]|\r|[^\x1b\r\n]+")
"""What rich writes: line breaks, cursor up, erase line, styles, modes of the terminal, and text."""


def main() -> int:
    status, output = run([sys.executable, "-m", "infra.local", "demo"])
    if status == 0:
        draw(shown(screen(output)), PICTURE)
    return status


def run(command: Sequence[str]) -> tuple[int, str]:
    """The exit status of a command, and everything that it wrote to a terminal of our size."""
    ours, its = pty.openpty()
    size = {"COLUMNS": str(COLUMNS), "LINES": str(LINES), "TERM": "xterm-256color"}
    with subprocess.Popen(command, stdout=its, env={**os.environ, **size}) as process:
        os.close(its)
        output = read_all(ours)
    os.close(ours)
    return process.returncode, output


def read_all(descriptor: int) -> str:
    """Until the other side has closed it, which Linux reports as an error."""
    chunks: list[bytes] = []
    while True:
        try:
            chunk = os.read(descriptor, 65_536)
        except OSError:
            break
        if not chunk:
            break
        chunks.append(chunk)
    return b"".join(chunks).decode()


def screen(output: str) -> list[str]:
    """The lines that are left when a live table was drawn many times."""
    lines, row = [""], 0
    for token in TOKENS.findall(output):
        match token:
            case "\n":
                row += 1
                lines += [""] * (row == len(lines))
            case "\x1b[1A":
                row -= 1
            case "\x1b[2K":
                lines[row] = ""
            case _ if token == "\r" or token.startswith("\x1b[?"):
                continue
            case _:
                lines[row] += token
    return lines


def shown(lines: Sequence[str]) -> list[str]:
    """The part of the demo's output that is of interest. Raises ValueError where it is not there."""
    plain = [Text.from_ansi(line).plain.rstrip() for line in lines]
    return [*lines[plain.index(FIRST) : plain.index(AFTER_LAST)]]


def draw(lines: Sequence[str], path: Path) -> None:
    console = Console(record=True, width=COLUMNS, file=StringIO(), force_terminal=True)
    console.print(Text.from_ansi("\n".join(lines).strip("\n")), soft_wrap=False)
    console.save_svg(str(path), title="make demo", unique_id="demo")


if __name__ == "__main__":
    sys.exit(main())
