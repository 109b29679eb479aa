"""Rules across the fields of a request, which no provider's machine model states.

A rule takes a request body and yields what is wrong with it; its docstring names the source. It checks
only members of the right shape, because mistakes of shape are reported separately.
`docs/validation-rules.md` lists all rules.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import nan
from typing import Any

from jobchute.problems import Problem
from jobchute.validation.codes import Code
from jobchute.validation.wording import member_path, shown

Fields = Mapping[str, Any]
Rule = Callable[[Fields], Iterable[Problem]]
RuleTable = Mapping[str, tuple[Rule, ...]]
"""An API's rules by the member that they are about, as in `ResourceConfig.InstancePreferences`.

They run only if the member is present. The rules under the empty name always run."""

NOTHING: Fields = {}
RESERVED_TAG_PREFIX = "jobchute:"
# Users control the provider simulator with this tag; on AWS it has no effect.
SIMULATE_TAG = "jobchute:simulate"


def fields(value: object) -> Fields:
    """`value` if it is an object, otherwise an empty one."""
    return value if isinstance(value, dict) else NOTHING


def items(value: object) -> list[tuple[int, Fields]]:
    """The objects of a list with their positions; none if `value` is no list."""
    if not isinstance(value, list):
        return []
    return [(index, item) for index, item in enumerate(value) if isinstance(item, dict)]


def object_in(text: str) -> Fields | None:
    """The object that a JSON text says; None for anything else."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def number_in(text: object) -> float:
    """The number that a text says; for anything else not a number, which is neither more nor less than any."""
    try:
        return float(text) if isinstance(text, str) else nan
    except ValueError:
        return nan


def exactly_one(value: Fields, names: tuple[str, ...], path: str) -> list[Problem]:
    """A problem at `path` where none of the members is there, and at each that is there beyond the first."""
    given = [name for name in names if name in value]
    if len(given) == 1:
        return []
    if not given:
        which = f"Exactly one of {' and '.join(names)}" if len(names) > 1 else names[0]
        return [Problem(path, Code.NOT_ONE_OF, f"{which} is required here.")]
    return exclusive(given, path)


def at_most_one(value: Fields, names: tuple[str, ...], path: str) -> list[Problem]:
    """A problem at each member that is there beyond the first."""
    return exclusive([name for name in names if name in value], path)


def missing(value: Fields, names: tuple[str, ...], path: str, message: str) -> list[Problem]:
    """A problem at each member that is not there. message: with `{}` for its name."""
    return [
        Problem(f"{path}.{name}", Code.MISSING, message.format(name)) for name in names if name not in value
    ]


def exclusive(given: list[str], path: str) -> list[Problem]:
    """A problem at each of the members but the first."""
    if len(given) < 2:
        return []
    message = f"{{}} and {given[0]} exclude each other. Remove one of them."
    return [Problem(f"{path}.{name}", Code.EXCLUSIVE, message.format(name)) for name in given[1:]]


def unique(names: Mapping[int, object], path: str, what: str) -> list[Problem]:
    """A problem at every name that an earlier one equals.

    names: by position in a list; what is no string is passed over.
    path: of a name, with `{}` for the position.
    """
    texts = [name for name in names.values() if isinstance(name, str)]
    if len(texts) == len(set(texts)):
        return []
    seen: dict[str, int] = {}
    problems: list[Problem] = []
    for index, name in names.items():
        if not isinstance(name, str):
            continue
        first = seen.setdefault(name, index)
        if first != index:
            message = f"The {what} {shown(name)} is already used at {path.format(first)}; each must be unique."
            problems.append(Problem(path.format(index), Code.DUPLICATE, message))
    return problems


def tag_key_problems(key: object, path: str) -> Iterator[Problem]:
    """What is wrong with one tag key: a prefix that AWS or Jobchute keeps."""
    if not isinstance(key, str):
        return
    if key[:4].lower() == "aws:":
        message = f"The tag key {shown(key)} starts with aws:, which AWS reserves. Rename it."
        yield Problem(path, Code.RESERVED, message)
    if key.startswith(RESERVED_TAG_PREFIX) and key != SIMULATE_TAG:
        message = f"The tag key {shown(key)} starts with {RESERVED_TAG_PREFIX}, which Jobchute sets itself."
        yield Problem(path, Code.RESERVED, message)


def tag_list_problems(tags: object, path: str, key_member: str) -> Iterator[Problem]:
    """Keys that are reserved or there twice, in a list of tags whose key is in `key_member`."""
    keys = {index: tag.get(key_member) for index, tag in items(tags)}
    # Without a colon no prefix is reserved, and most keys have none: their paths need not be spelled.
    for index, key in keys.items():
        if isinstance(key, str) and ":" in key:
            yield from tag_key_problems(key, f"{path}[{index}].{key_member}")
    yield from unique(keys, f"{path}[{{}}].{key_member}", "tag key")


def tag_count_problems(tags: object, path: str, *, most: int, whose: str) -> Iterator[Problem]:
    """A problem if a list or map has more than `most` tags. whose: the service with this limit."""
    if isinstance(tags, list | dict) and len(tags) > most:
        message = f"This has {len(tags)} tags; {whose} allows at most {most} on a resource."
        yield Problem(path, Code.TOO_MANY, message)


def tag_map_problems(tags: object, path: str) -> Iterator[Problem]:
    """Keys that are reserved, in a map of tags."""
    for key in fields(tags):
        if isinstance(key, str) and ":" in key:
            yield from tag_key_problems(key, member_path(path, key))


def no_empty_texts(parent: Fields, names: tuple[str, ...], path: str) -> Iterator[Problem]:
    """A problem at every empty string in these lists of `parent`, which is at `path`."""
    for name in names:
        texts = parent.get(name)
        if not isinstance(texts, list) or "" not in texts:
            continue
        for index, text in enumerate(texts):
            if text == "":
                message = f"{name} may not contain empty strings. Leave the item out, or give it a value."
                yield Problem(f"{path}.{name}[{index}]", Code.TOO_SHORT, message)


def preferred_types_once(resources: Fields, path: str) -> list[Problem]:
    """A problem at every preference for an instance type that an earlier one named."""
    preferences = items(resources.get("InstancePreferences"))
    if not preferences:
        return []
    types = {index: preference.get("InstanceType") for index, preference in preferences}
    return unique(types, f"{path}.InstancePreferences[{{}}].InstanceType", "instance type")


def preferred_counts(resources: Fields, path: str) -> Iterator[Problem]:
    """A problem at every InstanceCount that is there twice or nowhere, among preferences and beside them."""
    preferences = items(resources.get("InstancePreferences"))
    if not preferences:
        return
    counted = [index for index, preference in preferences if "InstanceCount" in preference]
    if "InstanceCount" in resources:
        for index in counted:
            message = "InstanceCount is already set beside InstancePreferences. Set it in one place."
            yield Problem(f"{path}.InstancePreferences[{index}].InstanceCount", Code.EXCLUSIVE, message)
    elif not counted:
        message = "InstancePreferences requires InstanceCount: here for all preferences, or in each of them."
        yield Problem(f"{path}.InstanceCount", Code.MISSING, message)
    else:
        for index, preference in preferences:
            if "InstanceCount" not in preference:
                message = "Other preferences have InstanceCount, so this one needs it too."
                yield Problem(f"{path}.InstancePreferences[{index}].InstanceCount", Code.REQUIRES, message)
