"""The outcome of one run, and how a run is named so that it can be run again."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.fakes.wire import Boundary, Fault
from tests.faults.invariants import Violation, violations
from tests.faults.world import World


class Result(NamedTuple):
    """name: what `python -m tests.faults --schedule` takes. calls: the names of all I/O calls of the run."""

    name: str
    violations: list[Violation]
    calls: list[str]
    hit: list[str]


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
    return Result(name, violations(world, has_settled=has_settled), world.wire.names, world.wire.hit)


@dataclass(slots=True)
class Tally:
    """Figures of many runs. failures: the first few of those that broke something."""

    runs: int = 0
    calls: int = 0
    jobs: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    failures: list[Result] = field(default_factory=list)
    boundaries: set[str] = field(default_factory=set)

    def add(self, results: Iterable[Result], *, jobs: int = 1) -> None:
        for result in results:
            self.runs += 1
            self.jobs += jobs
            self.calls += len(result.calls)
            self.boundaries |= {*result.calls}
            for violation in result.violations:
                self.kinds[violation.kind] = self.kinds.get(violation.kind, 0) + 1
            if result.violations and len(self.failures) < MOST_KEPT:
                self.failures.append(result)

    def join(self, other: "Tally") -> None:
        self.runs += other.runs
        self.calls += other.calls
        self.jobs += other.jobs
        self.boundaries |= other.boundaries
        self.failures = (self.failures + other.failures)[:MOST_KEPT]
        for kind, count in other.kinds.items():
            self.kinds[kind] = self.kinds.get(kind, 0) + count


MOST_KEPT = 10
