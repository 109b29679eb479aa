"""Writes the inputs that fuzzing starts from: `python -m tests.harness.fuzz.seeds FOLDER`."""

import sys
from pathlib import Path

from tests.harness.fuzz.checks import NAMES
from tests.paths import EVENTS
from tests.unit.parsing.test_hostile_files import HOSTILE_FILES

MAX_SEED = 2000


def write_seeds(folder: Path) -> int:
    """Every sample and every short hostile file, each under every name. Returns how many there are."""
    samples = [path.read_bytes() for path in EVENTS.rglob("*") if path.is_file()]
    short = [data for data in samples + [hostile.data for hostile in HOSTILE_FILES] if len(data) <= MAX_SEED]
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(short):
        for choice in range(len(NAMES)):
            (folder / f"{number}-{choice}").write_bytes(bytes([choice]) + data)
    return len(short) * len(NAMES)


if __name__ == "__main__":
    write_seeds(Path(sys.argv[1]))
