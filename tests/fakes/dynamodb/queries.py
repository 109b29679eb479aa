"""Key condition expressions, and the stretch of a partition that one selects."""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from tests.fakes.dynamodb.syntax import Reader, Values
from tests.fakes.dynamodb.table import Order, Schema
from tests.fakes.dynamodb.values import InvalidError, sortable

SIGNS = ("=", "<", "<=", ">", ">=")


class _Last:
    """Comes after everything."""

    def __lt__(self, other: object) -> bool:
        return False

    def __gt__(self, other: object) -> bool:
        return True


LAST = _Last()
HIGHEST = "\U0010ffff"


class Clause(NamedTuple):
    """`name sign :value`, or with two values BETWEEN."""

    name: str
    sign: str
    placeholders: tuple[str, ...]


def read_key_condition(reader: Reader) -> tuple[Clause, ...]:
    clauses = [_clause(reader)]
    while reader.accepts("AND"):
        clauses.append(_clause(reader))
    if not reader.at_end():
        raise reader.syntax_error()
    return tuple(clauses)


def _clause(reader: Reader) -> Clause:
    if reader.accepts("("):
        clause = _clause(reader)
        reader.expect(")")
        return clause
    if reader.peek() == "begins_with":
        reader.take()
        reader.expect("(")
        name = _name(reader)
        reader.expect(",")
        clause = Clause(name, "begins_with", (reader.placeholder(),))
        reader.expect(")")
        return clause
    name = _name(reader)
    if reader.accepts("BETWEEN"):
        low = reader.placeholder()
        reader.expect("AND")
        return Clause(name, "BETWEEN", (low, reader.placeholder()))
    sign = reader.take()
    if sign not in SIGNS:
        raise InvalidError(f"Invalid operator used in KeyConditionExpression: {sign}")
    return Clause(name, sign, (reader.placeholder(),))


def _name(reader: Reader) -> str:
    path = reader.path()
    if len(path) > 1:
        raise InvalidError("KeyConditionExpressions cannot have conditions on nested attributes")
    return str(path[0])


class Stretch(NamedTuple):
    """A part of a partition: from `low` to `high`, which compare with entries of an Order and equal none."""

    partition: Any
    low: tuple[Any, ...]
    high: tuple[Any, ...]

    def entries(
        self, order: Order, *, after: tuple[Any, ...] | None, is_forward: bool
    ) -> Iterator[tuple[Any, ...]]:
        """after: the entry that the page before ended with."""
        found = order.partitions.get(self.partition)
        if found is None:
            return
        low, high = self.low, self.high
        if after is not None:
            low, high = ((*after, LAST), high) if is_forward else (low, after)
        yield from found.irange(low, high, inclusive=(False, False), reverse=not is_forward)


def stretch_of(
    clauses: tuple[Clause, ...], schema: Schema, types: Mapping[str, str], values: Values
) -> Stretch:
    of_name = {clause.name: clause for clause in clauses}
    first = of_name.pop(schema.partition, None)
    if first is None or first.sign != "=" or len(clauses) > 2:
        raise InvalidError(f"Query condition missed key schema element: {schema.partition}")
    partition = _bound(first, types, values)[0]
    if not of_name:
        return Stretch(partition, (), (LAST,))
    name, clause = of_name.popitem()
    if name != schema.sort:
        raise InvalidError(f"Query condition missed key schema element: {schema.sort}")
    bounds = _bound(clause, types, values)
    match clause.sign:
        case "=":
            return Stretch(partition, (bounds[0],), (bounds[0], LAST))
        case "<":
            return Stretch(partition, (), (bounds[0],))
        case "<=":
            return Stretch(partition, (), (bounds[0], LAST))
        case ">":
            return Stretch(partition, (bounds[0], LAST), (LAST,))
        case ">=":
            return Stretch(partition, (bounds[0],), (LAST,))
        case "BETWEEN":
            if bounds[1] < bounds[0]:
                raise InvalidError(
                    "The BETWEEN operator requires upper bound to be greater than or equal to lower"
                )
            return Stretch(partition, (bounds[0],), (bounds[1], LAST))
        case _:
            if types[name] != "S":
                raise InvalidError("Incorrect operand type for operator or function; begins_with")
            return Stretch(partition, (bounds[0],), (bounds[0] + HIGHEST, LAST))


def _bound(clause: Clause, types: Mapping[str, str], values: Values) -> list[Any]:
    found = [values[placeholder] for placeholder in clause.placeholders]
    if any(types[clause.name] not in value for value in found):
        raise InvalidError("Condition parameter type does not match schema type")
    return [sortable(value) for value in found]
