"""Every mistake in a request body that its model refuses, each with its path.

pydantic decides in microseconds whether a body is valid, but it stops at the first mistake of a value and has
its own spelling of paths. A refused body is therefore walked along the annotations of the model.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple, NotRequired, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic.fields import FieldInfo
from pydantic_core import SchemaValidator, ValidationError, core_schema
from typing_extensions import is_typeddict

from jobchute.masking import is_secret
from jobchute.problems import Problem
from jobchute.validation.codes import Code
from jobchute.validation.model import RequestModel
from jobchute.validation.remedies import UNFILLED, remedy, seconds_in
from jobchute.validation.wording import MAX_NEAREST, kind_of, listed, member_path, nearest, nearest_few, shown


class Limits(NamedTuple):
    """The limits that an annotation puts on a value, its length or its size."""

    least: int | None = None
    most: int | None = None
    low: int | None = None
    high: int | None = None
    pattern: str | None = None


NUMBERS = {int: "an integer", float: "a number"}
"""What a message calls the types of numbers."""


@dataclass(frozen=True, slots=True)
class Walk:
    """A walk over one refused body.

    docs: the provider's documentation by `Structure.member`, for missing members.
    hints: how many more similar names to search for; the search costs far more than the rest.
    secret: True below a member whose values must not appear in messages.
    """

    model: RequestModel
    docs: Mapping[str, str]
    hints: Iterator[int]
    secret: bool = False

    def problems(self, annotation: Any, value: object, path: str) -> Iterator[Problem]:
        """Every mistake in `value`, which should be what `annotation` says."""
        kind, limits = unwrapped(annotation)
        if is_typeddict(kind):
            yield from self.structure_problems(kind, value, path)
        elif get_origin(kind) is list:
            yield from self.list_problems(kind, limits, value, path)
        elif get_origin(kind) is dict:
            yield from self.map_problems(kind, limits, value, path)
        elif get_origin(kind) is Literal:
            yield from self.choice_problems(get_args(kind), value, path)
        elif kind is str:
            yield from self.text_problems(limits, value, path)
        elif kind in NUMBERS:
            yield from self.number_problems(kind, limits, value, path=path)
        elif not isinstance(value, kind):
            yield self.wrong_type("true or false", value, path)

    def structure_problems(self, structure: Any, value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield self.wrong_type("an object", value, path)
            return
        members = members_of(structure)
        for key, inner in value.items():
            if key in members:
                yield from self.below(structure, key).problems(members[key], inner, member_path(path, key))
            else:
                yield self.unknown_key(structure, str(key), path)
        for key, annotation in members.items():
            if key not in value and is_required(annotation):
                yield self.missing(structure, key, path)

    def list_problems(self, kind: Any, limits: Limits, value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, list):
            yield self.wrong_type("a list", value, path)
            return
        yield from size_problems(limits, len(value), "items", path)
        (item,) = get_args(kind)
        for index, inner in enumerate(value):
            yield from self.problems(item, inner, f"{path}[{index}]")

    def map_problems(self, kind: Any, limits: Limits, value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, dict):
            yield self.wrong_type("an object", value, path)
            return
        yield from size_problems(limits, len(value), "entries", path)
        key_kind, value_kind = get_args(kind)
        _, key_limits = unwrapped(key_kind)
        for key, inner in value.items():
            inner_path = member_path(path, str(key))
            yield from replace(self, secret=False).text_problems(key_limits, key, inner_path, "The key ")
            yield from self.problems(value_kind, inner, inner_path)

    def choice_problems(self, allowed: tuple[str, ...], value: object, path: str) -> Iterator[Problem]:
        if not isinstance(value, str):
            yield self.wrong_type("a string", value, path)
        elif value not in allowed:
            near = self.near_miss(value, allowed) if value else None
            hint = f"did you mean {near}?" if near else f"allowed: {listed(allowed)}."
            hint = hint if value else f"{hint} {UNFILLED}"
            message = f"{self.named(value)} is not among the {len(allowed)} allowed values; {hint}"
            yield Problem(path, Code.NOT_ALLOWED_VALUE, message)

    def text_problems(self, limits: Limits, value: object, path: str, what: str = "") -> Iterator[Problem]:
        if not isinstance(value, str):
            yield self.wrong_type("a string", value, path)
            return
        named = what + self.named(value)
        if not value:
            yield from empty_problems(limits, path, what)
            return
        if not is_text(value):
            yield Problem(
                path, Code.NOT_TEXT, f"{named} contains half of a surrogate pair; write whole characters."
            )
            return
        yield from character_problems(limits, named, value, path)

    def number_problems(self, kind: type, limits: Limits, value: object, *, path: str) -> Iterator[Problem]:
        """Python's integers are real numbers too, as pydantic has it."""
        is_other = isinstance(value, bool) or not isinstance(value, int | kind)
        if is_other or not isinstance(value, int | float):
            yield self.wrong_type(NUMBERS[kind], value, path)
        elif limits.low is not None and value < limits.low:
            message = f"{self.named(value)} is below the minimum, {limits.low}."
            yield Problem(path, Code.TOO_SMALL, message if value else f"{message} {UNFILLED}")
        elif limits.high is not None and value > limits.high:
            yield Problem(path, Code.TOO_LARGE, f"{self.named(value)} is above the maximum, {limits.high}.")

    def below(self, structure: Any, member: str) -> "Walk":
        """This walk below a member of a structure; secret if the member is."""
        sensitive = is_secret(member) or f"{structure.__name__}.{member}" in self.model.sensitive
        return replace(self, secret=True) if sensitive else self

    def unknown_key(self, structure: Any, key: str, path: str) -> Problem:
        key_path = member_path(path, key)
        if f"{structure.__name__}.{key}" in self.model.read_only:
            return Problem(
                key_path,
                Code.READ_ONLY,
                f"{key} appears only in the provider's answers. Remove it from the request.",
            )
        if structure is self.model.request and key in self.model.elsewhere:
            text = f"{key} is not a member of {self.model.operation}. {self.model.elsewhere[key]}"
            return Problem(key_path, Code.OTHER_API, text)
        members = members_of(structure)
        near = self.near_miss(key, tuple(members))
        hint = f"did you mean {near}?" if near else self.three_nearest(key, members)
        where = self.model.operation if structure is self.model.request else structure.__name__
        return Problem(key_path, Code.UNKNOWN_KEY, f"{where} has no member {shown(key)}; {hint}")

    def missing(self, structure: Any, key: str, path: str) -> Problem:
        words = first_sentence(self.docs.get(f"{structure.__name__}.{key}", ""))
        where = self.model.operation if structure is self.model.request else structure.__name__
        return Problem(member_path(path, key), Code.MISSING, f"{where} needs {key}. {words}".rstrip())

    def wrong_type(self, wanted: str, value: object, path: str) -> Problem:
        got = kind_of(value) if self.secret or isinstance(value, dict | list | None) else shown(value)
        seconds = seconds_in(value) if path.endswith("Seconds") and not self.secret else None
        advice = remedy(wanted, value) if seconds is None else f" It counts seconds: write {seconds}."
        return Problem(path, Code.WRONG_TYPE, f"This must be {wanted}, not {got}.{advice}")

    def near_miss(self, word: str, allowed: tuple[str, ...]) -> str | None:
        return None if next(self.hints, None) is None else nearest(word, allowed)

    def three_nearest(self, key: str, members: Mapping[str, Any]) -> str:
        if next(self.hints, None) is None or len(members) <= MAX_NEAREST:
            return f"its members are {listed(sorted(members), most=40)}."
        return f"the nearest of its {len(members)} are {', '.join(nearest_few(key, tuple(members)))}."

    def named(self, value: object) -> str:
        return "The value" if self.secret else shown(value)


def empty_problems(limits: Limits, path: str, what: str) -> Iterator[Problem]:
    """One problem for an empty string, as skeletons have them, even if it violates other constraints."""
    least = limits.least or 0
    code = Code.TOO_SHORT if least else Code.PATTERN
    if least or (limits.pattern is not None and not matches(limits.pattern, "")):
        yield Problem(path, code, f"{what or 'This '}is empty. {UNFILLED}")


def character_problems(limits: Limits, named: str, value: str, path: str) -> Iterator[Problem]:
    """Problems with the length and the characters of a text. named: the text as a message shows it."""
    if limits.least is not None and len(value) < limits.least:
        message = f"{named} has {len(value)} characters; at least {limits.least} are required."
        yield Problem(path, Code.TOO_SHORT, message)
    if limits.most is not None and len(value) > limits.most:
        message = f"{named} has {len(value)} characters; at most {limits.most} are allowed."
        yield Problem(path, Code.TOO_LONG, message)
    if limits.pattern is not None and not matches(limits.pattern, value):
        message = f"{named} does not match the pattern `{bare(limits.pattern)}`."
        yield Problem(path, Code.PATTERN, message)


def size_problems(limits: Limits, size: int, what: str, path: str) -> Iterator[Problem]:
    if limits.least is not None and size < limits.least:
        message = f"This has {size} {what}; at least {limits.least} are required."
        yield Problem(path, Code.TOO_FEW, message + (" Leave it out instead." if size == 0 else ""))
    if limits.most is not None and size > limits.most:
        yield Problem(path, Code.TOO_MANY, f"This has {size} {what}; at most {limits.most} are allowed.")


@cache
def members_of(structure: Any) -> dict[str, Any]:
    """The members of a TypedDict with their annotations, in the provider's order."""
    return get_type_hints(structure, include_extras=True)


def is_required(annotation: Any) -> bool:
    return get_origin(annotation) is not NotRequired


@cache
def unwrapped(annotation: Any) -> tuple[Any, Limits]:
    """The type within an annotation, and the limits that the annotation puts on it."""
    if get_origin(annotation) is NotRequired:
        return unwrapped(get_args(annotation)[0])
    if get_origin(annotation) is not Annotated:
        return annotation, Limits()
    kind, field = get_args(annotation)
    return kind, limits_of(field)


def limits_of(field: FieldInfo) -> Limits:
    found: dict[str, Any] = {}
    for constraint in field.metadata:
        match constraint:
            case MinLen():
                found["least"] = constraint.min_length
            case MaxLen():
                found["most"] = constraint.max_length
            case Ge():
                found["low"] = constraint.ge
            case Le():
                found["high"] = constraint.le
            case _:
                found["pattern"] = constraint.pattern
    return Limits(**found)


def matches(pattern: str, text: str) -> bool:
    """Whether all of `text` matches, by the engine of the models, in linear time."""
    try:
        pattern_validator(pattern).validate_python(text)
    except ValidationError:
        return False
    return True


@cache
def pattern_validator(pattern: str) -> SchemaValidator:
    return SchemaValidator(core_schema.str_schema(pattern=pattern, strict=True))


def is_text(value: str) -> bool:
    """False if `value` holds half of a surrogate pair."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def bare(pattern: str) -> str:
    """A model's pattern as the provider writes it: without the anchors."""
    return pattern.removeprefix("^(?:").removesuffix(")$")


def first_sentence(text: str) -> str:
    sentence, dot, _ = text.partition(". ")
    return sentence + dot.strip()
