"""The parts that change a job's state: they admit it, submit it, observe it and end it."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from jobchute.job import Api
from jobchute.runtime.clock import Fresh
from jobchute.runtime.shared import SharedParts
from jobchute.settings import FireworksSettings, TimingSettings

if TYPE_CHECKING:
    from jobchute.lifecycle.admit import Admission
    from jobchute.lifecycle.cancel import JobCanceller
    from jobchute.lifecycle.create import JobCreator
    from jobchute.lifecycle.dependencies import Dependencies
    from jobchute.lifecycle.expire import Expirer
    from jobchute.lifecycle.observe import Observer
    from jobchute.lifecycle.pool_capacity import PoolCapacity
    from jobchute.lifecycle.stop import Stopper
    from jobchute.lifecycle.submit import Submitter
    from jobchute.lifecycle.transitions import Transitions
    from jobchute.pools.limits import PoolRules
    from jobchute.providers.adapter import Adapter
    from jobchute.providers.fireworks.account import Account

SECRET_IS_FRESH_SECONDS = 300
RULES_ARE_FRESH_SECONDS = 30


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
    def account(self) -> "Fresh[Account]":
        """Its secret is read again every few minutes, so that a rotated key needs no deployment."""
        return Fresh(self._read_account, seconds=SECRET_IS_FRESH_SECONDS, now=self.clock.now)

    @cached_property
    def adapters(self) -> "Mapping[Api, Adapter]":
        """The adapters of all APIs; none is imported or makes its client before its first call."""
        from jobchute.providers.adapter import Connections
        from jobchute.providers.adapters import Adapters

        return Adapters(
            Connections(
                creator=self.clients.provider_client,
                client=self.clients.provider_reader,
                http=self.clients.http,
                account=self.account,
                forget_account=self.account.forget,
            )
        )

    @cached_property
    def transitions(self) -> "Transitions":
        from jobchute.lifecycle.transitions import Transitions

        return Transitions(self.ledger, self.admission, self.clock.now)

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

        return Dependencies(
            self.ledger, self.ledger.dependencies, self.admission, self.transitions, self.clock.now
        )

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
            sleep=self.clock.sleep,
        )

    @cached_property
    def submitter(self) -> "Submitter":
        from jobchute.lifecycle.submit import Submitter

        self.settings(FireworksSettings)
        return Submitter(
            ledger=self.ledger,
            admission=self.admission,
            creator=self.creator,
            transitions=self.transitions,
            stopper=self.stopper,
            timing=self.timing,
            now=self.clock.now,
        )

    def _read_rules(self) -> "PoolRules":
        from jobchute.ledger.pool_settings import PoolSettingsRow
        from jobchute.providers.pool_defaults import pool_rules

        deployed = self.settings(TimingSettings)
        settings = PoolSettingsRow(self.clients.client("dynamodb"), deployed.table).get()
        return pool_rules(deployed.pools, settings.overrides, pauses=settings.pauses)

    def _read_account(self) -> "Account":
        from jobchute.providers.fireworks.account import read_account

        settings = self.settings(FireworksSettings)
        secrets = self.clients.client("secretsmanager")
        return read_account(secrets, settings.fireworks_secret_arn, settings.fireworks_url)
