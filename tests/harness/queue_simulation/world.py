"""The product over simulated time: its ledger, leases, admission, submission, watching and sweep as they are.

Simulated are what asks (requests as they are after validation), the state machine and the provider. Functions
run one after the other: tests.harness.faults lets them meet.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeVar, cast

from jobchute import runtime
from jobchute.job import Api, Source, job_id_of
from jobchute.providers.pool_defaults import pool_rules
from jobchute.providers.registry import SPECS
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.submission import Submission
from jobchute.runtime import Parts
from jobchute.settings import GivenSettings
from tests.aws import TABLE, create_table
from tests.fakes.clients import GivenClients
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.queues import FakeQueue, Letter
from tests.fakes.reconciler import ReconcilerWithoutMetrics
from tests.fakes.states import FakeStates
from tests.fakes.wire import Boundary, Crash, Fault, Wire, ignore
from tests.harness.queue_simulation.plan import TWICE, Plan, Request
from tests.harness.queue_simulation.provider import Made, SimulatedJobs, SimulatedProvider
from tests.harness.queue_simulation.watch import Watch

BEGIN = 1_795_000_000.0
MINUTE = 60.0
WAIT_LIMIT = 14 * 24 * 3600
PATIENCE = 13 * 24 * 3600.0
FAILING = 1 / 50
"""The share of calls that meet a fault."""
LONG_RUN_CRASHES = 1 / 20
"""The share of crashes that hit the sweep too: it makes hundreds of calls in one process, the others ten."""
EVENTS_LOST, EVENTS_TWICE = 0.005, 0.1
FAULTS = tuple(Fault)
CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)
STARTING = frozenset({"dynamodb:update_item", "dynamodb:get_item"})
"""Calls that admit one job; if one of them fails, the next in the queue is admitted."""
T = TypeVar("T")


class DiedError(Exception):
    """The function's process died."""


class QueueWorld:
    """failing: the share of calls that meet a fault. tell: hears each minute how many jobs have ended.

    After `run`, `watch` knows what was seen.
    """

    def __init__(
        self, plan: Plan, *, seed: int = 0, failing: float = FAILING, tell: Callable[[int], object] = ignore
    ) -> None:
        self.tell = tell
        self.plan = plan
        self.chance = Random(f"world {seed}")
        self._faults = Random(f"faults {seed}")
        self.failing = failing
        self.clock = Clock(BEGIN)
        self.wire = Wire(decide=self._fault, land=self._land)
        self.calls: Counter[str] = Counter()
        self.places_read = 0
        self.faults = 0
        self.sweeps = 0
        self._is_sweeping = False
        self._excuses = 0
        self._numbers = 0
        self.watch = Watch(plan, lambda: self.clock.now, lambda: self._excuses)
        self.provider = SimulatedProvider(self.clock, plan, BEGIN, self.watch.created, self._ended)
        self._parts()

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
        self.watch.finish()
        return self._is_over()

    def _parts(self) -> None:
        self._dynamodb_io = self.wire.aws("dynamodb")
        self.dynamodb = FakeDynamoDB(io=self._table_io)
        create_table(self.dynamodb)
        self.dynamodb.listen(TABLE, self.watch.hear)
        self.states = FakeStates(self.clock, self.chance, self._task, io=self.wire.aws("states"))
        self.parts = self._composed()
        self._dead: dict[str, Letter] = {}
        self.intake = FakeQueue(self.clock, self._dead, partial(self._deliver, self._accept))
        self.events = FakeQueue(self.clock, {}, partial(self._deliver, self._observe))

    def _composed(self) -> Parts:
        jitter = Random(self.chance.random())
        settings = GivenSettings(
            table=TABLE,
            bucket="",
            queue_url="",
            state_machine_arn="arn:machine",
            fireworks_secret_arn="",
            guard_rails=GuardRails(),
            wait_limit_seconds=WAIT_LIMIT,
        )
        parts = runtime.compose(
            GivenClients({"dynamodb": self.dynamodb, "stepfunctions": self.states, "sqs": None}),
            settings,
            runtime.Clock(
                now=lambda: self.clock.now,
                sleep=lambda _: None,
                jitter=lambda most: jitter.uniform(0, most),
            ),
        )
        rules = pool_rules(self.plan.rules)
        parts.rules = lambda: rules
        parts.adapters = dict.fromkeys(Api, SimulatedJobs(self.provider, self.wire))
        parts.reconciler = ReconcilerWithoutMetrics(*parts.reconciler)
        return parts

    def _is_over(self) -> bool:
        is_asked = len(self.watch.jobs) == len(self.plan.requests)
        return is_asked and not self.watch.open and not any(pool.leases for pool in self.watch.pools.values())

    def _send(self, request: Request) -> None:
        delays = [0.0, self.chance.uniform(0, 600)] if self.chance.random() < TWICE else [0.0]
        self.intake.send(str(request.number), delays=delays)
        if request.cancel_at is not None:
            self.clock.at(BEGIN + request.cancel_at + 1, lambda: self.intake.send(f"cancel {request.number}"))

    def _accept(self, body: str) -> None:
        number = int(body.removeprefix("cancel "))
        request = self.plan.requests[number]
        submission = Submission(
            api=request.pool.api,
            request=request.body(),
            labels=request.pool.envelope()[1],
            priority=request.priority,
        )
        if body.startswith("cancel"):
            # Where the request has not come yet, the message comes back.
            self.parts.job_canceller.cancel(job_id_of(submission.api, submission.request, None))
            return
        uri = f"s3://drop/requests/{request.share}/{number}.json"
        self.parts.acceptor.accept(submission, Source(uri=uri, status_key=f"status/{number}.json", version="1"))

    def _observe(self, job_id: str) -> None:
        events = SPECS[self.provider.jobs[job_id].request.pool.api].events
        if events is None:
            raise AssertionError("an event of a provider that sends none")
        self.parts.observer.observe_event(
            {"detail-type": events.detail_type, "detail": {events.arn_field: job_id}}
        )

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
        attempt_id = self._attempt()
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
        self._is_sweeping = True
        try:
            self._process(lambda: self.parts.reconciler.reconcile(self._attempt(), time_left=lambda: 90.0))
        except Exception:  # noqa: BLE001 - the next one tries again
            self.calls["sweeps that died"] += 1
        finally:
            self._is_sweeping = False
        self._redrive()
        self.watch.look()
        self.tell(len(self.watch.jobs) - self.watch.open)

    def _redrive(self) -> None:
        """What an operator does with requests that met a fault at each of their deliveries."""
        for letter in self._dead.values():
            self.calls["redriven"] += 1
            self.intake.send(letter.body)
        self._dead.clear()

    def _process(self, run: Callable[[], T]) -> T:
        self._excuses = 0
        try:
            return run()
        except Crash as crash:
            raise DiedError(str(crash)) from None

    def _attempt(self) -> str:
        self._numbers += 1
        return f"attempt-{self._numbers}"

    def _table_io(self, operation: str, effect: Callable[[], T]) -> T:
        def counted() -> T:
            answer = effect()
            self.places_read += len(cast("Any", answer).get("Items", ())) if operation == "query" else 0
            return answer

        self.calls[operation] += 1
        if operation == "query":
            # A queue is read anew.
            self._excuses = 0
            self.watch.turns.read()
        return self._dynamodb_io(operation, counted)

    def _fault(self, boundary: Boundary) -> Fault | None:
        if self._faults.random() >= self.failing:
            return None
        fault = self._faults.choice(FAULTS)
        if fault in CRASHES and self._is_sweeping and self._faults.random() >= LONG_RUN_CRASHES:
            return None
        self.faults += 1
        self._excuses += boundary.name in STARTING and fault is not Fault.REPEATED
        return fault

    def _land(self, effect: Callable[[], object]) -> None:
        def landed() -> None:
            try:
                effect()
            except Exception:  # noqa: BLE001 - nobody waits for the answer
                self.calls["late and refused"] += 1

        self.clock.after(self.chance.uniform(1, 50), landed)
