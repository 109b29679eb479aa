"""The budgets of a deployment: how much the jobs of each value of a label may cost in a month. Pure."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import NamedTuple, Self

from jobchute.money.amounts import dollars_of, micro_of_number

DEFAULT = "*"
"""The name of the default budget, which no value of a label can be."""


class Budget(NamedTuple):
    """limit: of a month, in millionths of a dollar."""

    name: str
    limit: int

    @property
    def title(self) -> str:
        """For people."""
        return "the default budget" if self.name == DEFAULT else f"the budget {self.name}"


class Budgets(NamedTuple):
    """label: whose values have budgets. amounts: by value, in millionths of a dollar a month.

    default: of all jobs together that have no such label, or a value without a budget of its own; None where
    such jobs are rejected. So no value that a sender makes up has money of its own.
    """

    label: str
    amounts: Mapping[str, int]
    default: int | None = None

    @property
    def all(self) -> list[Budget]:
        found = [Budget(name, limit) for name, limit in sorted(self.amounts.items())]
        return found if self.default is None else [*found, Budget(DEFAULT, self.default)]

    def of_labels(self, labels: Mapping[str, str]) -> Budget | None:
        """The budget of a job; None where it has none, and there is no default."""
        return self.named(labels.get(self.label, DEFAULT))

    def named(self, name: str) -> Budget | None:
        """The budget of this name; the default one where there is none of this name any more."""
        if name in self.amounts:
            return Budget(name, self.amounts[name])
        return None if self.default is None else Budget(DEFAULT, self.default)

    def to_json(self) -> str:
        """In dollars, as a deployment gives them."""
        said = {name: dollars_of(limit) for name, limit in self.amounts.items()}
        default = {} if self.default is None else {"default": dollars_of(self.default)}
        return json.dumps({"label": self.label, "amounts": said, **default}, separators=(",", ":"))

    @classmethod
    def of_json(cls, text: str) -> Self | None:
        """The inverse of `to_json`; None for an empty object. Raises ValueError for other text."""
        try:
            said = json.loads(text)
            if not said:
                return None
            amounts = {name: micro_of_number(dollars) for name, dollars in said["amounts"].items()}
            default = None if "default" not in said else micro_of_number(said["default"])
            return cls(said["label"], amounts, default)
        except (TypeError, AttributeError, KeyError, ArithmeticError) as error:
            raise ValueError(f"no budgets: {error!r}") from error


def month_of(epoch_seconds: float) -> str:
    """The month in UTC: `2026-11`."""
    return datetime.fromtimestamp(epoch_seconds, UTC).strftime("%Y-%m")
