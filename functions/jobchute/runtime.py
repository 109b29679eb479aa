"""The composition root: the one place where real clients are chosen.

Everything is made on first use, and imported there: a cold start pays for its own function's parts alone.
"""

import random
import time
from collections.abc import Callable, Mapping
from functools import cache, lru_cache, partial
from typing import TYPE_CHECKING, Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import Session

from jobchute.aws.executions import Executions
from jobchute.errors import RefusedError
from jobchute.job import Api
from jobchute.ledger.jobs import Ledger
from jobchute.settings import (
    AnnounceSettings,
    DeadLetterSettings,
    DispatchSettings,
    ExpireSettings,
    FileCountSettings,
    FireworksSettings,
    LedgerSettings,
    ObserveSettings,
    OtherQueueSettings,
    ReconcileSettings,
    RetellingSettings,
    TimingSettings,
    ValidateSettings,
)

if TYPE_CHECKING:
    import urllib3

    from jobchute.aws.other_queues import OtherQueues
    from jobchute.dead_letters.handle import DeadLetters
    from jobchute.intake.dry_runs import Planner
    from jobchute.intake.receive import Intake
    from jobchute.ledger.continuations import ContinuationRows
    from jobchute.ledger.versions import VersionRows
    from jobchute.lifecycle.admit import Admission
    from jobchute.lifecycle.announce import Announcer
    from jobchute.lifecycle.announce_again import Reteller
    from jobchute.lifecycle.build import JobBuilder
    from jobchute.lifecycle.count_files import FileCounts
    from jobchute.lifecycle.dependencies import Dependencies
    from jobchute.lifecycle.enter import JobEntry
    from jobchute.lifecycle.expire import Expirer
    from jobchute.lifecycle.lost_announcements import LostAnnouncements
    from jobchute.lifecycle.observe import Observer
    from jobchute.lifecycle.reconcile import Reconciler
    from jobchute.lifecycle.stop import Stopper
    from jobchute.lifecycle.submit import Submitter
    from jobchute.lifecycle.timing import Timing
    from jobchute.lifecycle.transitions import Transitions
    from jobchute.pools.limits import Limits, PoolRules
    from jobchute.providers.adapter import Adapter
    from jobchute.providers.fireworks.account import Account

# A call that hangs must leave its function time to write down what happened.
CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
# A create call is made once: after a retry inside the client, "refused" need not speak of all its tries.
PROVIDER_CONFIG = CONFIG.merge(Config(read_timeout=30, retries={"mode": "standard", "total_max_attempts": 1}))
# Whatever else it is asked may be asked again, a stop included.
PROVIDER_READ_CONFIG = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 3}))
SECRET_IS_FRESH_SECONDS = 300
RULES_ARE_FRESH_SECONDS = 30


@cache
def _session() -> Session:
    """One for all clients, which share its credentials and the data that it has read."""
    return Session()


@cache
def client(service: str) -> Any:
    return _session().create_client(service, config=CONFIG)


@cache
def provider_client(service: str) -> Any:
    """For create calls alone."""
    return _session().create_client(service, config=PROVIDER_CONFIG)


@cache
def provider_reader(service: str) -> Any:
    """For everything else. Most functions need one of the two."""
    return _session().create_client(service, config=PROVIDER_READ_CONFIG)


@cache
def intake() -> "Intake":
    from jobchute.aws.objects import Objects
    from jobchute.intake.cancel import Canceller
    from jobchute.intake.files import FileReader
    from jobchute.intake.invocation import Continuations
    from jobchute.intake.objects import ObjectReader
    from jobchute.intake.old_objects import OldObjects
    from jobchute.intake.process import DocumentProcessor
    from jobchute.intake.read import DocumentReader
    from jobchute.intake.receive import Intake
    from jobchute.intake.sources import SourceReader
    from jobchute.ledger.files import FileRows
    from jobchute.lifecycle.accept import Acceptor
    from jobchute.lifecycle.build import JobBuilder
    from jobchute.lifecycle.cancel import JobCanceller
    from jobchute.lifecycle.enter import JobEntry
    from jobchute.lifecycle.name_checks import NameChecks
    from jobchute.lifecycle.reject import Rejecter
    from jobchute.lifecycle.resolve import DependencyResolver
    from jobchute.requests.judgement import Judge
    from jobchute.requests.owners import Owners
    from jobchute.status.answers import Answers

    settings = ValidateSettings.from_environment()
    now = time.time
    ledger, timing, admission = _ledger(settings), _timing(settings), _admission(settings)
    builder = JobBuilder(
        adapters=adapters(settings),
        rules=admission.capacity.rules,
        wait_limit=settings.wait_limit_seconds,
        fair_by=settings.fair_by,
        now=now,
    )
    entry = JobEntry(ledger, ledger.requests, builder, DependencyResolver(ledger, timing, now))
    name_checks = NameChecks(client("sqs"), settings.queue_url)
    acceptor = Acceptor(ledger, entry, _dependencies(settings)._replace(name_checks=name_checks), timing, now)
    objects = Objects(client("s3"), settings.bucket)
    answers = Answers(_versions(settings), objects)
    rows = FileRows(client("dynamodb"), settings.table)
    continuations = Continuations(
        rows=_continuations(settings), client=client("sqs"), queue_url=settings.queue_url, now=now
    )
    canceller = Canceller(
        jobs=JobCanceller(ledger, _transitions(settings), _stopper(settings), now),
        queries=ledger.queries,
        rows=rows,
        continuations=continuations,
        own_bucket=settings.bucket,
        now=now,
    )
    processor = DocumentProcessor(
        acceptor=acceptor,
        rejecter=Rejecter(ledger, now),
        canceller=canceller,
        answers=answers,
        old_objects=OldObjects(ledger, settings.retention_seconds, now),
        planner=partial(_planner, ledger, entry, builder, admission),
    )
    reader = DocumentReader(Judge(settings.guard_rails, settings.place))
    files = FileReader(reader=reader, processor=processor, answers=answers, rows=rows, now=now)
    sources = SourceReader(reader=reader, processor=processor, files=files, continuations=continuations)
    owners = Owners(settings.owners)
    return Intake(
        sources=sources,
        objects=ObjectReader(
            sources=sources,
            processor=processor,
            files=files,
            objects=objects,
            versions=_versions(settings),
            continuations=continuations,
            buckets=settings.buckets,
            owners=owners,
        ),
        processor=processor,
        acceptor=acceptor,
        continuations=continuations,
        owners=owners,
    )


def _planner(ledger: Ledger, entry: "JobEntry", builder: "JobBuilder", admission: "Admission") -> "Planner":
    from jobchute.intake.dry_runs import Planner

    return Planner(
        ledger=ledger,
        entry=entry,
        builder=builder,
        capacity=admission.capacity,
        rows=admission.rows,
        queues=admission.queues,
    )


@cache
def dispatching() -> "Submitter":
    return _submitter(DispatchSettings.from_environment())


@cache
def observing() -> "Observer":
    settings = ObserveSettings.from_environment()
    return _observer(settings, adapters_over(_no_account))


@cache
def expiring() -> "Expirer":
    return _expirer(ExpireSettings.from_environment())


@cache
def reconciling() -> "Reconciler":
    from jobchute.ledger.reconciliations import ReconciliationRows
    from jobchute.lifecycle.advance import Advancer
    from jobchute.lifecycle.poll import Poller
    from jobchute.lifecycle.pool_upkeep import PoolUpkeep
    from jobchute.lifecycle.reconcile import Reconciler

    settings = ReconcileSettings.from_environment()
    ledger, timing, admission = _ledger(settings), _timing(settings), _admission(settings)
    rows = admission.rows
    capacity, queues = admission.capacity, admission.queues
    notes = ReconciliationRows(client("dynamodb"), settings.table)
    advancer = Advancer(
        ledger=ledger,
        pool_rows=rows,
        executions=_executions(settings),
        dependencies=_dependencies(settings),
        submitter=_submitter(settings),
        expirer=_expirer(settings),
        transitions=_transitions(settings),
        timing=timing,
        now=time.time,
    )
    return Reconciler(
        queries=ledger.queries,
        pool_rows=rows,
        queues=queues,
        capacity=capacity,
        notes=notes,
        advancer=advancer,
        poller=Poller(ledger, ledger.queries, notes, adapters(settings), timing),
        upkeep=PoolUpkeep(ledger, queues, rows, capacity, admission),
        timing=timing,
        now=time.time,
    )


@cache
def dead_letters() -> "DeadLetters":
    from jobchute.aws.objects import Objects
    from jobchute.aws.queues import Queue
    from jobchute.dead_letters.handle import DeadLetterKind, DeadLetters
    from jobchute.ledger.dead_letters import DeadLetterRows
    from jobchute.requests.owners import Owners

    settings = DeadLetterSettings.from_environment()
    urls = {
        DeadLetterKind.INTAKE: settings.dead_letter_queue_url,
        DeadLetterKind.EVENTS: settings.events_dead_letter_queue_url,
        DeadLetterKind.STREAM: settings.stream_failures_queue_url,
    }
    return DeadLetters(
        queues={place: Queue(client("sqs"), url) for place, url in urls.items()},
        rows=DeadLetterRows(client("dynamodb"), settings.table),
        continuations=_continuations(settings),
        versions=_versions(settings),
        objects=Objects(client("s3"), settings.bucket),
        reteller=_reteller(settings),
        now=time.time,
        owners=Owners(settings.owners),
    )


@cache
def lost_announcements() -> "LostAnnouncements":
    from jobchute.aws.objects import Objects
    from jobchute.ledger.dead_letters import DeadLetterRows
    from jobchute.ledger.lost_announcements import RetellingRows
    from jobchute.lifecycle.lost_announcements import LostAnnouncements
    from jobchute.lifecycle.status_documents import StatusDocuments

    settings = RetellingSettings.from_environment()
    rows = RetellingRows(client("dynamodb"), settings.table)
    letters = DeadLetterRows(client("dynamodb"), settings.table)
    documents = StatusDocuments(
        rows=rows,
        reteller=_reteller(settings),
        objects=Objects(client("s3"), settings.bucket),
        versions=_versions(settings),
        letters=letters,
    )
    return LostAnnouncements(
        ledger=_ledger(settings),
        rows=rows,
        reteller=_reteller(settings),
        executions=_executions(settings),
        documents=documents,
        letters=letters,
        now=time.time,
    )


@cache
def file_counts() -> "FileCounts":
    from jobchute.aws.objects import Objects
    from jobchute.ledger.file_counts import FileCountRows
    from jobchute.lifecycle.announce import Bus
    from jobchute.lifecycle.count_files import FileCounts
    from jobchute.status.answers import Answers

    settings = FileCountSettings.from_environment()
    return FileCounts(
        rows=FileCountRows(client("dynamodb"), settings.table),
        answers=Answers(_versions(settings), Objects(client("s3"), settings.bucket)),
        bus=Bus(client("events"), settings.bus),
        now=time.time,
    )


@cache
def other_queues() -> "OtherQueues":
    from jobchute.aws.other_queues import OtherQueues
    from jobchute.aws.queues import Queue

    settings = OtherQueueSettings.from_environment()
    return OtherQueues(
        queues=[Queue(client("sqs"), url) for url in settings.other_queue_urls],
        dead_letters=Queue(client("sqs"), settings.dead_letter_queue_url),
        shortest_hidden=settings.shortest_hidden_seconds,
        now=time.time,
    )


@cache
def announcer() -> "Announcer":
    from jobchute.aws.objects import Objects
    from jobchute.lifecycle.announce import Announcer, Bus
    from jobchute.lifecycle.postponed import Aside
    from jobchute.status.answers import Answers

    settings = AnnounceSettings.from_environment()
    return Announcer(
        answers=Answers(_versions(settings), Objects(client("s3"), settings.bucket)),
        executions=_executions(settings),
        dependencies=_dependencies(settings),
        bus=Bus(client("events"), settings.bus, settings.state_machine_arn),
        aside=Aside(client("sqs"), settings.stream_failures_queue_url, time.time),
    )


def adapters_over(account: "Callable[[], Account]") -> Mapping[Api, "Adapter"]:
    """The adapters of all APIs; none is imported or makes its client before its first call.

    account: reads the Fireworks account.
    """
    from jobchute.providers.adapter import Connections
    from jobchute.providers.adapters import Adapters

    return Adapters(
        Connections(
            creator=provider_client,
            client=provider_reader,
            http=_http,
            account=account,
            forget_account=_fresh_account.cache_clear,
        )
    )


def adapters(settings: FireworksSettings) -> Mapping[Api, "Adapter"]:
    return adapters_over(partial(_fireworks_account, settings))


def _no_account() -> "Account":
    """Of a function that never calls Fireworks, and may not read the secret. Raises RefusedError."""
    from jobchute.providers.fireworks.account import CODE

    raise RefusedError("this function does not call Fireworks", code=CODE)


def _transitions(settings: TimingSettings) -> "Transitions":
    from jobchute.lifecycle.transitions import Transitions

    return Transitions(_ledger(settings), _admission(settings), time.time)


def _stopper(settings: FireworksSettings) -> "Stopper":
    from jobchute.lifecycle.stop import Stopper

    return Stopper(_ledger(settings), adapters(settings), _timing(settings), time.time)


def _dependencies(settings: TimingSettings) -> "Dependencies":
    from jobchute.lifecycle.dependencies import Dependencies

    ledger, admission = _ledger(settings), _admission(settings)
    return Dependencies(ledger, ledger.dependencies, admission, _transitions(settings), time.time)


def _observer(settings: TimingSettings, adapters: Mapping[Api, "Adapter"]) -> "Observer":
    from jobchute.lifecycle.observe import Observer

    ledger = _ledger(settings)
    return Observer(
        ledger=ledger,
        queries=ledger.queries,
        adapters=adapters,
        transitions=_transitions(settings),
        timing=_timing(settings),
        now=time.time,
    )


def _expirer(settings: FireworksSettings) -> "Expirer":
    from jobchute.lifecycle.expire import Expirer

    return Expirer(
        ledger=_ledger(settings),
        observer=_observer(settings, adapters(settings)),
        transitions=_transitions(settings),
        stopper=_stopper(settings),
        timing=_timing(settings),
        now=time.time,
    )


def _submitter(settings: FireworksSettings) -> "Submitter":
    from jobchute.lifecycle.create import JobCreator
    from jobchute.lifecycle.submit import Submitter

    ledger, admission = _ledger(settings), _admission(settings)
    return Submitter(
        ledger=ledger,
        admission=admission,
        creator=JobCreator(ledger, ledger.requests, admission.capacity, adapters(settings), time.time),
        transitions=_transitions(settings),
        stopper=_stopper(settings),
        timing=_timing(settings),
        now=time.time,
    )


def _admission(settings: TimingSettings) -> "Admission":
    from jobchute.ledger.pools import PoolRows
    from jobchute.ledger.queues import QueueRows
    from jobchute.lifecycle.admit import Admission
    from jobchute.lifecycle.pool_capacity import PoolCapacity

    rows = PoolRows(client("dynamodb"), settings.table)
    capacity = PoolCapacity(
        rows=rows,
        rules=lambda: _fresh_rules(settings.table, int(time.time() // RULES_ARE_FRESH_SECONDS)),
        now=time.time,
        regrowth=settings.regrowth_seconds,
    )
    return Admission(
        ledger=_ledger(settings),
        queues=QueueRows(client("dynamodb"), settings.table),
        rows=rows,
        capacity=capacity,
        executions=_executions(settings),
        lease=settings.lease_seconds,
    )


@cache
def _deployed_rules() -> Mapping[str, "Limits"]:
    return TimingSettings.from_environment().pools


@lru_cache(maxsize=2)
def _fresh_rules(table: str, period: int) -> "PoolRules":  # noqa: ARG001
    """The pools' rules, what an operator set read anew twice a minute."""
    from jobchute.ledger.pool_settings import PoolSettingsRow
    from jobchute.providers.pool_defaults import pool_rules

    settings = PoolSettingsRow(client("dynamodb"), table).get()
    return pool_rules(_deployed_rules(), settings.overrides, pauses=settings.pauses)


def _ledger(settings: LedgerSettings) -> Ledger:
    return Ledger(client("dynamodb"), settings.table, settings.retention_seconds)


def _versions(settings: LedgerSettings) -> "VersionRows":
    from jobchute.ledger.versions import VersionRows

    return VersionRows(client("dynamodb"), settings.table)


def _continuations(settings: LedgerSettings) -> "ContinuationRows":
    from jobchute.ledger.continuations import ContinuationRows

    return ContinuationRows(client("dynamodb"), settings.table)


def _reteller(settings: LedgerSettings) -> "Reteller":
    from jobchute.lifecycle.announce_again import Reteller

    return Reteller(_ledger(settings), now=time.time)


def _executions(settings: TimingSettings) -> Executions:
    return Executions(
        client("stepfunctions"),
        settings.state_machine_arn,
        wait_limit=settings.wait_limit_seconds,
        allowance=settings.allowance_seconds,
    )


def _timing(settings: TimingSettings) -> "Timing":
    from jobchute.lifecycle.timing import Timing

    return Timing(
        jitter=lambda most: random.uniform(0, most),
        lease=settings.lease_seconds,
        settle=settings.settle_seconds,
        wait_limit=settings.wait_limit_seconds,
        allowance=settings.allowance_seconds,
        poll=settings.look_seconds,
    )


@cache
def _http() -> "urllib3.PoolManager":
    import urllib3

    return urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=20))


def _fireworks_account(settings: FireworksSettings) -> "Account":
    period = int(time.time() // SECRET_IS_FRESH_SECONDS)
    return _fresh_account(settings.fireworks_secret_arn, settings.fireworks_url, period)


@lru_cache(maxsize=1)
def _fresh_account(secret_arn: str, url: str, period: int) -> "Account":  # noqa: ARG001
    """The account in the secret, read anew every few minutes so that a rotated key needs no deployment.

    Raises RefusedError: a secret that is missing or malformed is put right by its owner, and the jobs wait.
    """
    from jobchute.providers.aws_errors import from_botocore_error
    from jobchute.providers.fireworks.account import CODE, account_in

    try:
        answer = client("secretsmanager").get_secret_value(SecretId=secret_arn)
    except ClientError as error:
        raise RefusedError(str(error), code=CODE) from error
    except BotoCoreError as error:
        raise RefusedError(from_botocore_error(error).message, code=CODE) from None
    return account_in(answer.get("SecretString", ""), url)
