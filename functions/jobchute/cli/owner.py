"""For whom the tool speaks, in a deployment with owners."""

from collections.abc import Collection

from jobchute.cli.errors import CannotAskError
from jobchute.requests.owners import OWNER_NAME
from jobchute.settings import Settings


class OwnerEnvironment(Settings):
    """JOBCHUTE_OWNER, so that a person with one owner need not name it each time."""

    owner: str | None = None


def owner_of(name: str | None) -> str | None:
    """The owner that is named, else the one that the environment names. Raises CannotAskError."""
    name = name or OwnerEnvironment.from_environment().owner or None
    if name is not None and not OWNER_NAME.fullmatch(name):
        rule = "lower-case letters, digits and hyphens, at most 63"
        raise CannotAskError(f"an owner is named as its folder ({rule}), not {name!r}")
    return name


def refuse_unless_owner(owner: str | None, stack: str, owners: Collection[str]) -> None:
    """Job ids depend on the owner, so one that the stack does not have would show ids that no job gets."""
    if not owners and owner is not None:
        raise CannotAskError(f"stack {stack} has no owners: leave --owner out and unset JOBCHUTE_OWNER")
    if owners and owner is None:
        raise CannotAskError(f"stack {stack} has owners: name yours with --owner or JOBCHUTE_OWNER")
    if owners and owner not in owners:
        raise CannotAskError(f"stack {stack} has no owner {owner}: name yours with --owner or JOBCHUTE_OWNER")
