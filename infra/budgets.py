"""The context value `jobchute:budgets`."""

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from jobchute.money.amounts import micro_of_number
from jobchute.money.budgets import Budgets
from jobchute.requests.labels import LABEL_NAME, LABEL_VALUE
from jobchute.requests.money import MAX_DOLLARS

Label = Annotated[str, StringConstraints(pattern=f"^{LABEL_NAME.pattern}$")]
Value = Annotated[str, StringConstraints(pattern=f"^{LABEL_VALUE.pattern}$", min_length=1)]
Dollars = Annotated[float, Field(gt=0, le=MAX_DOLLARS, allow_inf_nan=False)]


class BudgetsEntry(BaseModel):
    """`jobchute:budgets`: dollars a month by the value of a label, and for all other jobs together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: Label
    amounts: dict[Value, Dollars] = {}
    default: Dollars | None = None

    @model_validator(mode="after")
    def has_a_budget(self) -> Self:
        """Without any, every job would be rejected."""
        if not self.amounts and self.default is None:
            raise ValueError("it has neither amounts nor a default")
        return self

    def to_json(self) -> str:
        """As it stands in the functions' environment."""
        amounts = {name: micro_of_number(dollars) for name, dollars in self.amounts.items()}
        default = None if self.default is None else micro_of_number(self.default)
        return Budgets(self.label, amounts, default).to_json()
