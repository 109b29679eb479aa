"""One World: Jobchute's real functions over fakes that share a clock and a wire. What a run is made of."""

import contextlib
import itertools
import json
from collections.abc import Callable, Mapping
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any, cast
from unittest.mock import patch

from jobchute.aws.executions import Executions
from jobchute.aws.objects import Objects
from jobchute.aws.queues import Queue
from jobchute.cli import redrive
from jobchute.dead_letters.handle import DeadLetterKind, DeadLetters
from jobchute.errors import RefusedError
from jobchute.intake.cancel import Canceller
from jobchute.intake.dry_runs import Planner
from jobchute.intake.files import FileReader
from jobchute.intake.invocation import Continuations
from jobchute.intake.objects import ObjectReader
from jobchute.intake.old_objects import OldObjects
from jobchute.intake.process import DocumentProcessor
from jobchute.intake.read import DocumentReader
from jobchute.intake.receive import Intake
from jobchute.intake.sources import SourceReader
from jobchute.job import FINAL_STATES, Api, State
from jobchute.ledger.continuations import ContinuationRows
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.ledger.file_counts import FileCountRows
from jobchute.ledger.files import FileRows
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.lost_announcements import RetellingRows
from jobchute.ledger.reconciliations import ReconciliationRows
from jobchute.ledger.versions import VersionRows
from jobchute.lifecycle.accept import Acceptor
from jobchute.lifecycle.advance import Advancer
from jobchute.lifecycle.announce import Announcer, Bus
from jobchute.lifecycle.announce_again import Reteller
from jobchute.lifecycle.build import JobBuilder
from jobchute.lifecycle.cancel import JobCanceller
from jobchute.lifecycle.count_files import FileCounts
from jobchute.lifecycle.create import JobCreator
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.enter import JobEntry
from jobchute.lifecycle.expire import Expirer
from jobchute.lifecycle.lost_announcements import LostAnnouncements
from jobchute.lifecycle.name_checks import NameChecks
from jobchute.lifecycle.observe import SUBMITTED_STATES, Observer
from jobchute.lifecycle.poll import Poller
from jobchute.lifecycle.pool_upkeep import PoolUpkeep
from jobchute.lifecycle.postponed import Aside, put_aside_in
from jobchute.lifecycle.reconcile import Reconciler
from jobchute.lifecycle.reject import Rejecter
from jobchute.lifecycle.resolve import DependencyResolver
from jobchute.lifecycle.status_documents import StatusDocuments
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.submit import Submitter
from jobchute.lifecycle.timing import RECONCILIATIONS_A_POLL, Timing
from jobchute.lifecycle.transitions import Transitions
from jobchute.pools.limits import Limits
from jobchute.providers.fireworks.account import Account
from jobchute.providers.pool_defaults import pool_rules
from jobchute.providers.registry import SPECS
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.judgement import Judge
from jobchute.requests.owners import Owner, Owners
from jobchute.status.answers import Answers
from tests.admissions import admission_over
from tests.aws import TABLE
from tests.fakes.adapters import ACCOUNT, adapters_over
from tests.fakes.clock import Clock
from tests.fakes.dynamodb import Change, FakeDynamoDB, Item
from tests.fakes.events import FakeEvents
from tests.fakes.objects import FakeS3
from tests.fakes.provider import UNKNOWN, Provider, ProviderJob
from tests.fakes.queues import PERSON, FakeQueue, FakeSQS, Letter
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
RETENTION = 365 * 24 * 3600
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
        ledger = Ledger(cast("Any", self.dynamodb), TABLE, RETENTION)
        self.letters = DeadLetterRows(cast("Any", self.dynamodb), TABLE)
        self.ledger = ledger
        self.versions = VersionRows(cast("Any", self.dynamodb), TABLE)
        self.continuations = ContinuationRows(cast("Any", self.dynamodb), TABLE)
        self.reteller = Reteller(ledger, self.now)
        jitter = Random(self.random.random())
        self.timing = Timing(jitter=lambda most: jitter.uniform(0, most), **{**TIMING, **timing})
        executions = Executions(
            cast("Any", self.states), "arn:machine", self.timing.wait_limit, self.timing.allowance
        )
        self.admission = admission_over(ledger, executions, rules=lambda: self.rules, now=self.now)
        self.pool_rows = self.admission.rows
        self.adapters = adapters_over(self.provider, self.wire, self._account)
        self.transitions = Transitions(ledger, self.admission, self.now)
        self.stopper = Stopper(ledger, self.adapters, self.timing, self.now)
        self.observer = Observer(ledger, ledger.queries, self.adapters, self.transitions, self.timing, self.now)
        self.dependencies = Dependencies(
            ledger, ledger.dependencies, self.admission, self.transitions, self.now
        )
        expirer = Expirer(ledger, self.observer, self.transitions, self.stopper, self.timing, self.now)
        objects = Objects(cast("Any", self.s3), self.s3.bucket)
        submitter = self._submitter()
        bus = Bus(cast("Any", self.bus), "jobchute")
        self.functions = Functions(
            {
                "intake": self._intake(objects),
                "dispatching": submitter,
                "expiring": expirer,
                "observing": self.observer,
                "reconciling": self._reconciler(submitter, expirer, executions),
                "announcer": Announcer(
                    answers=Answers(self.versions, objects),
                    executions=executions,
                    dependencies=self.dependencies,
                    bus=bus,
                    aside=Aside(cast("Any", self.sqs), self.queues[DeadLetterKind.STREAM].url, self.now),
                ),
                "dead_letters": self._dead_letters(objects),
                "file_counts": SimpleNamespace(sweep=self._count_files),
                "lost_announcements": SimpleNamespace(look=self._look_for_lost),
            }
        )
        self.functions.install()
        self.lost = self._lost_announcements(objects, executions)
        self.file_counts = FileCounts(
            rows=FileCountRows(cast("Any", self.dynamodb), TABLE),
            answers=Answers(self.versions, objects),
            bus=bus,
            now=self.now,
        )

    def _submitter(self) -> Submitter:
        creator = JobCreator(
            self.ledger,
            self.ledger.requests,
            self.admission.capacity,
            self.adapters,
            self.now,
            sleep=lambda _: None,
        )
        return Submitter(
            ledger=self.ledger,
            admission=self.admission,
            creator=creator,
            transitions=self.transitions,
            stopper=self.stopper,
            timing=self.timing,
            now=self.now,
        )

    def _reconciler(self, submitter: Submitter, expirer: Expirer, executions: Executions) -> Reconciler:
        admission, rows = self.admission, self.pool_rows
        notes = ReconciliationRows(cast("Any", self.dynamodb), TABLE)
        advancer = Advancer(
            ledger=self.ledger,
            pool_rows=rows,
            executions=executions,
            dependencies=self.dependencies,
            submitter=submitter,
            expirer=expirer,
            transitions=self.transitions,
            timing=self.timing,
            now=self.now,
        )
        return Reconciler(
            queries=self.ledger.queries,
            pool_rows=rows,
            queues=admission.queues,
            capacity=admission.capacity,
            notes=notes,
            advancer=advancer,
            poller=Poller(self.ledger, self.ledger.queries, notes, self.adapters, self.timing),
            upkeep=PoolUpkeep(self.ledger, admission.queues, rows, admission.capacity, admission),
            timing=self.timing,
            now=self.now,
        )

    def _lost_announcements(self, objects: Objects, executions: Executions) -> LostAnnouncements:
        rows = RetellingRows(cast("Any", self.dynamodb), TABLE)
        documents = StatusDocuments(
            rows=rows, reteller=self.reteller, objects=objects, versions=self.versions, letters=self.letters
        )
        return LostAnnouncements(
            ledger=self.ledger,
            rows=rows,
            reteller=self.reteller,
            executions=executions,
            documents=documents,
            letters=self.letters,
            now=self.now,
        )

    def _look_for_lost(self, *, time_left: Callable[[], float]) -> int:
        return self.lost.look(time_left=time_left) if self.is_looking_for_lost else 0

    def _count_files(self, *, time_left: Callable[[], float]) -> int:
        """Its one read where there is no file would multiply the interleavings."""
        return self.file_counts.sweep(time_left=time_left) if self.rows.files else 0

    def _dead_letters(self, objects: Objects) -> DeadLetters:
        """And what the tool needs to handle them."""
        self.where = SimpleNamespace(
            queues=self.queues,
            sources={DeadLetterKind(name): Queue(cast("Any", self.sqs), name) for name in self.sqs.takers},
            rows=self.letters,
            continuations=self.continuations,
            deployment=SimpleNamespace(bucket=self.s3.bucket, ledger=self.ledger),
            owners=Owners(self.owners),
        )
        return DeadLetters(
            queues=self.queues,
            rows=self.letters,
            continuations=self.continuations,
            versions=self.versions,
            objects=objects,
            reteller=self.reteller,
            now=self.now,
            owners=Owners(self.owners),
        )

    def _intake(self, objects: Objects) -> Intake:
        """Composed as jobchute.runtime does it."""
        rows = FileRows(cast("Any", self.dynamodb), TABLE)
        answers = Answers(self.versions, objects)
        continuations = Continuations(
            rows=self.continuations, client=cast("Any", self.sqs), queue_url="intake", now=self.now
        )
        builder = JobBuilder(
            adapters=self.adapters,
            rules=self.admission.capacity.rules,
            wait_limit=self.timing.wait_limit,
            fair_by="submitter",
            now=self.now,
        )
        entry = JobEntry(
            self.ledger, self.ledger.requests, builder, DependencyResolver(self.ledger, self.timing, self.now)
        )
        name_checks = NameChecks(cast("Any", self.sqs), "intake")
        dependencies = self.dependencies._replace(name_checks=name_checks)
        self.acceptor = Acceptor(self.ledger, entry, dependencies, self.timing, self.now)
        canceller = Canceller(
            jobs=JobCanceller(self.ledger, self.transitions, self.stopper, self.now),
            queries=self.ledger.queries,
            rows=rows,
            continuations=continuations,
            own_bucket=self.s3.bucket,
            now=self.now,
        )
        processor = DocumentProcessor(
            acceptor=self.acceptor,
            rejecter=Rejecter(self.ledger, self.now),
            canceller=canceller,
            answers=answers,
            old_objects=OldObjects(self.ledger, RETENTION, self.now),
            planner=partial(
                Planner,
                ledger=self.ledger,
                entry=entry,
                builder=builder,
                capacity=self.admission.capacity,
                rows=self.pool_rows,
                queues=self.admission.queues,
            ),
        )
        guard_rails = GuardRails(roles=("arn:aws:iam::123456789012:role/*",))
        reader = DocumentReader(Judge(guard_rails))
        files = FileReader(reader=reader, processor=processor, answers=answers, rows=rows, now=self.now)
        sources = SourceReader(reader=reader, processor=processor, files=files, continuations=continuations)
        owners = Owners(self.owners)
        return Intake(
            sources=sources,
            objects=ObjectReader(
                sources=sources,
                processor=processor,
                files=files,
                objects=objects,
                versions=self.versions,
                continuations=continuations,
                owners=owners,
            ),
            processor=processor,
            acceptor=self.acceptor,
            continuations=continuations,
            owners=owners,
        )

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
        clients = {"s3": self.s3, "dynamodbstreams": FakeTrimmedStreams()}
        with patch.object(redrive, "client", clients.__getitem__):
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
