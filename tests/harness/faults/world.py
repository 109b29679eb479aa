"""One World: Jobchute's real functions over fakes that share a clock and a wire. What a run is made of."""

import contextlib
import itertools
import json
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, cast

from jobchute import runtime
from jobchute.aws.queues import Queue
from jobchute.cli import redrive
from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.errors import RefusedError
from jobchute.job import FINAL_STATES, Api, State
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.postponed import put_aside_in
from jobchute.lifecycle.timing import RECONCILIATIONS_A_POLL
from jobchute.pools.limits import Limits
from jobchute.providers.fireworks.account import Account
from jobchute.providers.pool_defaults import pool_rules
from jobchute.providers.registry import SPECS
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.owners import Owner, Owners
from jobchute.settings import GivenSettings
from tests.aws import TABLE
from tests.fakes.adapters import ACCOUNT, clients_over, never_kept
from tests.fakes.clients import GivenClients
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import Change, FakeDynamoDB, Item
from tests.fakes.events import FakeEvents
from tests.fakes.objects import FakeS3
from tests.fakes.provider import UNKNOWN, Provider, ProviderJob
from tests.fakes.queues import PERSON, FakeQueue, FakeSQS, Letter
from tests.fakes.reconciler import ReconcilerWithoutMetrics
from tests.fakes.states import FakeStates
from tests.fakes.stream import FakeStream, FakeTrimmedStreams
from tests.fakes.wire import Wire
from tests.harness.faults.documents import given_up, text_of
from tests.harness.faults.functions import Functions, sqs_record
from tests.harness.faults.sent import Sent
from tests.harness.faults.table import Rows, name_of

BEGIN = 1_795_000_000.0
MINUTE = 60.0
PATIENCE = 40 * 24 * 3600.0
TIMING = {"wait_limit": 14 * 24 * 3600}
UNHURRIED = 20 * MINUTE
"""A sweep finds a waiting job to start only after an accident; fewer of them let the harness run faster."""
IDLE = 0.2
"""The share of sweeps with nothing to do that are run all the same."""
ROOMY = {str(api): Limits(limit=1000, rate=1000) for api in Api}
"""Pools that make nobody wait."""


class World:
    """seed: of all chance in it. pools: rules beside the defaults. slack: seconds; several looks of
    the sweep, as some meet faults.

    After `send` and `upload`, `settle` runs until nothing is left to happen.
    """

    def __init__(self, seed: int = 0, pools: Mapping[str, Limits] = ROOMY, **timing: int) -> None:
        self.random = Random(seed)
        self.owners: dict[str, Owner] = {}
        self.rules = pool_rules(pools)
        self.clock = Clock(BEGIN)
        self.wire = Wire(land=self._land)
        self.skew = 0.0
        self.is_sweeping = True
        # Its reads change nothing where nothing is lost, and each would multiply the interleavings.
        self.is_looking_for_lost = False
        self.is_lagging: Callable[[], bool] = lambda: False
        self.busy_until = 0.0
        self.slack = 1800.0
        self.late_by = (1.0, 55.0)
        self.secret_is_there = True
        self.account = ACCOUNT
        self.event_delays: Callable[[], list[float]] = lambda: [0.5]
        self.sent: list[Sent] = []
        self.keys_used: dict[str, list[Sent]] = {}
        self.written_at: dict[tuple[str, int], float] = {}
        self.wished_at: dict[str, float] = {}
        self.open: set[str] = set()
        self._ticks: set[float] = set()
        self._numbers = itertools.count(1)
        self._fakes()
        self._functions(timing)

    def _fakes(self) -> None:
        aws = self.wire.aws
        self.dynamodb = FakeDynamoDB(io=aws("dynamodb"), name_of=name_of, is_lagging=self._lags)
        self.rows = Rows(self.dynamodb, self._on_change, self._on_file)
        self.s3 = FakeS3(lambda: self.clock.now, io=aws("s3"))
        self.bus = FakeEvents(io=aws("events"))
        self.states = FakeStates(self.clock, self.random, self._task, io=aws("states"))
        self.provider = Provider(self.clock, self.random, self._emit)
        self.stream = FakeStream(self.clock, self._announce, self._give_up)
        self.dynamodb.listen(TABLE, self.stream.add)
        self.sqs = FakeSQS(lambda: self.clock.now, io=aws("sqs"))
        urls = {place: self.sqs.create_queue(QueueName=place)["QueueUrl"] for place in DeadLetterKind}
        self.dead = {place: self.sqs.queues[url] for place, url in urls.items()}
        self.queues = {place: Queue(cast("Any", self.sqs), url) for place, url in urls.items()}
        self.intake = FakeQueue(
            self.clock, self.dead[DeadLetterKind.INTAKE], partial(self._deliver, "validate")
        )
        self.events = FakeQueue(self.clock, self.dead[DeadLetterKind.EVENTS], partial(self._deliver, "observe"))
        self.sqs.takers = {
            "intake": self.intake.take_from_function,
            "events": self.events.take_from_function,
        }

    def _functions(self, timing: Mapping[str, int]) -> None:
        self.parts = runtime.compose(self._clients(), self._settings(timing), self._clock())
        self.parts.rules = lambda: self.rules
        self.parts.account = never_kept(self._account)
        self.parts.reconciler = ReconcilerWithoutMetrics(*self.parts.reconciler)
        self.lost, self.file_counts = self.parts.lost_announcements, self.parts.file_counts
        self.parts.lost_announcements = cast("Any", SimpleNamespace(repeat_lost=self._repeat_lost))
        self.parts.file_counts = cast("Any", SimpleNamespace(count_due=self._count_files))
        self.functions = Functions(self.parts)
        self.where = self._dead_letter_queues()

    def _clients(self) -> GivenClients:
        services = {
            "dynamodb": self.dynamodb,
            "dynamodbstreams": FakeTrimmedStreams(),
            "events": self.bus,
            "s3": self.s3,
            "sqs": self.sqs,
            "stepfunctions": self.states,
        }
        return clients_over(services, self.provider, self.wire)

    def _settings(self, timing: Mapping[str, int]) -> GivenSettings:
        urls = {kind: queue.url for kind, queue in self.queues.items()}
        return GivenSettings(
            table=TABLE,
            bucket=self.s3.bucket,
            bus="jobchute",
            queue_url="intake",
            state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:jobs",
            fireworks_secret_arn="arn:secret",
            dead_letter_queue_url=urls[DeadLetterKind.INTAKE],
            events_dead_letter_queue_url=urls[DeadLetterKind.EVENTS],
            stream_failures_queue_url=urls[DeadLetterKind.STREAM],
            owners=self.owners,
            guard_rails=GuardRails(roles=("arn:aws:iam::123456789012:role/*",)),
            **{f"{name}_seconds": value for name, value in {**TIMING, **timing}.items()},
        )

    def _clock(self) -> runtime.Clock:
        chance = Random(self.random.random())
        return runtime.Clock(now=self.now, sleep=lambda _: None, jitter=lambda most: chance.uniform(0, most))

    def _dead_letter_queues(self) -> SimpleNamespace:
        """What the tool needs to handle dead letters."""
        return SimpleNamespace(
            queues=self.queues,
            sources={DeadLetterKind(name): Queue(cast("Any", self.sqs), name) for name in self.sqs.takers},
            rows=self.parts.letter_rows,
            continuations=self.parts.continuation_rows,
            deployment=SimpleNamespace(bucket=self.s3.bucket, ledger=self.parts.ledger),
            owners=Owners(self.owners),
        )

    def _repeat_lost(self, *, time_left: Callable[[], float]) -> int:
        return self.lost.repeat_lost(time_left=time_left) if self.is_looking_for_lost else 0

    def _count_files(self, *, time_left: Callable[[], float]) -> int:
        """Its one read where there is no file would multiply the interleavings."""
        return self.file_counts.count_due(time_left=time_left) if self.rows.files else 0

    def now(self) -> float:
        """What the functions' clocks show: up to `skew` seconds wrong, differently at each look."""
        return self.clock.now + (self.random.uniform(-self.skew, self.skew) if self.skew else 0.0)

    def send(
        self,
        document: Mapping[str, Any],
        sent: Sent,
        *,
        delays: tuple[float, ...] = (0.0,),
        sender_id: str = PERSON,
    ) -> Sent:
        """A person sends a document to the queue; it is delivered after each of the delays."""
        message_id = f"message-{next(self._numbers)}"
        self.intake.send(text_of(document), delays=delays, message_id=message_id, sender_id=sender_id)
        sent.by_message(message_id)
        self.sent.append(sent)
        return sent

    def upload(
        self, key: str, document: Mapping[str, Any], sent: Sent, *, delays: tuple[float, ...] = (0.0,)
    ) -> Sent:
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
        except Exception:  # noqa: BLE001 - nobody waits for the answer
            self._tick_at(self.clock.now)

    def settle(self) -> bool:
        """Let everything happen; returns whether all came to rest before patience was over."""
        until = self.clock.now + PATIENCE
        while not self.is_quiet():
            if self.clock.next_at is None or self.clock.next_at > until:
                return False
            self.clock.step()
        return True

    def is_quiet(self) -> bool:
        if self.clock.now < self.busy_until or self.rows.files_ending():
            return False
        if self.open or self.rows.leases() or self.stream.pending or self.intake.pending or self.events.pending:
            return False
        is_waiting = any(execution.is_running for execution in self.states.executions)
        return not is_waiting and not self._has_letters_to_handle()

    def _account(self) -> Account:
        if not self.secret_is_there:
            raise RefusedError("no secret", code="FIREWORKS_SECRET")
        return self.account

    def _land(self, effect: Callable[[], object]) -> None:
        def landed() -> None:
            with contextlib.suppress(Exception):
                effect()

        self.clock.after(self.random.uniform(*self.late_by), landed)

    def _on_change(self, change: Change) -> None:
        """The schedule runs every minute; only the runs at which something is due make a difference."""
        job_id, image = change.keys["pk"]["S"], change.new or {}
        self.written_at.setdefault((job_id, int(image["moves"]["N"])), self.clock.now)
        if "stopCause" in image:
            self.wished_at.setdefault(job_id, self.clock.now)
        (self.open.discard if image["state"]["S"] in FINAL_STATES else self.open.add)(job_id)
        if image["state"]["S"] in SUBMITTED_STATES:
            self._tick_at(self._next_look())
        if self.rows.files:
            self._tick_at(self.clock.now)
        if "due" in image:
            self._tick_at(self.rows.due(job_id))
            if "waiting" in image:
                self._tick_at(self._unhurried())

    def _on_file(self, row: Item) -> None:
        if "open" in row:
            self._tick_at(int(row["due"]["N"]))

    def _tick_at(self, when: float) -> None:
        minute = (max(when, self.clock.now) // MINUTE + 1) * MINUTE
        if minute not in self._ticks:
            self._ticks.add(minute)
            self.clock.at(minute, partial(self._tick, minute))

    def _tick(self, minute: float) -> None:
        self._ticks.discard(minute)
        self.rows.catch_up()
        is_waiting = any(map(self.rows.is_waiting, self.open))
        if self.is_sweeping and (self._is_pressing() or is_waiting or self.random.random() < IDLE):
            self.sweep()
        if self._is_pressing():
            self._tick_at(self.clock.now)
        elif any(map(self.rows.is_waiting, self.open)):
            self._tick_at(self._unhurried())

    def _unhurried(self) -> float:
        """The same for all jobs that wait."""
        return self._next(UNHURRIED)

    def _next_look(self) -> float:
        """When the sweep asks the providers next how their jobs stand."""
        return self._next(RECONCILIATIONS_A_POLL * MINUTE)

    def _next(self, period: float) -> float:
        return (self.clock.now // period + 1) * period - 1

    def _is_pressing(self) -> bool:
        """Whether there is something that only the sweep does."""
        is_due = any(self.rows.due(job_id) <= self.clock.now for job_id in self.open)
        has_news = any(map(self._has_news, self.open))
        is_left = any(not held <= self.open for held in self.rows.held.values())
        has_files = bool(self.rows.files) and self.rows.files_due(self.clock.now, self.open)
        return is_due or has_news or is_left or has_files or self._has_letters_to_handle()

    def _has_news(self, job_id: str) -> bool:
        """Whether a look at the provider finds more than the row says: an end, or a job to be stopped."""
        image = self.rows.images[job_id]
        if "providerId" not in image or image["state"]["S"] not in SUBMITTED_STATES:
            return False
        made = self.provider.by_id[image["providerId"]["S"]]
        is_told = made.is_over and made.native != UNKNOWN
        return is_told or ("stopCause" in image and image["state"]["S"] != State.CANCELLING)

    def _lags(self) -> bool:
        return self.is_lagging()

    def _has_letters_to_handle(self) -> bool:
        """Letters that the ledger does not know, or that the sweep makes up for."""
        letters = {(str(place), name) for place, dead in self.dead.items() for name in dead}
        if not letters:
            return False
        records = (
            put_aside_in(json.loads(letter.body)) for letter in self.dead[DeadLetterKind.STREAM].values()
        )
        is_passing = any(record is not None and not record.is_permanent for record in records)
        return is_passing or not letters <= self.rows.known_letters()

    def _task(self, name: str, event: dict[str, Any]) -> Any:
        return self.functions.invoke(name, event)

    def _deliver(self, name: str, letters: list[Letter]) -> set[str]:
        records = [sqs_record(letter) for letter in letters]
        try:
            answer = self.functions.invoke(name, {"Records": records})
        except Exception:  # noqa: BLE001 - Lambda gives the whole batch back
            failed = {letter.message_id for letter in letters}
        else:
            failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        if failed:
            self._tick_at(self.clock.now)
        return failed

    def _announce(self, records: list[dict[str, Any]]) -> str | None:
        answer = self.functions.invoke("announce", {"Records": records})
        failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
        if self.dead[DeadLetterKind.STREAM]:
            self._tick_at(self.clock.now)
        return failed[0] if failed else None

    def _give_up(self, record: dict[str, Any]) -> None:
        """What Lambda sends when a record of the stream has failed too often."""
        letter = Letter(f"record-{record['SequenceNumber']}", given_up(record), self.clock.now)
        self.dead[DeadLetterKind.STREAM][letter.message_id] = letter
        self._tick_at(self.clock.now)

    def event_of(self, job: ProviderJob) -> str | None:
        """The body of the provider's event about a job; None where it sends none."""
        events = SPECS[job.api].events
        if events is None:
            return None
        detail = {events.arn_field: job.provider_id, "status": "as it was when this was sent"}
        return text_of({"detail-type": events.detail_type, "source": events.source, "detail": detail})

    def _emit(self, job: ProviderJob) -> None:
        """As the rule for providers' events has it: what it does not ask for never comes."""
        self._tick_at(self._next_look())
        events = SPECS[job.api].events
        if events is not None and job.native in events.unheard:
            return
        body = self.event_of(job)
        delays = self.event_delays() if body is not None else []
        if body is not None and delays:
            self.events.send(body, delays=delays)
