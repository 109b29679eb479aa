"""What a job costs the functions when very many come at once: their processor time, and their calls.

    python -m tests.bench.growth [COUNT ...]

The real handlers take a burst of files over the fault harness's fakes, without faults and in simulated time.
A stopwatch of processor time runs while a handler does and stands still while AWS or a provider answers, so
what an emulator would add with size is not in it. Jobs of all APIs last ten minutes, and in the smallest burst
as in the largest most wait for their turn. The sweep is in it, but for its metrics.
"""

import argparse
import gc
import statistics
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

from jobchute.job import Api, State, job_id_of
from jobchute.pools import Limits
from tests.fakes.wire import Wire
from tests.faults.documents import document_of
from tests.faults.functions import Functions, borrowed
from tests.faults.sent import Kind, Sent
from tests.faults.world import World

COUNTS = (100, 1_000, 10_000)
LIMIT = 4
"""Jobs of each API in flight."""
ROUNDS = 5
MOST_GROWTH = 1.1
T = TypeVar("T")


@dataclass(slots=True)
class Stopwatch:
    """Processor time of one function's invocations, without what they wait for."""

    seconds: float = 0.0
    _since: float | None = None

    def run(self) -> None:
        self._since = time.process_time()

    def stop(self) -> bool:
        """Returns whether it ran."""
        if self._since is None:
            return False
        self.seconds += time.process_time() - self._since
        self._since = None
        return True


@dataclass(slots=True)
class WatchedWire(Wire):
    """The watch stands still while a call is answered."""

    watch: Stopwatch = field(default_factory=Stopwatch)

    def call(self, name: str, effect: Callable[[], T], **options: Any) -> T:
        was_running = self.watch.stop()
        try:
            answer: T = Wire.call(self, name, effect, **options)
            return answer
        finally:
            if was_running:
                self.watch.run()


@dataclass
class WatchedFunctions(Functions):
    watch: Stopwatch = field(default_factory=Stopwatch)

    def invoke(self, name: str, event: dict[str, Any], request_id: str = "") -> Any:
        self.watch.run()
        try:
            return super().invoke(name, event, request_id)
        finally:
            self.watch.stop()


class Burst(World):
    """So many files of all APIs in turn, at once."""

    def __init__(self, count: int) -> None:
        self.watch = Stopwatch()
        super().__init__(pools={str(api): Limits(limit=LIMIT, rate=1000) for api in Api})
        for number in range(count):
            api = list(Api)[number % len(Api)]
            document = document_of(api, number)
            sent = Sent(Kind.JOB, job_id_of(api, document["request"], None))
            self.upload(f"requests/{number}.json", document, sent)

    def _fakes(self) -> None:
        self.wire = WatchedWire(land=self._land, watch=self.watch)
        super()._fakes()

    def _functions(self, pace: Mapping[str, int]) -> None:
        super()._functions(pace)
        self.functions = WatchedFunctions(self.functions.roots, watch=self.watch)
        self.functions.install()


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one job in a burst of so many: the functions' processor time, their calls, and their invocations."""

    jobs: int
    milliseconds: float
    calls: float
    invocations: float


def measure(counts: Sequence[int] = COUNTS) -> Iterator[Cost]:
    """Of the smaller bursts the median of several, as each alone is short. The first of all warms up."""
    with borrowed():
        _cost(min(counts))
        for count in counts:
            yield _median_cost(count, max(1, min(ROUNDS, max(counts) // count)))


def _median_cost(count: int, rounds: int) -> Cost:
    costs = [_cost(count) for _ in range(rounds)]
    return replace(costs[0], milliseconds=statistics.median(cost.milliseconds for cost in costs))


def _cost(count: int) -> Cost:
    """Python does not look for garbage meanwhile: the fakes' would be looked for at the functions' expense."""
    gc.collect()
    gc.disable()
    try:
        burst = Burst(count)
        if not burst.settle():
            raise RuntimeError(f"a burst of {count} did not come to rest")
    finally:
        gc.enable()
    ended = Counter(job.state for job in burst.rows.jobs().values())
    if ended != {State.SUCCEEDED: count}:
        raise RuntimeError(f"a burst of {count} ended so: {dict(ended)}")
    made = len(burst.wire.names)
    return Cost(count, burst.watch.seconds * 1000 / count, made / count, burst.functions.invocations / count)


HEAD = "jobs at once   ms/job   calls/job   invocations/job"


def line(cost: Cost) -> str:
    return f"{cost.jobs:12,}   {cost.milliseconds:6.2f}   {cost.calls:9.1f}   {cost.invocations:15.2f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("counts", type=int, nargs="*", default=COUNTS)
    print(HEAD)
    for cost in measure(parser.parse_args().counts):
        print(line(cost), flush=True)


if __name__ == "__main__":
    main()
