"""What a job costs the functions when very many come at once: their processor time, and their calls.

    python -m tests.harness.bench.growth [MANY ...]

The real handlers take a burst of files over the fault harness's fakes, without faults and in simulated time.
A stopwatch of processor time runs while a handler does and stands still while AWS or a provider answers, so
what an emulator would add with size is not in it. Jobs of all APIs last 10 to 30 seconds, so that the last of
100,000 begins before a job may wait no longer; in the smallest burst as in the largest, most wait for their
turn. The sweep, which runs by the minute, is counted apart, a run each.
"""

import argparse
import gc
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jobchute.job import Api, State, job_id_of
from jobchute.pools.limits import Limits
from tests.fakes.provider import Course
from tests.fakes.wire import Wire, ignore
from tests.harness.faults.documents import document_of
from tests.harness.faults.functions import Functions, borrowed
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.world import World

FEW, MANY = 100, (1_000, 10_000, 100_000)
LIMIT = 2
"""Jobs of each API in flight."""
SECONDS = (10.0, 30.0)
"""How long each runs: of jobs that all last as long, more events come at once the fewer there are."""
MAX_GROWTH = 1.1
MAX_SMALL = 10_000
"""Jobs of all small bursts beside a large one, about: where there are more in that, it has longer turns."""
MINUTE = 60.0
SWEEP = "reconcile"
T = TypeVar("T")


@dataclass(slots=True)
class Stopwatch:
    """Of each function its processor time, without what it waits for; its calls; its invocations."""

    seconds: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    calls: Counter[str] = field(default_factory=Counter)
    invocations: Counter[str] = field(default_factory=Counter)
    _function: str | None = None
    _since: float = 0.0

    def run(self, function: str) -> None:
        self._function, self._since = function, time.process_time()

    def stop(self) -> str | None:
        """Returns whose time it took, if it ran."""
        function, self._function = self._function, None
        if function is not None:
            self.seconds[function] += time.process_time() - self._since
        return function

    def total(self) -> float:
        return sum(self.seconds.values())


@dataclass(slots=True)
class WatchedWire(Wire):
    """The watch stands still while a call is answered."""

    watch: Stopwatch = field(default_factory=Stopwatch)

    def call(self, name: str, effect: Callable[[], T], **options: Any) -> T:
        function = self.watch.stop()
        try:
            answer: T = Wire.call(self, name, effect, **options)
            return answer
        finally:
            if function is not None:
                self.watch.calls[function] += 1
                self.watch.run(function)


@dataclass
class WatchedFunctions(Functions):
    watch: Stopwatch = field(default_factory=Stopwatch)

    def invoke(self, name: str, event: dict[str, Any], request_id: str = "") -> Any:
        self.watch.invocations[name] += 1
        self.watch.run(name)
        try:
            return super().invoke(name, event, request_id)
        finally:
            self.watch.stop()


class Burst(World):
    """So many files of all APIs in turn, at once."""

    def __init__(self, count: int) -> None:
        self.watch = Stopwatch()
        super().__init__(pools={str(api): Limits(limit=LIMIT, rate=1000) for api in Api})
        self.provider.course = lambda job: Course(seconds=self.random.uniform(*SECONDS))  # noqa: ARG005
        for number in range(count):
            api = list(Api)[number % len(Api)]
            document = document_of(api, number)
            sent = Sent(Kind.JOB, job_id_of(api, document["request"], None))
            self.upload(f"requests/{number}.json", document, sent)
        # The harness asks at each minute of each open job whether a sweep makes a difference: here all are run.
        self.schedule.at = ignore  # type: ignore[assignment, method-assign]
        self._tick()

    def _tick(self) -> None:
        self.clock.after(MINUTE, self._tick)
        self.sweep()

    def _fakes(self) -> None:
        self.wire = WatchedWire(land=self._land, watch=self.watch)
        super()._fakes()

    def _functions(self, pace: Mapping[str, int]) -> None:
        super()._functions(pace)
        self.functions = self.deliveries.functions = WatchedFunctions(self.parts, watch=self.watch)


@dataclass(frozen=True, slots=True)
class Cost:
    """Of so many jobs at once: what each takes in milliseconds and in calls, and what each sweep takes."""

    jobs: int
    milliseconds: float
    calls: float
    sweep_milliseconds: float
    sweep_calls: float

    @classmethod
    def of(cls, jobs: int, watches: Sequence[Stopwatch]) -> "Cost":
        """The mean of bursts of the same size."""
        count, sweeps = jobs * len(watches), sum(watch.invocations[SWEEP] for watch in watches)
        of_sweeps = sum(watch.seconds[SWEEP] for watch in watches)
        by_sweeps = sum(watch.calls[SWEEP] for watch in watches)
        return cls(
            jobs,
            milliseconds=1000 * (sum(watch.total() for watch in watches) - of_sweeps) / count,
            calls=(sum(watch.calls.total() for watch in watches) - by_sweeps) / count,
            sweep_milliseconds=1000 * of_sweeps / sweeps,
            sweep_calls=by_sweeps / sweeps,
        )


@dataclass(frozen=True, slots=True)
class Growth:
    few: Cost
    many: Cost

    @property
    def of_time(self) -> float:
        return self.many.milliseconds / self.few.milliseconds

    @property
    def of_calls(self) -> float:
        return self.many.calls / self.few.calls


def measure(few: int = FEW, many: Sequence[int] = MANY) -> Iterator[Growth]:
    with borrowed():
        Burst(few).settle()  # warms up
        for count in many:
            yield _growth(few, count)


def _growth(few: int, many: int) -> Growth:
    """The large burst in turns with small ones: the machine's speed changes.

    Python looks for garbage after each small burst, and only for what that left.
    """
    large, watches = Burst(many), list[Stopwatch]()
    gc.disable()
    try:
        while not large.is_quiet():
            gc.freeze()
            watches.append(_run(few))
            gc.collect()
            until = large.watch.total() + watches[-1].total() * max(1, many / MAX_SMALL)
            while large.watch.total() < until and not large.is_quiet():
                large.clock.step()
    finally:
        gc.unfreeze()
        gc.enable()
    _check(large)
    return Growth(Cost.of(few, watches), Cost.of(many, [large.watch]))


def _run(count: int) -> Stopwatch:
    burst = Burst(count)
    burst.settle()
    _check(burst)
    return burst.watch


def _check(burst: Burst) -> None:
    """Raises RuntimeError unless all jobs have succeeded."""
    ended = Counter(job.state for job in burst.rows.jobs().values())
    if ended != {State.SUCCEEDED: len(burst.sent)}:
        raise RuntimeError(f"of {len(burst.sent)} jobs at once the ledger says {dict(ended)}")


HEAD = "jobs at once   ms/job   calls/job   ms/sweep   calls/sweep"


def line(growth: Growth) -> str:
    return "\n".join(
        f"{cost.jobs:12,}   {cost.milliseconds:6.2f}   {cost.calls:9.1f}"
        f"   {cost.sweep_milliseconds:8.2f}   {cost.sweep_calls:11.1f}"
        for cost in (growth.few, growth.many)
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("many", type=int, nargs="*", default=MANY)
    print(HEAD)
    for growth in measure(many=parser.parse_args().many):
        print(line(growth), flush=True)


if __name__ == "__main__":
    main()
