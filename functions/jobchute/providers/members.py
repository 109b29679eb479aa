"""Reading the members of a request by their paths, as the specs write them (`jobchute.providers.spec`)."""

import re
from functools import cache

_JOINED = re.compile(r"\{(\w+)\}")


def values_at(value: object, path: str, at: str = "request") -> list[tuple[str, object]]:
    """What is at a path below `value`, which is at `at`, each with its path (`request.Outputs[1].S3Uri`)."""
    if not path:
        return [(at, value)]
    if "{" in path:
        return _joined(value, path, at)
    joined, names, below = _parts(path)
    for name in names:
        if not isinstance(value, dict) or name not in value:
            return []
        value = value[name]
    if below is None:
        return [(f"{at}.{joined}", value)]
    if not isinstance(value, list):
        return []
    return [
        found for index, item in enumerate(value) for found in values_at(item, below, f"{at}.{joined}[{index}]")
    ]


def _joined(value: object, template: str, at: str) -> list[tuple[str, object]]:
    """What several members make together, at the first of them; nothing where one is missing or no text."""
    names = _JOINED.findall(template)
    if not isinstance(value, dict) or not all(isinstance(value.get(name), str) for name in names):
        return []
    return [(f"{at}.{names[0]}", template.format_map(value))]


@cache
def _parts(path: str) -> tuple[str, tuple[str, ...], str | None]:
    """The names up to the first list, together and apart; the path below its items (empty for the items)."""
    names, is_list, below = path.partition("[]")
    return names, tuple(names.split(".")), below.removeprefix(".") if is_list else None
