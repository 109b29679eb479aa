"""Every constraint of the AWS models, each with a document that breaks it alone and an unbroken twin.

The documents come from botocore's input shapes directly, not from the generated models, so that a
constraint which the generator lost is found missing here.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from jobchute.validation.codes import Code
from tests.unit.providers.shape_values import (
    FILLED_IN,
    KEY,
    NARROWED,
    UNMATCHED,
    compiled,
    enum_of,
    fields,
    input_shape,
    is_union,
    many,
    minimal,
    repaired,
    text,
)

AWS_APIS = [api for api, spec in SPECS.items() if spec.service]
READ_ONLY = {"SelectedInstanceType", "SelectedInstanceCount"}
REASONS = {
    "least 0": "no length, size or count is below 0",
    "any text": "the pattern matches every text that the lengths allow",
    "filled in": "required by the provider, filled in by Jobchute: the document without it is accepted",
    "read-only": "in the input shape, but not accepted by the create call: refused whatever it is",
    "one member": "the union has one member, so two at once are an unknown key",
}


@dataclass(frozen=True)
class Case:
    """One constraint at one path: a broken document and its twin, or why one of them cannot be."""

    api: Api
    path: str
    constraint: str
    code: Code | None
    broken: Any = None
    twin: Any = None
    reason: str = ""


Put = Callable[[Any], Any]


@cache
def cases(api: Api) -> list[Case]:
    return list(cases_of(api, input_shape(api), "request", repaired))


def cases_of(api: Api, shape: Shape, path: str, put: Put) -> Iterator[Case]:
    match shape:
        case StructureShape():
            yield from structure_cases(api, shape, path, put)
        case ListShape():
            yield from size_cases(api, shape, path, put, lambda count: many(shape, count))
            yield from cases_of(api, shape.member, f"{path}[0]", lambda value: put([value]))
        case MapShape():
            entries = minimal(shape.value)
            yield from size_cases(
                api, shape, path, put, lambda count: {f"k{index}": entries for index in range(count)}
            )
            yield from key_cases(api, shape, path, put)
            yield from cases_of(api, shape.value, f"{path}.{KEY}", lambda value: put({KEY: value}))
        case StringShape():
            yield from text_cases(api, shape, path, put)
        case _:
            yield from number_cases(api, shape, path, put)
    wrong: Any = {} if isinstance(shape, ListShape) else []
    twin = text(shape, None, path) if path in NARROWED else minimal(shape)
    yield Case(api, path, "type", Code.WRONG_TYPE, put(wrong), put(twin))
    if path != "request":
        yield Case(api, path, "null", Code.WRONG_TYPE, put(None), put(twin))


def structure_cases(api: Api, shape: StructureShape, path: str, put: Put) -> Iterator[Case]:
    whole = minimal(shape)
    unknown = Code.UNKNOWN_KEY
    yield Case(
        api, f"{path}.NoSuchMember", "no other key", unknown, put({**whole, "NoSuchMember": 1}), put(whole)
    )
    if is_union(shape):
        yield from union_cases(api, shape, path, put)
    for name, member in shape.members.items():
        inner = f"{path}.{name}"
        if name in READ_ONLY:
            yield Case(
                api, inner, "read-only", Code.READ_ONLY, put({**whole, name: minimal(member)}), put(whole)
            )
            yield Case(api, inner, "all others", None, reason="read-only")
            continue
        if name in shape.required_members and name in FILLED_IN:
            yield Case(api, inner, "required", None, twin=put(whole), reason="filled in")
        elif name in shape.required_members:
            without = {key: value for key, value in whole.items() if key != name}
            yield Case(api, inner, "required", Code.MISSING, put(without), put(whole))
        others = {} if is_union(shape) else whole
        yield from cases_of(api, member, inner, member_put(put, others, name))


def union_cases(api: Api, shape: StructureShape, path: str, put: Put) -> Iterator[Case]:
    """A union without a member, with each member, and with two of them."""
    whole = minimal(shape)
    yield Case(api, path, "union", Code.NOT_ONE_OF, put({}), put(whole))
    for name, member in list(shape.members.items())[1:]:
        alone = {name: minimal(member)}
        yield Case(api, f"{path}.{name}", "union", Code.EXCLUSIVE, put({**whole, **alone}), put(alone))
    if len(shape.members) == 1:
        yield Case(api, path, "union", None, reason="one member")


def member_put(put: Put, whole: dict[str, Any], name: str) -> Put:
    return lambda value: put({**whole, name: value})


def size_cases(api: Api, shape: Shape, path: str, put: Put, sized: Callable[[int], Any]) -> Iterator[Case]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least == 0:
        yield Case(api, path, "least size", None, twin=put(sized(0)), reason="least 0")
    elif least is not None:
        yield Case(api, path, "least size", Code.TOO_FEW, put(sized(least - 1)), put(sized(least)))
    if most is not None:
        yield Case(api, path, "greatest size", Code.TOO_MANY, put(sized(most + 1)), put(sized(most)))


def key_cases(api: Api, shape: MapShape, path: str, put: Put) -> Iterator[Case]:
    entry = minimal(shape.value)

    def key_path(key: str) -> str:
        simple = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", key)
        shown = key if len(key) <= 300 else key[:300] + "…"
        escaped = shown.replace("\n", "\\n")
        return f"{path}.{key}" if simple else f'{path}["{escaped}"]'

    for case in text_cases(api, shape.key, "", lambda key: {"key": key}):
        broken, twin = fields(case.broken).get("key"), fields(case.twin).get("key")
        yield Case(
            api,
            key_path(broken) if broken is not None else f"{path}{{key}}",
            f"key: {case.constraint}",
            case.code,
            None if broken is None else put({broken: entry}),
            None if twin is None else put({twin: entry}),
            case.reason,
        )


def text_cases(api: Api, shape: Shape, path: str, put: Put) -> Iterator[Case]:
    if enum_of(shape):
        for value in enum_of(shape):
            yield Case(api, path, "enum", Code.NOT_ALLOWED_VALUE, put(f"{value}?"), put(value))
        return
    least, most, pattern = (shape.metadata.get(name) for name in ("min", "max", "pattern"))
    if least == 0:
        yield Case(api, path, "least length", None, twin=put(text(shape, None, path)), reason="least 0")
    elif least is not None:
        shortest = text(shape, least, path)
        is_possible = (
            pattern is None or "{L}" in pattern or "uD7FF" in pattern or compiled(pattern).fullmatch(shortest)
        )
        twin = shortest if is_possible else text(shape, None, path)
        yield Case(api, path, "least length", Code.TOO_SHORT, put(shortest[:-1]), put(twin))
    if most is not None:
        long = text(shape, most + 1, path)
        yield Case(api, path, "greatest length", Code.TOO_LONG, put(long), put(text(shape, most, path)))
    if pattern in (r"[\s\S]+", r"[\S\s]*"):
        yield Case(api, path, "pattern", None, twin=put("any\ntext"), reason="any text")
    elif pattern is not None:
        twin = text(shape, None, path)
        yield Case(api, path, "pattern", Code.PATTERN, put(unmatched(pattern, twin)), put(twin))
        if pattern not in UNMATCHED and not re.fullmatch(pattern, twin + "\n"):
            yield Case(
                api, path, "pattern to the end", Code.PATTERN, put(twin[: (most or 99) - 1] + "\n"), put(twin)
            )


def unmatched(pattern: str, matched: str) -> str:
    """A text near `matched` that the pattern, by Python's engine, does not match in full."""
    if pattern in UNMATCHED:
        return UNMATCHED[pattern]
    assert re.fullmatch(pattern, matched), (pattern, matched)
    changed = ("#" + matched[1:], matched[:-1] + "\n", matched[:-1] + "#")
    return next(candidate for candidate in changed if not re.fullmatch(pattern, candidate))


def number_cases(api: Api, shape: Shape, path: str, put: Put) -> Iterator[Case]:
    wrong: Any
    if shape.type_name == "boolean":
        for wrong in ("true", 1):
            yield Case(api, path, "strict type", Code.WRONG_TYPE, put(wrong), put(True))
        return
    # A whole number is a real one, too.
    for wrong in ("1", True) if shape.type_name == "float" else ("1", 1.0, True):
        yield Case(api, path, "strict type", Code.WRONG_TYPE, put(wrong), put(minimal(shape)))
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None:
        yield Case(api, path, "least", Code.TOO_SMALL, put(least - 1), put(least))
    if most is not None:
        yield Case(api, path, "greatest", Code.TOO_LARGE, put(most + 1), put(most))
