# ruff: noqa: ARG005 - all terms take the same
"""Update expressions as functions from an item to the next one.

All right-hand sides are taken from the item as it was.
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.UpdateExpressions.html
"""

from collections.abc import Callable, Sequence
from itertools import combinations

from tests.fakes.dynamodb.syntax import Path, Reader, Term, Values, at, look
from tests.fakes.dynamodb.values import SETS, InvalidError, Item, Value, kind_of, number, number_text

MISSING = "The provided expression refers to an attribute that does not exist in the item"
INCORRECT = "An operand in the update expression has an incorrect data type"
NO_SUCH_PATH = "The document path provided in the update expression is invalid for update"

Outcome = Callable[[Item, Values], Value | None]
"""What is at a path after the update; None for nothing."""


class Update:
    """outcomes: for each path that it writes, what is there afterwards. copies: whether the item can grow by
    more than the values of the request.
    """

    def __init__(self, outcomes: Sequence[tuple[Path, Outcome]], *, copies: bool) -> None:
        self.outcomes = outcomes
        self.copies = copies
        self.attributes = {str(path[0]) for path, _ in outcomes}
        for (first, _), (second, _) in combinations(outcomes, 2):
            shorter = min(len(first), len(second))
            if first[:shorter] == second[:shorter]:
                raise InvalidError("Two document paths overlap with each other; must remove or rewrite one")

    def apply(self, item: Item, values: Values) -> Item:
        found = [(path, outcome(item, values)) for path, outcome in self.outcomes]
        new = dict(item)
        removed: list[Path] = []
        for path, value in found:
            if value is None:
                removed.append(path)
            elif len(path) == 1:
                new[str(path[0])] = value
            else:
                new = _written({"M": new}, path, value)["M"]
        # From the end of a list, so that the places of the others stay.
        for path in sorted(removed, key=str, reverse=True) if len(removed) > 1 else removed:
            if len(path) == 1:
                new.pop(str(path[0]), None)
            elif look(new, path[:-1]) is not None:
                new = _written({"M": new}, path, None)["M"]
        return new


def read_update(reader: Reader) -> Update:
    outcomes: list[tuple[Path, Outcome]] = []
    sections = {"SET": _set, "REMOVE": _remove, "ADD": _add, "DELETE": _delete}
    while not reader.at_end():
        name = reader.take().upper()
        if name not in sections:
            raise InvalidError(f'Syntax error; token: "{name}", or a section that is there twice')
        section = sections.pop(name)
        outcomes.append(section(reader))
        while reader.accepts(","):
            outcomes.append(section(reader))
    written = [path for path, _ in outcomes]
    copies = any(path not in written for path in reader.operand_paths)
    return Update(outcomes, copies=copies or len(reader.operand_paths) > len({*reader.operand_paths}))


def _set(reader: Reader) -> tuple[Path, Outcome]:
    path = reader.path()
    reader.expect("=")
    left = _value(reader)
    if reader.peek() not in ("+", "-"):
        return path, left
    sign = 1 if reader.take() == "+" else -1
    right = _value(reader)

    def sum_of(item: Item, values: Values) -> Value:
        one, other = left(item, values), right(item, values)
        if "N" not in one or "N" not in other:
            raise InvalidError(INCORRECT)
        return {"N": number_text(number(one["N"]) + sign * number(other["N"]))}

    return path, sum_of


def _value(reader: Reader) -> Callable[[Item, Values], Value]:
    name = reader.peek() if reader.peek(1) == "(" else ""
    if name == "if_not_exists":
        reader.take()
        reader.expect("(")
        reader.operand_paths.append(reader.path())
        known = at(reader.operand_paths[-1])
        reader.expect(",")
        default = _value(reader)
        reader.expect(")")
        return lambda item, values: known(item, values) or default(item, values)
    if name == "list_append":
        reader.take()
        reader.expect("(")
        first = _value(reader)
        reader.expect(",")
        second = _value(reader)
        reader.expect(")")
        return lambda item, values: {"L": [*_entries(first(item, values)), *_entries(second(item, values))]}
    return _there(reader.operand())


def _there(term: Term) -> Callable[[Item, Values], Value]:
    def there(item: Item, values: Values) -> Value:
        value = term(item, values)
        if value is None:
            raise InvalidError(MISSING)
        return value

    return there


def _entries(value: Value) -> list[Value]:
    if "L" not in value:
        raise InvalidError(INCORRECT)
    entries: list[Value] = value["L"]
    return entries


def _remove(reader: Reader) -> tuple[Path, Outcome]:
    return reader.path(), lambda item, values: None


def _add(reader: Reader) -> tuple[Path, Outcome]:
    path = reader.path()
    placeholder = reader.placeholder()

    def added(item: Item, values: Values) -> Value:
        old, more = look(item, path), values[placeholder]
        kind = kind_of(more)
        if kind not in SETS and kind != "N":
            raise InvalidError("Incorrect operand type for operator or function; operator: ADD")
        if old is None:
            return more
        if kind_of(old) != kind:
            raise InvalidError(INCORRECT)
        if kind == "N":
            return {"N": number_text(number(old["N"]) + number(more["N"]))}
        return {kind: sorted({*old[kind], *more[kind]})}

    return path, added


def _delete(reader: Reader) -> tuple[Path, Outcome]:
    path = reader.path()
    placeholder = reader.placeholder()

    def left(item: Item, values: Values) -> Value | None:
        old, fewer = look(item, path), values[placeholder]
        kind = kind_of(fewer)
        if kind not in SETS:
            raise InvalidError("Incorrect operand type for operator or function; operator: DELETE")
        if old is None:
            return None
        if kind_of(old) != kind:
            raise InvalidError(INCORRECT)
        rest = sorted({*old[kind]} - {*fewer[kind]})
        return {kind: rest} if rest else None

    return path, left


def _written(whole: Value, path: Path, value: Value | None) -> Value:
    """A document with a value at a path, or without one; the rest of it is shared."""
    match whole, path[0]:
        case {"M": {**fields}}, str() as name:
            inner = fields.get(name)
            changed = _changed(inner, path, value)
            kept = {key: entry for key, entry in fields.items() if key != name}
            return {"M": kept if changed is None else {**fields, name: changed}}
        case {"L": [*entries]}, int() as place:
            inner = entries[place] if place < len(entries) else None
            changed = _changed(inner, path, value)
            more = [] if changed is None else [changed]
            return {"L": [*entries[:place], *more, *entries[place + 1 :]]}
        case _:
            raise InvalidError(NO_SUCH_PATH)


def _changed(inner: object, path: Path, value: Value | None) -> Value | None:
    if len(path) == 1:
        return value
    return _written(inner if isinstance(inner, dict) else {}, path[1:], value)
