"""What the jobs of a deployment may cost: a request and its usage, held against the prices that are loaded."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from jobchute.requests.submission import Submission

if TYPE_CHECKING:
    from jobchute.money.budgets import Budgets
    from jobchute.money.cost import Cost
    from jobchute.money.prices import Prices


class JobCosts(NamedTuple):
    """prices: as they are now; None where none are loaded. budgets: None where the deployment has none."""

    prices: "Callable[[], Prices | None]"
    budgets: "Budgets | None" = None

    def of(self, submission: Submission) -> "Cost":
        """Of a valid request."""
        from jobchute.money.cost import cost_of
        from jobchute.providers.charges import charges_of

        charges = charges_of(submission.api, submission.request, submission.usage)
        return cost_of(charges, self.prices())

    def if_priced(self, submission: Submission) -> "Cost | None":
        """None where no prices are loaded: then nothing is said of costs."""
        return None if self.prices() is None else self.of(submission)
