"""Rules about structures of which exactly one member is given."""

from collections.abc import Iterator, Mapping

from jobchute.problems import Problem
from jobchute.providers.members import values_at
from jobchute.validation.rules import Fields, exactly_one


def one_member_each(request: Fields, unions: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """A problem at each structure that has none of its members or several. unions: their members, by path."""
    for path, names in unions.items():
        for at, value in values_at(request, path):
            if isinstance(value, dict):
                yield from exactly_one(value, names, at)
