"""Rules for structures with mutually exclusive members."""

from collections.abc import Iterator, Mapping

from jobchute.problems import Problem
from jobchute.providers.members import values_at
from jobchute.validation.rules import Fields, exactly_one


def one_member_each(request: Fields, unions: Mapping[str, tuple[str, ...]]) -> Iterator[Problem]:
    """A problem at each structure that sets none of its alternatives, or several.

    unions: the alternatives by the path of the structure.
    """
    for path, names in unions.items():
        for at, value in values_at(request, path):
            if isinstance(value, dict):
                yield from exactly_one(value, names, at)
