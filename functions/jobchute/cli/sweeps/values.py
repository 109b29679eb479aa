"""In which members the requests of several jobs differ. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.validation.wording import member_path

Values = Mapping[str, Any]
"""By path, as a matrix spells it: `HyperParameters.max_depth`."""


def differing_values(requests: Sequence[tuple[Api, Mapping[str, Any]]]) -> list[Values]:
    """Of each request, the values at the paths where not all of them agree.

    Names, tags and tokens are left out: every job has its own.
    """
    found = [dict(_leaves(_without_identity(api, request))) for api, request in requests]
    paths = dict.fromkeys(path for values in found for path in values)
    absent = object()
    differing = [path for path in paths if any(_differs(each, found[0], path, absent) for each in found)]
    return [{path: values[path] for path in differing if path in values} for values in found]


def short_names(paths: Sequence[str]) -> dict[str, str]:
    """A heading for each path: its last part, or the path if several end alike."""
    last = {path: path.rpartition(".")[2] for path in paths}
    names = [*last.values()]
    return {path: name if names.count(name) == 1 else path for path, name in last.items()}


def _differs(one: Values, other: Values, path: str, absent: object) -> bool:
    value, reference = one.get(path, absent), other.get(path, absent)
    return type(value) is not type(reference) or value != reference


def _without_identity(api: Api, request: Mapping[str, Any]) -> dict[str, Any]:
    spec = SPECS[api]
    own = {spec.name.member, spec.token, "" if spec.tags is None else spec.tags.member}
    return {name: value for name, value in request.items() if name not in own}


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    match value:
        case dict() if value:
            for name, inner in value.items():
                yield from _leaves(inner, member_path(path, name) if path else name)
        case list() if value:
            for number, inner in enumerate(value):
                yield from _leaves(inner, f"{path}[{number}]")
        case _:
            yield path, value
