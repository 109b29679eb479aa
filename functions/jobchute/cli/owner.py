"""The owner that the tool sends as, in a deployment with owners."""

from collections.abc import Collection

from jobchute.cli.errors import CannotAskError
from jobchute.requests.owners import OWNER_NAME
from jobchute.settings import Settings


class OwnerEnvironment(Settings):
    """JOBCHUTE_OWNER, so that a user with one owner need not name it each time."""

    owner: str | None = None


def owner_of(name: str | None) -> str | None:
    """The owner that the option or the environment names. Raises CannotAskError if it is malformed."""
    name = name or OwnerEnvironment.from_environment().owner or None
    if name is not None and not OWNER_NAME.fullmatch(name):
        rule = "lower-case letters, digits and hyphens, at most 63"
        raise CannotAskError(
            f"{name!r} is not the name of an owner: use the name of the owner's folder ({rule})"
        )
    return name


def refuse_unless_owner(owner: str | None, stack: str, owners: Collection[str]) -> None:
    """Job ids depend on the owner: an owner that the stack does not have would give ids of no job."""
    if not owners and owner is not None:
        raise CannotAskError(f"stack {stack} has no owners: leave --owner out and unset JOBCHUTE_OWNER")
    if owners and owner is None:
        raise CannotAskError(f"stack {stack} has owners: name yours with --owner or JOBCHUTE_OWNER")
    if owners and owner not in owners:
        raise CannotAskError(f"stack {stack} has no owner {owner}: name yours with --owner or JOBCHUTE_OWNER")
