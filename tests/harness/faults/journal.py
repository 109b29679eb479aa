"""A file of what has been run, so that a long run can be made in parts, and goes on where it was interrupted.

An entry counts only for the code that it was made with: a digest of the product, its fakes and this harness.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tests.harness.faults.parts import Task
from tests.harness.faults.result import Failure, Tally
from tests.harness.faults.violation import Violation
from tests.paths import ROOT

CODE = ("functions/jobchute", "tests/fakes", "tests/harness/faults")
TOOL = "functions/jobchute/cli"
USED = frozenset({"redrive.py", "dead_letter_queues.py"})
"""What the runs use of the command line tool: the rest of it may change meanwhile."""


class Journal(NamedTuple):
    """code: the digest of the code that runs now."""

    path: Path
    code: str

    def done(self) -> dict[Task, Tally]:
        """What has been run with this code."""
        return {
            Task(part, tuple(of)): _tally(kept) for code, part, of, kept in self._entries() if code == self.code
        }

    def add(self, task: Task, tally: Tally) -> None:
        self.path.parent.mkdir(exist_ok=True)
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps([self.code, task.part, task.of, _kept(tally)]) + "\n")

    def _entries(self) -> Iterator[Any]:
        if self.path.exists():
            yield from map(json.loads, self.path.read_text(encoding="utf-8").splitlines())


def digest_of_code(root: Path = ROOT) -> str:
    digest = hashlib.sha256()
    for folder in CODE:
        for path in sorted((root / folder).rglob("*.py")):
            if path.is_relative_to(root / TOOL) and path.name not in USED:
                continue
            digest.update(f"{path.relative_to(root)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()


def _kept(tally: Tally) -> dict[str, Any]:
    return {
        "runs": tally.runs,
        "jobs": tally.jobs,
        "calls": tally.calls,
        "faults": tally.faults,
        "kinds": dict(tally.kinds),
        "failures": [[each.name, [list(found) for found in each.violations]] for each in tally.failures],
        "boundaries": sorted(tally.boundaries),
    }


def _tally(kept: Mapping[str, Any]) -> Tally:
    failures = [
        Failure(name, [Violation(*found) for found in violations]) for name, violations in kept["failures"]
    ]
    again = {"kinds": Counter(kept["kinds"]), "failures": failures, "boundaries": {*kept["boundaries"]}}
    return Tally(**{**kept, **again})
