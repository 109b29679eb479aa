"""The product over simulated time: its ledger, leases, admission, submission, watching and sweep as they are.

Simulated are what asks (requests as they are after validation), the state machine and the provider. Functions
run one after the other: tests.harness.faults lets them meet.
"""

import itertools
from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeVar, cast

from jobchute.providers.registry import SPECS
from tests.aws import TABLE, create_table
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.queues import FakeQueue, Letter
from tests.fakes.states import FakeStates
from tests.fakes.wire import Crash, Wire, ignore
from tests.harness.queue_simulation.composition import accept, composed, observe, pools_seen
from tests.harness.queue_simulation.faults import Faults, name_of
from tests.harness.queue_simulation.plan import TWICE, Plan, Request
from tests.harness.queue_simulation.provider import Made, SimulatedJobs, SimulatedProvider
from tests.harness.queue_simulation.questions import Asking, Questions
from tests.harness.queue_simulation.watch import Watch, finish

BEGIN = 1_795_000_000.0
MINUTE = 60.0
PATIENCE = 13 * 24 * 3600.0
FAILING = 1 / 50
"""The share of calls that meet a fault."""
EVENTS_LOST, EVENTS_TWICE = 0.005, 0.1
T = TypeVar("T")


class DiedError(Exception):
    """The function's process died."""


class QueueWorld:
    """failing: the share of calls that meet a fault. tell: hears each minute how many jobs have ended.

    After `run`, `watch` knows what was seen, and `questions` what the tool said.
    """

    def __init__(
        self,
        plan: Plan,
        *,
        seed: int = 0,
        failing: float = FAILING,
        tell: Callable[[int], object] = ignore,
        asking: Asking = Asking(),  # noqa: B008 - immutable
    ) -> None:
        self.tell = tell
        self.plan = plan
        self.chance = Random(f"world {seed}")
        self.faults = Faults(Random(f"faults {seed}"), failing)
        self.clock = Clock(BEGIN)
        self.wire = Wire(decide=self.faults.decide, land=self._land)
        self.calls: Counter[str] = Counter()
        self.places_read = 0
        self.sweeps = 0
        self._attempts = (f"attempt-{number}" for number in itertools.count(1))
        self.watch = Watch(plan, lambda: self.clock.now, lambda: self.faults.excuses)
        self.provider = SimulatedProvider(self.clock, plan, BEGIN, self.watch.created, self._ended)
        self._parts()
        seen = pools_seen(self.dynamodb, self.parts, lambda: self.clock.now)
        self.questions = Questions(seen, lambda: self.clock.now, asking, seed)
        self.watch.differs = self.questions.places.check
        self.watch.begins = self.questions.starts.created

    def run(self, patience: float = PATIENCE) -> bool:
        """Returns whether all came to rest before so many seconds were over."""
        for request in self.plan.requests:
            self.clock.at(BEGIN + request.at, partial(self._send, request))
        self.clock.at(BEGIN + MINUTE, self._minute)
        until = BEGIN + patience
        while self.clock.now < until and not self._is_over():
            self.clock.step()
            self.wire.names.clear()
            self.wire.hit.clear()
        finish(self.watch)
        return self._is_over()

    def _parts(self) -> None:
        self._dynamodb_io = self.wire.aws("dynamodb")
        self.dynamodb = FakeDynamoDB(io=self._table_io, name_of=name_of)
        create_table(self.dynamodb)
        self.dynamodb.listen(TABLE, self.watch.hear)
        self.states = FakeStates(self.clock, self.chance, self._task, io=self.wire.aws("states"))
        self.parts = composed(
            self.dynamodb,
            self.states,
            SimulatedJobs(self.provider, self.wire),
            rules=self.plan.rules,
            now=lambda: self.clock.now,
            jitter=Random(self.chance.random()),
        )
        self._dead: dict[str, Letter] = {}
        taken = partial(accept, self.parts, self.plan)
        self.intake = FakeQueue(self.clock, self._dead, partial(self._deliver, taken))
        seen = partial(observe, self.parts, self.provider)
        self.events = FakeQueue(self.clock, {}, partial(self._deliver, seen))

    def _is_over(self) -> bool:
        is_asked = len(self.watch.jobs) == len(self.plan.requests)
        return is_asked and not self.watch.open and not any(pool.leases for pool in self.watch.pools.values())

    def _send(self, request: Request) -> None:
        delays = [0.0, self.chance.uniform(0, 600)] if self.chance.random() < TWICE else [0.0]
        self.intake.send(str(request.number), delays=delays)
        if request.cancel_at is not None:
            self.clock.at(BEGIN + request.cancel_at + 1, lambda: self.intake.send(f"cancel {request.number}"))

    def _ended(self, made: Made) -> None:
        self.watch.ended(made)
        if SPECS[made.request.pool.api].events is None or self.chance.random() < EVENTS_LOST:
            return
        count = 2 if self.chance.random() < EVENTS_TWICE else 1
        self.events.send(made.job_id, delays=[self.chance.uniform(0.3, 3) for _ in range(count)])

    def _task(self, name: str, event: dict[str, Any]) -> Any:
        """The state machine's tasks."""
        if name != "dispatch":
            raise AssertionError(f"no execution should come to {name}")
        attempt_id = next(self._attempts)
        return self._process(
            lambda: self.parts.submitter.dispatch(event["jobId"], attempt_id, event["taskToken"])
        )

    def _deliver(self, handle: Callable[[str], object], letters: list[Letter]) -> set[str]:
        """Whose process dies gives the whole batch back."""
        failed: set[str] = set()
        for letter in letters:
            try:
                self._process(partial(handle, letter.body))
            except DiedError:
                return {each.message_id for each in letters}
            except Exception:  # noqa: BLE001 - the message comes back
                failed.add(letter.message_id)
        return failed

    def _minute(self) -> None:
        self.clock.after(MINUTE, self._minute)
        self.sweeps += 1
        self.faults.is_sweeping = True
        try:
            self._process(lambda: self.parts.reconciler.reconcile(next(self._attempts), time_left=lambda: 90.0))
        except Exception:  # noqa: BLE001 - the next one tries again
            self.calls["sweeps that died"] += 1
        finally:
            self.faults.is_sweeping = False
        self._redrive()
        self.watch.look()
        self.questions.minute(self.sweeps)
        self.tell(len(self.watch.jobs) - self.watch.open)

    def _redrive(self) -> None:
        """What an operator does with requests that met a fault at each of their deliveries."""
        for letter in self._dead.values():
            self.calls["redriven"] += 1
            self.intake.send(letter.body)
        self._dead.clear()

    def _process(self, run: Callable[[], T]) -> T:
        self.faults.excuses = 0
        try:
            return run()
        except Crash as crash:
            raise DiedError(str(crash)) from None

    def _table_io(self, operation: str, effect: Callable[[], T]) -> T:
        def counted() -> T:
            answer = effect()
            self.places_read += len(cast("Any", answer).get("Items", ())) if operation == "query" else 0
            return answer

        self.calls[operation] += 1
        if operation == "query":
            # A queue is read anew.
            self.faults.excuses = 0
            self.watch.turns.read()
        return self._dynamodb_io(operation, counted)

    def _land(self, effect: Callable[[], object]) -> None:
        self.clock.after(self.chance.uniform(1, 50), lambda: _landed(effect, self.calls))


def _landed(effect: Callable[[], object], calls: Counter[str]) -> None:
    try:
        effect()
    except Exception:  # noqa: BLE001 - no caller waits for the answer
        calls["late and refused"] += 1
