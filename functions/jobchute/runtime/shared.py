"""The parts that most functions share: rows of the ledger, executions, and how long to wait for what."""

from functools import cached_property
from typing import TYPE_CHECKING

from jobchute.aws.executions import Executions
from jobchute.ledger.jobs import Ledger
from jobchute.runtime.clock import Clock
from jobchute.settings import LedgerSettings, TimingSettings

if TYPE_CHECKING:
    from jobchute.aws.objects import Objects
    from jobchute.ledger.continuations import ContinuationRows
    from jobchute.ledger.dead_letters import DeadLetterRows
    from jobchute.ledger.files import FileRows
    from jobchute.ledger.pools import PoolRows
    from jobchute.ledger.queues import QueueRows
    from jobchute.ledger.versions import VersionRows
    from jobchute.lifecycle.announce_again import Reteller
    from jobchute.lifecycle.timing import Timing
    from jobchute.runtime.protocols import Clients, SettingsReader


class SharedParts:
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

        return PoolRows(self.clients.client("dynamodb"), self.settings(LedgerSettings).table)

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

    def objects_in(self, bucket: str) -> "Objects":
        from jobchute.aws.objects import Objects

        return Objects(self.clients.client("s3"), bucket)
