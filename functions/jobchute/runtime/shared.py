"""The parts that several functions share: rows of the ledger, and what changes a job's state."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from jobchute.aws.executions import Executions
from jobchute.job import Api
from jobchute.ledger.jobs import Ledger
from jobchute.runtime.clients import Clock, Fresh
from jobchute.runtime.money import RULES_ARE_FRESH_SECONDS, MoneyParts
from jobchute.settings import FireworksSettings, LedgerSettings, ManifestSettings, TimingSettings

if TYPE_CHECKING:
    from jobchute.aws.objects import Objects
    from jobchute.ledger.continuations import ContinuationRows
    from jobchute.ledger.dead_letters import DeadLetterRows
    from jobchute.ledger.files import FileRows
    from jobchute.ledger.pools import PoolRows
    from jobchute.ledger.queues import QueueRows
    from jobchute.ledger.task_tokens import TaskTokenRows
    from jobchute.ledger.versions import VersionRows
    from jobchute.lifecycle.admit import Admission
    from jobchute.lifecycle.announce_again import Reteller
    from jobchute.lifecycle.cancel import JobCanceller
    from jobchute.lifecycle.create import JobCreator
    from jobchute.lifecycle.dependencies import Dependencies
    from jobchute.lifecycle.expire import Expirer
    from jobchute.lifecycle.next_attempt import NextAttempts
    from jobchute.lifecycle.observe import Observer
    from jobchute.lifecycle.pool_capacity import PoolCapacity
    from jobchute.lifecycle.stop import Stopper
    from jobchute.lifecycle.submit import Submitter
    from jobchute.lifecycle.timing import Timing
    from jobchute.lifecycle.transitions import Transitions
    from jobchute.pools.limits import PoolRules
    from jobchute.providers.adapter import Adapter
    from jobchute.providers.fireworks.account import Account
    from jobchute.runtime.protocols import Clients, SettingsReader

SECRET_IS_FRESH_SECONDS = 300


class SharedParts(MoneyParts):
    """Each part is imported and made on first use: a cold start pays for its own function's parts alone.

    Until then another object may be put in a part's place, by assignment.
    """

    def __init__(self, clients: "Clients", settings: "SettingsReader", clock: Clock) -> None:
        self.clients = clients
        self.settings = settings
        self.clock = clock

    @cached_property
    def ledger(self) -> Ledger:
        settings = self.settings(LedgerSettings)
        return Ledger(self.clients.client("dynamodb"), settings.table, settings.retention_seconds)

    @cached_property
    def task_tokens(self) -> "TaskTokenRows":
        from jobchute.ledger.task_tokens import TaskTokenRows

        return TaskTokenRows(self.ledger.rows, self.ledger.retention)

    @cached_property
    def version_rows(self) -> "VersionRows":
        from jobchute.ledger.versions import VersionRows

        return VersionRows(self.clients.client("dynamodb"), self.settings(LedgerSettings).table)

    @cached_property
    def continuation_rows(self) -> "ContinuationRows":
        from jobchute.ledger.continuations import ContinuationRows

        return ContinuationRows(self.clients.client("dynamodb"), self.settings(LedgerSettings).table)

    @cached_property
    def file_rows(self) -> "FileRows":
        from jobchute.ledger.files import FileRows

        return FileRows(self.clients.client("dynamodb"), self.settings(LedgerSettings).table)

    @cached_property
    def letter_rows(self) -> "DeadLetterRows":
        from jobchute.ledger.dead_letters import DeadLetterRows

        return DeadLetterRows(self.clients.client("dynamodb"), self.settings(LedgerSettings).table)

    @cached_property
    def pool_rows(self) -> "PoolRows":
        from jobchute.ledger.pools import PoolRows

        return PoolRows(self.clients.client("dynamodb"), self.settings(LedgerSettings).table, known_wide=set())

    @cached_property
    def queue_rows(self) -> "QueueRows":
        from jobchute.ledger.queues import QueueRows

        return QueueRows(self.clients.client("dynamodb"), self.settings(LedgerSettings).table)

    @cached_property
    def executions(self) -> Executions:
        settings = self.settings(TimingSettings)
        return Executions(
            self.clients.client("stepfunctions"),
            settings.state_machine_arn,
            wait_limit=settings.wait_limit_seconds,
            allowance=settings.allowance_seconds,
        )

    @cached_property
    def timing(self) -> "Timing":
        from jobchute.lifecycle.timing import Timing

        settings = self.settings(TimingSettings)
        return Timing(
            jitter=self.clock.jitter,
            lease=settings.lease_seconds,
            settle=settings.settle_seconds,
            wait_limit=settings.wait_limit_seconds,
            allowance=settings.allowance_seconds,
            poll=settings.look_seconds,
        )

    @cached_property
    def reteller(self) -> "Reteller":
        from jobchute.lifecycle.announce_again import Reteller

        return Reteller(self.ledger, now=self.clock.now)

    @cached_property
    def account(self) -> "Fresh[Account]":
        """Its secret is read again every few minutes, so that a rotated key needs no deployment."""
        return Fresh(self._read_account, seconds=SECRET_IS_FRESH_SECONDS, now=self.clock.now)

    def objects_in(self, bucket: str) -> "Objects":
        from jobchute.aws.objects import Objects

        return Objects(self.clients.client("s3"), bucket)

    def _read_account(self) -> "Account":
        from jobchute.providers.fireworks.account import read_account

        secrets, settings = self.clients.client("secretsmanager"), self.settings(FireworksSettings)
        return read_account(secrets, settings.fireworks_secret_arn, settings.fireworks_url)


class LifecycleParts(SharedParts):
    """What `dispatch`, `observe` and `expire` need, and others with them."""

    @cached_property
    def rules(self) -> "Callable[[], PoolRules]":
        """The pools' rules; what an operator has set is read again twice a minute."""
        return Fresh(self._read_rules, seconds=RULES_ARE_FRESH_SECONDS, now=self.clock.now)

    @cached_property
    def capacity(self) -> "PoolCapacity":
        from jobchute.lifecycle.pool_capacity import PoolCapacity

        regrowth = self.settings(TimingSettings).regrowth_seconds
        return PoolCapacity(rows=self.pool_rows, rules=self.rules, now=self.clock.now, regrowth=regrowth)

    @cached_property
    def admission(self) -> "Admission":
        from jobchute.lifecycle.admit import Admission

        return Admission(
            ledger=self.ledger,
            queues=self.queue_rows,
            rows=self.pool_rows,
            capacity=self.capacity,
            executions=self.executions,
            lease=self.settings(TimingSettings).lease_seconds,
        )

    @cached_property
    def adapters(self) -> "Mapping[Api, Adapter]":
        """The adapters of all APIs; none is imported or makes its client before its first call."""
        from jobchute.providers.adapter import Connections
        from jobchute.providers.adapters import Adapters

        connections = Connections(
            creator=self.clients.provider_client,
            client=self.clients.provider_reader,
            http=self.clients.http,
            account=self.account,
            forget_account=self.account.forget,
            manifest=self._read_manifest,
        )
        return Adapters(connections)

    @cached_property
    def transitions(self) -> "Transitions":
        from jobchute.lifecycle.transitions import Transitions

        parts = (self.ledger, self.admission, self.clock.now)
        return Transitions(*parts, settlement=lambda: self.settlement, attempts=lambda: self.attempts)

    @cached_property
    def attempts(self) -> "NextAttempts":
        from jobchute.lifecycle.next_attempt import NextAttempts

        parts = (self.ledger, self.pool_rows, self.admission, self.transactions, self.known_budgets)
        return NextAttempts(*parts, self.timing, self.clock.now)

    @cached_property
    def stopper(self) -> "Stopper":
        from jobchute.lifecycle.stop import Stopper

        return Stopper(self.ledger, self.adapters, self.timing, self.clock.now)

    @cached_property
    def job_canceller(self) -> "JobCanceller":
        from jobchute.lifecycle.cancel import JobCanceller

        return JobCanceller(self.ledger, self.transitions, self.stopper, self.clock.now)

    @cached_property
    def dependencies(self) -> "Dependencies":
        from jobchute.lifecycle.dependencies import Dependencies

        rows = self.ledger.dependencies
        return Dependencies(self.ledger, rows, self.admission, self.transitions, self.clock.now)

    @cached_property
    def observer(self) -> "Observer":
        from jobchute.lifecycle.observe import Observer

        self.settings(TimingSettings)
        return Observer(
            ledger=self.ledger,
            queries=self.ledger.queries,
            adapters=self.adapters,
            transitions=self.transitions,
            timing=self.timing,
            now=self.clock.now,
        )

    @cached_property
    def expirer(self) -> "Expirer":
        from jobchute.lifecycle.expire import Expirer

        self.settings(FireworksSettings)
        return Expirer(
            ledger=self.ledger,
            observer=self.observer,
            transitions=self.transitions,
            stopper=self.stopper,
            timing=self.timing,
            now=self.clock.now,
        )

    @cached_property
    def creator(self) -> "JobCreator":
        from jobchute.lifecycle.create import JobCreator

        return JobCreator(
            ledger=self.ledger,
            requests=self.ledger.requests,
            capacity=self.capacity,
            adapters=self.adapters,
            now=self.clock.now,
            hidden=self.timing.hidden,
            sleep=self.clock.sleep,
        )

    @cached_property
    def submitter(self) -> "Submitter":
        from jobchute.lifecycle.submit import Submitter

        self.settings(FireworksSettings)
        return Submitter(
            ledger=self.ledger,
            task_tokens=self.task_tokens,
            admission=self.admission,
            creator=self.creator,
            transitions=self.transitions,
            stopper=self.stopper,
            timing=self.timing,
            now=self.clock.now,
        )

    def _read_rules(self) -> "PoolRules":
        from jobchute.providers.pool_defaults import pool_rules

        deployed, settings = self.settings(TimingSettings), self.pool_settings()
        return pool_rules(deployed.pools, settings.overrides, pauses=settings.pauses)

    def _read_manifest(self, uri: str) -> bytes | None:
        buckets = self.settings(ManifestSettings).manifest_buckets
        if not buckets:
            return None
        from jobchute.aws.manifests import Manifests

        return Manifests(lambda: self.clients.client("s3"), buckets).read(uri)
