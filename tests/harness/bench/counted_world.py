"""A world of the fault harness that counts the calls of its functions, and what DynamoDB charges for them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from jobchute.ledger.items import JOB
from jobchute.lifecycle.reconcile import Reconciler
from jobchute.pools.limits import Limits
from tests.aws import TABLE
from tests.fakes.dynamodb import Change, FakeDynamoDB, Item
from tests.fakes.dynamodb.pages import Pages
from tests.fakes.events import FakeEvents
from tests.fakes.provider import Course
from tests.fakes.wire import Wire, ignore
from tests.harness.bench.charges import TRANSACTION, read, written
from tests.harness.bench.units import Units, write_units
from tests.harness.faults.functions import Functions
from tests.harness.faults.table import OF_NO_JOB
from tests.harness.faults.world import World

MINUTE, HOUR = 60.0, 3600.0
PATIENCE_SECONDS = 24 * HOUR
SWEEP = "reconcile"
NO_RULES: Mapping[str, Limits] = {}
TOKEN_BYTES = 1000
"""Of a task token, about."""
OPERATIONS = {
    "put_item": "PutItem",
    "update_item": "UpdateItem",
    "delete_item": "DeleteItem",
    "get_item": "GetItem",
    "batch_get_item": "BatchGetItem",
    "query": "Query",
    "transact_write_items": TRANSACTION,
}
"""Of the client's methods."""

T = TypeVar("T")


@dataclass(slots=True)
class Call:
    """One call of a function's. number: of its invocation. name: `service:operation`, of a table with the kind
    of item and what becomes of it. told: events, of PutEvents.
    """

    function: str
    number: int
    name: str
    at: float
    write: Units = field(default_factory=Units)
    read: float = 0.0
    told: int = 0

    @property
    def service(self) -> str:
        return self.name.partition(":")[0]


@dataclass(slots=True)
class Log:
    """invocations: the functions, in the order in which they were invoked."""

    calls: list[Call] = field(default_factory=list)
    invocations: list[str] = field(default_factory=list)

    def of(self, number: int) -> list[Call]:
        """The calls of one invocation."""
        return [call for call in self.calls if call.number == number]


@dataclass(slots=True)
class CountedWire(Wire):
    """throttles: how many create calls are refused from now on."""

    log: Log = field(default_factory=Log)
    now: Callable[[], float] = lambda: 0.0
    throttles: int = 0

    def call(self, name: str, effect: Callable[[], T], *, refuse: Callable[[int], T], **options: Any) -> T:
        number = len(self.log.invocations) - 1
        name = name.removesuffix(OF_NO_JOB)
        self.log.calls.append(Call(self.log.invocations[number], number, name, self.now()))
        if options.get("creates") and self.throttles:
            self.throttles -= 1
            return refuse(1)
        answer: T = Wire.call(self, name, effect, refuse=refuse, **options)
        return answer


@dataclass
class CountedFunctions(Functions):
    log: Log = field(default_factory=Log)

    def invoke(self, name: str, event: dict[str, Any], request_id: str = "") -> Any:
        self.log.invocations.append(name)
        return super().invoke(name, event, request_id)


class CountedDynamoDB:
    """The client, which adds to each call what it writes and reads."""

    def __init__(self, client: FakeDynamoDB, log: Log) -> None:
        self.client = client
        self.log = log

    def __getattr__(self, name: str) -> Any:
        """All that counts no units is the client's own."""
        found = getattr(self.client, name)
        return partial(self._call, OPERATIONS[name], found) if name in OPERATIONS else found

    def get_paginator(self, operation: str) -> Pages:
        return Pages(getattr(self, operation))

    def _call(self, operation: str, call: Callable[..., Any], **request: Any) -> Any:
        keys = [key for table, key in written(operation, request) if table == TABLE]
        before = [self._image(key) for key in keys]
        number = len(self.log.calls)
        try:
            answer = call(**request)
            self.log.calls[number].read = read(operation, request, answer)
            return answer
        finally:
            after = map(self._image, keys)
            units = sum(map(write_units, before, after), Units())
            self.log.calls[number].write = units.times(2) if operation == TRANSACTION else units

    def _image(self, key: Mapping[str, Any]) -> Item | None:
        return self.client.tables[TABLE].items.get((key["pk"]["S"], key["sk"]["S"]))


class CountedEvents:
    """The bus, which adds to each call how many events it tells."""

    def __init__(self, bus: FakeEvents, log: Log) -> None:
        self.bus = bus
        self.log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self.bus, name)

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        number = len(self.log.calls)
        answer = self.bus.put_events(Entries=Entries)
        self.log.calls[number].told = len(Entries)
        return answer


class CountedWorld(World):
    """With a reconciliation each minute. pools: rules beside the defaults.

    course: of jobs at their providers. It may be replaced.
    """

    def __init__(self, pools: Mapping[str, Limits] = NO_RULES) -> None:
        self.log = Log()
        self.course = Course()
        super().__init__(pools=pools)
        self.schedule.at = ignore  # type: ignore[assignment, method-assign]
        self.is_looking_for_lost = True
        self.provider.course = lambda _: self.course
        self._tick()

    def _fakes(self) -> None:
        self.wire: CountedWire = CountedWire(land=self._land, log=self.log, now=lambda: self.clock.now)
        super()._fakes()
        self.states.token_end = "=" * TOKEN_BYTES
        self.dynamodb.tables[TABLE].listeners.remove(self.stream.add)
        self.dynamodb.listen(TABLE, self._filter)
        self.dynamodb: Any = CountedDynamoDB(self.dynamodb, self.log)
        self.bus: Any = CountedEvents(self.bus, self.log)

    def _functions(self, pace: Mapping[str, int]) -> None:
        super()._functions(pace)
        self.parts.reconciler = Reconciler(*self.parts.reconciler)
        self.functions = self.deliveries.functions = CountedFunctions(self.parts, log=self.log)

    def _filter(self, change: Change) -> None:
        """As infra.ledger.rows_of_jobs: other records start no function."""
        if change.new is not None and change.keys["sk"]["S"] == JOB:
            self.stream.add(change)

    def _tick(self) -> None:
        self.clock.after(MINUTE, self._tick)
        self.sweep()

    def run_until(self, is_so: Callable[[], bool]) -> None:
        """Raises TimeoutError if it has not come to that within a day."""
        until = self.clock.now + PATIENCE_SECONDS
        while not is_so():
            if self.clock.now > until:
                raise TimeoutError
            self.clock.step()

    def rest(self) -> None:
        """Until nothing is open, and a minute longer."""
        self.run_until(self.is_quiet)
        self.clock.run(self.clock.now + MINUTE)
