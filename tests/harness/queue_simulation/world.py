"""The product over simulated time: its ledger, leases, admission, submission, watching and sweep as they are.

Simulated are what asks (requests as they are after validation), the state machine and the provider. Functions
run one after the other: tests.harness.faults lets them meet.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from typing import Any, TypeVar, cast

from jobchute.aws.executions import Executions
from jobchute.job import Api, Source, job_id_of
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.reconciliations import ReconciliationRows
from jobchute.lifecycle.accept import Acceptor
from jobchute.lifecycle.adapters import AdaptersByApi
from jobchute.lifecycle.advance import Advancer
from jobchute.lifecycle.build import JobBuilder
from jobchute.lifecycle.cancel import JobCanceller
from jobchute.lifecycle.create import JobCreator
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.enter import JobEntry
from jobchute.lifecycle.expire import Expirer
from jobchute.lifecycle.observe import Observer
from jobchute.lifecycle.poll import Poller
from jobchute.lifecycle.pool_upkeep import PoolUpkeep
from jobchute.lifecycle.queue_metrics import PoolFigures
from jobchute.lifecycle.reconcile import Reconciler
from jobchute.lifecycle.resolve import DependencyResolver
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.submit import Submitter
from jobchute.lifecycle.timing import Timing
from jobchute.lifecycle.transitions import Transitions
from jobchute.providers.pool_defaults import pool_rules
from jobchute.providers.registry import SPECS
from jobchute.requests.submission import Submission
from tests.admissions import admission_over
from tests.aws import TABLE, create_table
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.queues import FakeQueue, Letter
from tests.fakes.states import FakeStates
from tests.fakes.wire import Boundary, Crash, Fault, Wire, ignore
from tests.harness.queue_simulation.plan import TWICE, Plan, Request
from tests.harness.queue_simulation.provider import Made, SimulatedJobs, SimulatedProvider
from tests.harness.queue_simulation.watch import Watch

BEGIN = 1_795_000_000.0
MINUTE = 60.0
WAIT_LIMIT = 14 * 24 * 3600
PATIENCE = 13 * 24 * 3600.0
RETENTION = 365 * 24 * 3600
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


class PlainReconciler(Reconciler):
    """Without the metrics, which read how many wait and change nothing."""

    def _figures(self, *_: object) -> list[PoolFigures]:
        return []


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
        ledger = Ledger(cast("Any", self.dynamodb), TABLE, RETENTION)
        jitter = Random(self.chance.random())
        rules = pool_rules(self.plan.rules)
        self._executions = Executions(cast("Any", self.states), "arn:machine", WAIT_LIMIT, 0)
        self.admission = admission_over(ledger, self._executions, rules=lambda: rules, now=self._now)
        adapters: AdaptersByApi = dict.fromkeys(Api, SimulatedJobs(self.provider, self.wire))
        timing = Timing(jitter=lambda most: jitter.uniform(0, most), wait_limit=WAIT_LIMIT)
        self._transitions = Transitions(ledger, self.admission, self._now)
        self._stopper = Stopper(ledger, adapters, timing, self._now)
        self._dependencies = Dependencies(
            ledger, ledger.dependencies, self.admission, self._transitions, self._now
        )
        self.observer = Observer(ledger, ledger.queries, adapters, self._transitions, timing, self._now)
        self._acceptance(ledger, adapters, timing)
        self._submission(ledger, adapters, timing)
        self._dead: dict[str, Letter] = {}
        self.intake = FakeQueue(self.clock, self._dead, partial(self._deliver, self._accept))
        self.events = FakeQueue(self.clock, {}, partial(self._deliver, self._observe))

    def _acceptance(self, ledger: Ledger, adapters: AdaptersByApi, timing: Timing) -> None:
        builder = JobBuilder(adapters, self.admission.capacity.rules, WAIT_LIMIT, "submitter", self._now)
        entry = JobEntry(ledger, ledger.requests, builder, DependencyResolver(ledger, timing, self._now))
        self.acceptor = Acceptor(ledger, entry, self._dependencies, timing, self._now)
        self.canceller = JobCanceller(ledger, self._transitions, self._stopper, self._now)

    def _submission(self, ledger: Ledger, adapters: AdaptersByApi, timing: Timing) -> None:
        creator = JobCreator(
            ledger, ledger.requests, self.admission.capacity, adapters, self._now, sleep=lambda _: None
        )
        transitions, admission = self._transitions, self.admission
        notes = ReconciliationRows(ledger.client, ledger.table)
        self.submitter = Submitter(
            ledger, self.admission, creator, transitions, self._stopper, timing, self._now
        )
        expirer = Expirer(ledger, self.observer, transitions, self._stopper, timing, self._now)
        advancer = Advancer(
            ledger=ledger,
            pool_rows=admission.rows,
            executions=self._executions,
            dependencies=self._dependencies,
            submitter=self.submitter,
            expirer=expirer,
            transitions=transitions,
            timing=timing,
            now=self._now,
        )
        self.reconciler = PlainReconciler(
            queries=ledger.queries,
            pool_rows=admission.rows,
            queues=admission.queues,
            capacity=admission.capacity,
            notes=notes,
            advancer=advancer,
            poller=Poller(ledger, ledger.queries, notes, adapters, timing),
            upkeep=PoolUpkeep(ledger, admission.queues, admission.rows, admission.capacity, admission),
            timing=timing,
            now=self._now,
        )

    def _now(self) -> float:
        return self.clock.now

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
            self.canceller.cancel(job_id_of(submission.api, submission.request, None))
            return
        uri = f"s3://drop/requests/{request.share}/{number}.json"
        self.acceptor.accept(submission, Source(uri=uri, status_key=f"status/{number}.json", version="1"))

    def _observe(self, job_id: str) -> None:
        events = SPECS[self.provider.jobs[job_id].request.pool.api].events
        if events is None:
            raise AssertionError("an event of a provider that sends none")
        self.observer.observe_event({"detail-type": events.detail_type, "detail": {events.arn_field: job_id}})

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
        return self._process(lambda: self.submitter.dispatch(event["jobId"], attempt_id, event["taskToken"]))

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
            self._process(lambda: self.reconciler.reconcile(self._attempt(), time_left=lambda: 90.0))
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
