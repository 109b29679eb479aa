"""What a service model refuses.

botocore checks types, required members, minima and unions before it sends; maxima, patterns and enums it does
not (`botocore/validate.py`), and another client checks nothing. All of it is checked here, and unknown keys
are refused.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from .errors import ServiceError
from .patterns import matches

Shape = Any  # botocore.model.Shape, which is untyped

SHOWN_PROBLEMS = 20
SHOWN_CHARACTERS = 200

_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "map": (dict,),
    "list": (list,),
    "string": (str,),
    "character": (str,),
    "blob": (str,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "boolean": (bool,),
    "timestamp": (int, float, str),
}


def check(shape: Shape, value: Any) -> None:
    """Raise the ValidationException that AWS words as `2 validation errors detected: Value 'x' at 'path'
    failed …`.
    """
    problems = list(_problems(shape, value, ""))
    if problems:
        found = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise ServiceError("ValidationException", found + "; ".join(problems[:SHOWN_PROBLEMS]))


def wire_name(name: str, shape: Shape) -> str:
    """A member's name in JSON."""
    return str(shape.serialization.get("name", name))


def _problems(shape: Shape, value: Any, path: str) -> Iterator[str]:
    kind = shape.type_name
    if getattr(shape, "is_document_type", False):
        return
    if not _has_type(kind, value):
        yield _failed(shape, value, path, f"Member must be of type {kind}")
        return
    yield from _limits(shape, value, path)
    match kind:
        case "structure":
            yield from _structure(shape, value, path)
        case "list":
            for index, item in enumerate(value, start=1):
                yield from _problems(shape.member, item, f"{path}.{index}.member")
        case "map":
            yield from _map(shape, value, path)


def _has_type(kind: str, value: Any) -> bool:
    if isinstance(value, bool) and kind != "boolean":
        return False
    return isinstance(value, _TYPES[kind])


def _structure(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    members = {wire_name(name, member): member for name, member in shape.members.items()}
    required = {wire_name(name, shape.members[name]) for name in shape.required_members}
    for key in value.keys() - members.keys():
        yield _failed(shape, value[key], _join(path, key), "Member is not known to the service model")
    for key, member in members.items():
        inner = _join(path, key[:1].lower() + key[1:])
        if value.get(key) is not None:
            yield from _problems(member, value[key], inner)
        elif key in required:
            yield f"Value null at '{inner}' failed to satisfy constraint: Member must not be null"
    if getattr(shape, "is_tagged_union", False) and len([v for v in value.values() if v is not None]) != 1:
        names = ", ".join(members)
        yield _failed(shape, value, path, f"Exactly one member of the union must be set: [{names}]")


def _map(shape: Shape, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for key, item in value.items():
        yield from _problems(shape.key, key, f"{path}.key")
        yield from _problems(shape.value, item, f"{path}.{key}.member")


def _limits(shape: Shape, value: Any, path: str) -> Iterator[str]:
    """Minimum, maximum, enum and pattern; the last only where the length is right, so that no text is too
    long.
    """
    broken = list(_sizes(shape, value))
    if not broken and isinstance(value, str):
        broken = list(_wordings(shape, value))
    for constraint in broken:
        yield _failed(shape, value, path, constraint)


def _sizes(shape: Shape, value: Any) -> Iterator[str]:
    if shape.type_name in ("structure", "timestamp", "boolean"):
        return
    if isinstance(value, int | float):
        size, what = value, "value"
    else:
        size, what = len(value), "length"
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"Member must have {what} greater than or equal to {least}"
    if most is not None and size > most:
        yield f"Member must have {what} less than or equal to {most}"


def _wordings(shape: Shape, value: str) -> Iterator[str]:
    allowed, pattern = shape.metadata.get("enum"), shape.metadata.get("pattern")
    if allowed and value not in allowed:
        yield f"Member must satisfy enum value set: [{', '.join(allowed)}]"
    if pattern and not matches(pattern, value):
        yield f"Member must satisfy regular expression pattern: {pattern}"


def _failed(shape: Shape, value: Any, path: str, constraint: str) -> str:
    """One problem; the value of a sensitive shape is not repeated."""
    shown = "" if shape.metadata.get("sensitive") else f" '{_shown(value)}'"
    where = f" at '{path}'" if path else ""
    return f"Value{shown}{where} failed to satisfy constraint: {constraint}"


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[:SHOWN_CHARACTERS] + "…"


def _join(path: str, name: str) -> str:
    """AWS spells members in lower camel case, whatever the API's own spelling; an unknown key stays as it
    came.
    """
    return f"{path}.{name}" if path else name
