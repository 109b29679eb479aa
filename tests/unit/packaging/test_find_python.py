"""Which Python `make` installs everything with: over a PATH that holds nothing but made-up ones."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.paths import ROOT

FIND = ROOT / "tools" / "find_python.sh"
MISSING = "no Python of 3.11 or newer with venv (tried: "


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The only folder of the PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    return folder


def put(path: Path, name: str, version: str, *, before: str = "pass") -> str:
    """A Python that says it is of this version. before: statements that it begins with."""
    release = tuple(map(int, version.split(".")))
    lines = (
        "#!/bin/sh",
        "shift",
        f'exec {sys.executable} -c "{before}; import sys; sys.version_info = {release}; $1"',
    )
    return script(path, name, "\n".join(lines))


def script(path: Path, name: str, text: str) -> str:
    file = path / name
    file.write_text(f"{text}\n")
    file.chmod(0o755)
    return str(file)


def found(path: Path, python: str = "") -> "subprocess.CompletedProcess[str]":
    environment = {"PATH": str(path), "PYTHON": python}
    return subprocess.run(["/bin/sh", FIND], env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("name", ["python3.11", "python3.12", "python3.13", "python3.14", "python3", "python"])
def test_whichever_there_is_will_do(path: Path, name: str) -> None:
    python = put(path, name, "3.13.1")
    assert found(path).stdout == f"{python}\n"


def test_the_oldest_python_that_will_do_comes_first(path: Path) -> None:
    put(path, "python3.13", "3.13.1")
    python = put(path, "python3.12", "3.12.1")
    assert found(path).stdout == f"{python}\n"


def test_an_unfit_python_is_passed_over(path: Path) -> None:
    script(path, "python3.11", "#!/bin/sh\nexit 127  # as a shim of pyenv")
    put(path, "python3.12", "3.12.1", before="import sys; sys.modules['ensurepip'] = None")
    python = put(path, "python3", "3.14.0")
    put(path, "python", "2.7.18")
    assert found(path).stdout == f"{python}\n"


@pytest.mark.parametrize("version", ["3.10.19", "2.7.18", None])
def test_without_one_a_line_says_so(path: Path, version: str | None) -> None:
    if version is not None:
        put(path, "python3", version)
    done = found(path)
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert MISSING in line
    assert "make PYTHON=/path/to/python3" in line


def test_the_one_that_is_named_is_taken_and_no_other(path: Path, tmp_path: Path) -> None:
    put(path, "python3.11", "3.11.2")
    folder = tmp_path / "a folder"
    folder.mkdir()
    named, old = put(folder, "python", "3.12.0"), put(folder, "old", "3.9.0")
    assert found(path, named).stdout == f"{named}\n"
    assert f"tried: {old})" in found(path, old).stderr


def test_make_ends_with_that_line(path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "checkout"
    shutil.copytree(ROOT / "requirements", copy / "requirements")
    shutil.copytree(ROOT / "tools", copy / "tools")
    for name in ("Makefile", "pyproject.toml", "package-lock.json"):
        shutil.copy(ROOT / name, copy)
    make = shutil.which("make")
    assert make is not None
    done = subprocess.run(
        [make, "install"], cwd=copy, env={"PATH": str(path)}, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    line, *after = done.stderr.splitlines()
    assert MISSING in line
    assert len(after) == 1, "make's own: the recipe failed"
    assert not (copy / ".venv").exists()


def test_no_recipe_names_a_version_of_python() -> None:
    recipes = [line for line in (ROOT / "Makefile").read_text().splitlines() if line.startswith("\t")]
    assert [line for line in recipes if "python3" in line] == []
