"""What a world knows of costs."""

from dataclasses import dataclass, field

from jobchute.money.budgets import Budgets
from jobchute.money.prices import Prices


@dataclass(slots=True)
class Money:
    """prices: as they are loaded. limits: the highest that each budget had in this world."""

    prices: Prices | None = None
    budgets: Budgets | None = None
    limits: dict[str, int] = field(default_factory=dict)

    @property
    def loaded_at(self) -> str:
        return "" if self.prices is None else "2026-11-27T04:00:00.000Z"

    def limit_by(self, budgets: Budgets | None) -> None:
        """A lowered limit holds for what is reserved later."""
        self.budgets = budgets
        for each in () if budgets is None else budgets.all:
            self.limits[each.name] = max(each.limit, self.limits.get(each.name, 0))
