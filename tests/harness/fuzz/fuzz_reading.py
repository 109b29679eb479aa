"""Coverage-guided fuzzing of the reading of request files; `tests/harness/fuzz/run` starts it."""

import sys
from pathlib import Path

import atheris  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[3]
sys.path[:0] = [str(ROOT / "functions"), str(ROOT)]

with atheris.instrument_imports(include=["jobchute"]):
    from tests.harness.fuzz.checks import NAMES, check_reading


def read_anything(data: bytes) -> None:
    """The first byte chooses the name, the rest is the file."""
    if data:
        check_reading(data[1:], NAMES[data[0] % len(NAMES)])


if __name__ == "__main__":
    atheris.Setup(sys.argv, read_anything)
    atheris.Fuzz()
