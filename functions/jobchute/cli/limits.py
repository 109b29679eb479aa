"""What a deployed stack allows, for requests that are checked on this machine."""

from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.cli.output import say
from jobchute.requests.document import Submission

if TYPE_CHECKING:
    from jobchute.cli.document_checks import Checked
    from jobchute.requests.costs import JobCosts
    from jobchute.requests.guardrails import GuardRails
    from jobchute.requests.location import Location


class Limits(NamedTuple):
    """Its guard rails, its region and account, and what jobs cost there; each None where no stack is named."""

    guard_rails: "GuardRails | None" = None
    place: "Location | None" = None
    costs: "JobCosts | None" = None

    def cost_of(self, document: "Checked") -> dict[str, Any]:
        """What the job of a valid document may cost; empty where no prices are loaded."""
        asked = document.asked
        if self.costs is None or document.mistakes or not isinstance(asked, Submission):
            return {}
        cost = self.costs.if_priced(asked)
        if cost is None:
            return {}
        from jobchute.money.told import told

        return {"cost": told(cost.as_attribute(), None)}


def limits_of(stack: str, owner: str | None) -> Limits:
    """owner: as whom the user sends. Raises CannotAskError."""
    from jobchute.cli.owner import refuse_unless_owner
    from jobchute.cli.stack import guard_rails_of, location_of, owners_of

    refuse_unless_owner(owner, stack, owners_of(stack))
    return Limits(guard_rails_of(stack), location_of(stack), _costs_if_allowed(stack))


def _costs_if_allowed(stack: str) -> "JobCosts | None":
    """Senders may check requests without the permission to read prices."""
    from botocore.exceptions import ClientError

    try:
        return costs_of(stack)
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("AccessDenied", "AccessDeniedException"):
            raise
        say("costs are not checked: you may not read the prices (dynamodb:GetItem on the table)", err=True)
        return None


def costs_of(stack: str | None) -> "JobCosts":
    """What jobs cost by the prices of a deployment, which are read once, now."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.stack import budgets_of
    from jobchute.ledger.price_rows import PriceRow
    from jobchute.requests.costs import JobCosts
    from jobchute.runtime import client

    prices = PriceRow(client("dynamodb"), deployment_of(stack).table).get()
    return JobCosts(lambda: prices, budgets_of(stack))
