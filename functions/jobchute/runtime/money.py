"""The parts that know what jobs cost: prices and budgets, and what operators set without a deployment."""

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from jobchute.runtime.clients import Fresh
from jobchute.settings import LedgerSettings, TimingSettings, ValidateSettings

if TYPE_CHECKING:
    from jobchute.ledger.budget_waits import BudgetWaits
    from jobchute.ledger.budgets import BudgetRows
    from jobchute.ledger.pool_settings import PoolSettings
    from jobchute.ledger.transactions import Transactions
    from jobchute.lifecycle.settlement import Settlement
    from jobchute.money.budgets import Budgets
    from jobchute.money.prices import Prices
    from jobchute.requests.costs import JobCosts
    from jobchute.runtime.clients import Clock
    from jobchute.runtime.protocols import Clients, SettingsReader

RULES_ARE_FRESH_SECONDS = 30


class MoneyParts:
    """Nothing of prices is imported or read where none are loaded, and nothing of budgets without any."""

    clients: "Clients"
    settings: "SettingsReader"
    clock: "Clock"

    @cached_property
    def pool_settings(self) -> "Fresh[PoolSettings]":
        """What operators have set without a deployment. It is read anew as often as the rules."""
        from jobchute.ledger.pool_settings import PoolSettingsRow

        table = self.settings(TimingSettings).table
        row = PoolSettingsRow(self.clients.client("dynamodb"), table)
        return Fresh(row.get, seconds=RULES_ARE_FRESH_SECONDS, now=self.clock.now)

    @cached_property
    def prices(self) -> "Callable[[], Prices | None]":
        """The prices that are loaded, read again when they have changed."""
        from jobchute.ledger.price_rows import PriceRow
        from jobchute.money.loaded import LoadedPrices

        row = PriceRow(self.clients.client("dynamodb"), self.settings(TimingSettings).table)
        return LoadedPrices(row.get, loaded_at=lambda: self.pool_settings().prices_at)

    @cached_property
    def costs(self) -> "JobCosts":
        from jobchute.requests.costs import JobCosts

        return JobCosts(self._prices, self.settings(ValidateSettings).budgets)

    @cached_property
    def budget_rows(self) -> "BudgetRows":
        from jobchute.ledger.budgets import BudgetRows

        table = self.settings(LedgerSettings).table
        return BudgetRows(self.clients.client("dynamodb"), table, self.transactions())

    @cached_property
    def budget_waits(self) -> "BudgetWaits":
        from jobchute.ledger.budget_waits import BudgetWaits

        table = self.settings(LedgerSettings).table
        return BudgetWaits(self.clients.client("dynamodb"), table, self.transactions())

    @cached_property
    def settlement(self) -> "Settlement":
        from jobchute.lifecycle.settlement import Settlement

        return Settlement(self.budget_rows, self.budget_waits, self.clock.now)

    @property
    def known_budgets(self) -> "Callable[[], Budgets | None] | None":
        """The deployment's budgets; None in a function that does not know them."""
        return None

    def _prices(self) -> "Prices | None":
        return self.prices() if self.pool_settings().prices_at else None

    def transactions(self) -> "Transactions":
        from jobchute.ledger.transactions import Transactions

        clock = self.clock
        return Transactions(self.clients.client("dynamodb"), jitter=clock.jitter, sleep=clock.sleep)
