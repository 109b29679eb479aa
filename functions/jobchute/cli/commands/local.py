"""jobchute local: the embedded AWS of a checkout."""

import subprocess
import sys
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import typer

from jobchute.cli.errors import CannotAskError

NEEDED = {"aws_cdk": "aws-cdk-lib", "constructs": "constructs"}
"""Modules that infra.local imports beyond the tool's own, and what they are installed as."""

app = typer.Typer(help="The embedded AWS of a checkout.", no_args_is_help=True)


@app.command()
def up() -> None:
    """Start the embedded AWS and deploy the stack to it."""
    _run("up")


@app.command()
def down() -> None:
    """Stop the embedded AWS and delete its data."""
    _run("down")


@app.command(short_help="Print shell exports that point to it.")
def env() -> None:
    """Print shell exports that point the AWS CLI and this tool at it: eval "$(jobchute local env)"."""
    _run("env")


def checkout_of(*starts: Path) -> Path:
    """The checkout that contains one of the folders. Raises CannotAskError."""
    for start in starts:
        for folder in (start, *start.parents):
            if (folder / "cdk.json").is_file() and (folder / "infra" / "local").is_dir():
                return folder
    raise CannotAskError(
        "this command needs a checkout of Jobchute: clone the repository and run the command there"
    )


def refuse_if_packages_are_missing(root: Path, is_there: Callable[[str], object] = find_spec) -> None:
    """The embedded AWS needs more packages than the tool. Raises CannotAskError if they are missing."""
    missing = [distribution for module, distribution in NEEDED.items() if not is_there(module)]
    if missing:
        command = root / ".venv" / "bin" / "jobchute"
        raise CannotAskError(
            f"this Python has no {', '.join(missing)}: run `make install` in {root}, then {command}"
        )


def _run(command: str) -> None:
    root = checkout_of(Path.cwd(), Path(__file__).resolve().parent)
    refuse_if_packages_are_missing(root)
    done = subprocess.run([sys.executable, "-m", "infra.local", command], cwd=root, check=False)
    raise typer.Exit(done.returncode)
