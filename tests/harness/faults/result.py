"""The outcome of one run, and how a run is named so that it can be run again."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.invariants import violations
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

MAX_KEPT = 10


class Result(NamedTuple):
    """name: what `python -m tests.harness.faults --replay` takes. calls: the names of all I/O calls of the run.

    hit: the faults, each with its place. jobs: rows of the ledger.
    """

    name: str
    violations: list[Violation]
    calls: list[str]
    hit: list[str]
    jobs: int


class Failure(NamedTuple):
    name: str
    violations: list[Violation]


@dataclass(frozen=True, slots=True)
class Plan:
    """Faults by the place of the call in the run."""

    faults: dict[int, Fault] = field(default_factory=dict)

    def decide(self, boundary: Boundary) -> Fault | None:
        return self.faults.get(boundary.place)

    def __str__(self) -> str:
        return ",".join(f"{place}={fault}" for place, fault in sorted(self.faults.items()))

    @classmethod
    def of(cls, text: str) -> "Plan":
        pairs = (entry.split("=") for entry in text.split(",") if entry)
        return cls({int(place): Fault(fault) for place, fault in pairs})


def result_of(name: str, world: World) -> Result:
    """Let the world come to rest, and look at it."""
    has_settled = world.settle()
    found = violations(world, has_settled=has_settled)
    return Result(name, found, world.wire.names, world.wire.hit, len(world.rows.images))


@dataclass(slots=True)
class Tally:
    """Figures of many runs. failures: of the first few that broke something."""

    runs: int = 0
    jobs: int = 0
    calls: int = 0
    faults: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    failures: list[Failure] = field(default_factory=list)
    boundaries: set[str] = field(default_factory=set)

    def add(self, result: Result) -> None:
        self.runs += 1
        self.jobs += result.jobs
        self.calls += len(result.calls)
        self.faults += len(result.hit)
        self.boundaries |= {*result.calls}
        self.kinds.update(violation.kind for violation in result.violations)
        if result.violations and len(self.failures) < MAX_KEPT:
            self.failures.append(Failure(result.name, result.violations))

    def join(self, other: "Tally") -> None:
        self.runs += other.runs
        self.jobs += other.jobs
        self.calls += other.calls
        self.faults += other.faults
        self.kinds += other.kinds
        self.boundaries |= other.boundaries
        self.failures = (self.failures + other.failures)[:MAX_KEPT]


def tally_of(results: Iterable[Result]) -> Tally:
    tally = Tally()
    for result in results:
        tally.add(result)
    return tally
