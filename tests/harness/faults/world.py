"""One World: Jobchute's real functions over fakes that share a clock and a wire. What a run is made of."""

import contextlib
import itertools
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from typing import Any, cast

from jobchute import runtime
from jobchute.aws.queues import Queue
from jobchute.cli import redrive
from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.job import Api, Document
from jobchute.ledger.pool_items import LANE
from jobchute.pools.limits import Limits
from jobchute.providers.pool_defaults import pool_rules
from jobchute.requests.owners import Owner
from tests.aws import TABLE
from tests.fakes.adapters import ACCOUNT
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.events import FakeEvents
from tests.fakes.objects import FakeS3
from tests.fakes.provider import Provider
from tests.fakes.queues import PERSON, FakeQueue, FakeSQS
from tests.fakes.states import FakeStates
from tests.fakes.stream import FakeStream
from tests.fakes.wire import Wire
from tests.harness.faults.composition import composed, dead_letter_queues
from tests.harness.faults.deliveries import Deliveries
from tests.harness.faults.documents import text_of
from tests.harness.faults.functions import DiedError, Functions
from tests.harness.faults.money import Money
from tests.harness.faults.provider_events import ProviderEvents
from tests.harness.faults.schedule import Schedule
from tests.harness.faults.sent import Sent
from tests.harness.faults.table import Rows, is_announced

BEGIN = 1_795_000_000.0
PATIENCE = 40 * 24 * 3600.0
ROOMY = {str(api): Limits(limit=1000, rate=1000) for api in Api}
"""Pools whose limits no job reaches."""


class World:
    """seed: of all chance in it. pools: rules beside the defaults. lane_size: leases of one item.

    slack: seconds; several looks of the sweep, as some meet faults. patience: seconds until it must have come
    to rest. deaths: times of reconciliations that died. `settle` runs until nothing is left to happen.
    """

    patience = PATIENCE

    def __init__(
        self, seed: int = 0, pools: Mapping[str, Limits] = ROOMY, lane_size: int = LANE, **timing: int
    ) -> None:
        self.random = Random(seed)
        self.owners: dict[str, Owner] = {}
        self.rules = pool_rules(pools)
        self.lane_size = lane_size
        self.money = Money()
        self.clock = Clock(BEGIN)
        self.wire = Wire(land=self._land)
        self.skew = 0.0
        # Its reads change nothing where nothing is lost, and each would multiply the interleavings.
        self.is_looking_for_lost = False
        self.is_lagging: Callable[[], bool] = lambda: False
        self.busy_until, self.slack = 0.0, 1800.0
        self.late_by = (1.0, 55.0)
        self.secret_is_there, self.account = True, ACCOUNT
        self.sent: list[Sent] = []
        self.deaths: list[float] = []
        self.keys_used: dict[str, list[Sent]] = {}
        self._has_lost_patience = False
        self._numbers = itertools.count(1)
        self._fakes()
        self._functions(timing)

    def _fakes(self) -> None:
        aws = self.wire.aws
        self.dynamodb = FakeDynamoDB(
            io=aws("dynamodb"),
            name_of=lambda operation, request: self.rows.name_of(operation, request),  # noqa: PLW0108 - made below
            is_lagging=lambda: self.is_lagging(),  # noqa: PLW0108 - may be replaced
        )
        self.rows = Rows(
            self.dynamodb,
            lambda change: self.schedule.hear_row(change),  # noqa: PLW0108 - made below
            lambda row: self.schedule.hear_file(row),  # noqa: PLW0108 - made below
        )
        self.s3 = FakeS3(lambda: self.clock.now, io=aws("s3"))
        self.bus = FakeEvents(io=aws("events"))
        self.states = FakeStates(self.clock, self.random, partial(_task, self), io=aws("states"))
        self.provider = Provider(
            self.clock,
            self.random,
            lambda job: self.provider_events.emit(job),  # noqa: PLW0108 - made below
            owner_of=partial(owner_of, self.rows),
        )
        self.stream = FakeStream(
            self.clock,
            lambda records: self.deliveries.of_stream(records),  # noqa: PLW0108 - made below
            lambda record: self.deliveries.give_up(record),  # noqa: PLW0108 - made below
            is_announced,
        )
        self.dynamodb.listen(TABLE, self.stream.add)
        self.sqs = FakeSQS(lambda: self.clock.now, io=aws("sqs"))
        urls = {place: self.sqs.create_queue(QueueName=place)["QueueUrl"] for place in DeadLetterKind}
        self.dead = {place: self.sqs.queues[url] for place, url in urls.items()}
        self.queues = {place: Queue(cast("Any", self.sqs), url) for place, url in urls.items()}
        self.schedule = Schedule(self.clock, self.random, self.rows, self.provider, self.dead, self.sweep)
        self.open, self.written_at = self.schedule.open, self.schedule.written_at
        self.wished_at = self.schedule.wished_at
        self.deliveries = Deliveries(self.clock, self.schedule, self.dead)
        deliver = self.deliveries.to_function
        self.intake = FakeQueue(self.clock, self.dead[DeadLetterKind.INTAKE], partial(deliver, "validate"))
        self.events = FakeQueue(self.clock, self.dead[DeadLetterKind.EVENTS], partial(deliver, "observe"))
        self.provider_events = ProviderEvents(self.schedule, self.events)
        self.sqs.takers = {"intake": self.intake.take_from_function, "events": self.events.take_from_function}

    def _functions(self, timing: Mapping[str, int]) -> None:
        self.deploy = partial(self._functions, timing)  # functions begin anew, with the settings as they are
        self.parts = composed(self, timing)
        self.functions = self.deliveries.functions = Functions(self.parts)
        self.where = dead_letter_queues(self)

    def now(self) -> float:
        """What the functions' clocks show: up to `skew` seconds wrong, differently at each look."""
        return self.clock.now + (self.random.uniform(-self.skew, self.skew) if self.skew else 0.0)

    def send(
        self, document: Document, sent: Sent, *, delays: tuple[float, ...] = (0.0,), sender_id: str = PERSON
    ) -> Sent:
        """A person sends a document to the queue; it is delivered after each of the delays."""
        message_id = f"message-{next(self._numbers)}"
        self.intake.send(text_of(document), delays=delays, message_id=message_id, sender_id=sender_id)
        sent.by_message(message_id)
        self.sent.append(sent)
        return sent

    def upload(self, key: str, document: Document, sent: Sent, *, delays: tuple[float, ...] = (0.0,)) -> Sent:
        """A person uploads a request file; S3 notifies after each of the delays, each time in a new message."""
        version, sequencer = self.s3.upload(key, text_of(document).encode())
        sent.by_object(self.s3.bucket, key, version, sequencer)
        for delay in delays:
            self.intake.send(sent.event, delays=(delay,), message_id=f"message-{next(self._numbers)}")
        self.sent.append(sent)
        return sent

    def redrive(self) -> int:
        """What `jobchute dlq redrive --all` does. Returns how many messages were sent again."""
        count = 0
        with runtime.use(self.parts):
            for done in redrive.redrive_all(cast("Any", self.where)):
                count += 1
                for sent in self.sent:
                    sent.redriven(done.message_id, done.sent_as or "")
        return count

    def sweep(self) -> None:
        """One run of the schedule. Where it fails, the next one tries again."""
        try:
            self.functions.invoke("reconcile", {})
        except Exception as error:  # noqa: BLE001 - no caller waits for the answer
            if isinstance(error, DiedError):
                self.deaths.append(self.clock.now)
            self.schedule.at(self.clock.now)

    def settle(self) -> bool:
        """Let everything happen; returns whether all came to rest before patience was over. It is lost once."""
        if self._has_lost_patience:
            return False
        until = self.clock.now + self.patience
        while not self.is_quiet():
            if self.clock.next_at is None or self.clock.next_at > until:
                self._has_lost_patience = True
                return False
            self.clock.step()
        return True

    def is_quiet(self) -> bool:
        if self.clock.now < self.busy_until or self.rows.files_ending():
            return False
        if self.open or self.rows.leases() or self.stream.pending or self.intake.pending or self.events.pending:
            return False
        are_over = not any(execution.is_running for execution in self.states.executions)
        return are_over and not self.schedule.has_letters_to_handle()

    def _land(self, effect: Callable[[], object]) -> None:
        def landed() -> None:
            with contextlib.suppress(Exception):
                effect()

        self.clock.after(self.random.uniform(*self.late_by), landed)


def _task(world: World, name: str, event: dict[str, Any]) -> Any:
    return world.functions.invoke(name, event)


def owner_of(rows: Rows, mark: str) -> str:
    """The job whose mark a batch inference job carries in its displayName."""
    return next((job_id for job_id in rows.images if job_id.startswith(mark)), mark)
