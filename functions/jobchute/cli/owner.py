"""For whom the tool speaks, in a deployment with owners."""

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
