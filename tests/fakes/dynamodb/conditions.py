"""Condition and filter expressions as functions of an item.

https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
"""

import operator
from collections.abc import Callable, Mapping
from typing import Any

from tests.fakes.dynamodb.syntax import Reader, Term, Values
from tests.fakes.dynamodb.values import ORDERED, SETS, InvalidError, Item, Value, kind_of, sortable

MAX_DELIVERIES = 100
Test = Callable[[Item, Values], bool]

ORDERS: Mapping[str, Callable[[Any, Any], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
KINDS = frozenset({"S", "N", "B", "BOOL", "NULL", "L", "M", *SETS})


def read_condition(reader: Reader) -> Test:
    test = _any(reader)
    if not reader.at_end():
        raise reader.syntax_error()
    return test


def _any(reader: Reader) -> Test:
    tests = [_all(reader)]
    while reader.accepts("OR"):
        tests.append(_all(reader))
    if len(tests) == 1:
        return tests[0]
    return lambda item, values: any(test(item, values) for test in tests)


def _all(reader: Reader) -> Test:
    tests = [_negation(reader)]
    while reader.accepts("AND"):
        tests.append(_negation(reader))
    if len(tests) == 1:
        return tests[0]
    return lambda item, values: all(test(item, values) for test in tests)


def _negation(reader: Reader) -> Test:
    if reader.accepts("NOT"):
        test = _negation(reader)
        return lambda item, values: not test(item, values)
    if reader.accepts("("):
        test = _any(reader)
        reader.expect(")")
        return test
    if reader.peek() in FUNCTIONS and reader.peek(1) == "(":
        name = reader.take()
        reader.expect("(")
        test = FUNCTIONS[name](reader)
        reader.expect(")")
        return test
    return _comparison(reader)


def _operand(reader: Reader) -> Term:
    if not (reader.peek() == "size" and reader.peek(1) == "("):
        return reader.operand()
    reader.take()
    reader.expect("(")
    term = reader.operand()
    reader.expect(")")
    return lambda item, values: _size(term(item, values))


def _size(value: Value | None) -> Value | None:
    if value is None:
        return None
    kind, content = next(iter(value.items()))
    if kind in ("N", "BOOL", "NULL"):
        raise InvalidError(f"Incorrect operand type for operator or function; size, operand type: {kind}")
    return {"N": str(len(content.encode() if kind == "S" else content))}


def _comparison(reader: Reader) -> Test:
    left = _operand(reader)
    if reader.accepts("BETWEEN"):
        low = _operand(reader)
        reader.expect("AND")
        high = _operand(reader)
        below, above = _ordered("<=", low, left), _ordered("<=", left, high)
        return lambda item, values: below(item, values) and above(item, values)
    if reader.accepts("IN"):
        return _membership(left, _list(reader))
    sign = reader.take()
    if sign in ORDERS:
        return _ordered(sign, left, _operand(reader))
    right = _operand(reader) if sign in ("=", "<>") else None
    if right is None:
        raise InvalidError(f'Syntax error; token: "{sign}"')
    is_equal = _equal(left, right)
    return is_equal if sign == "=" else lambda item, values: not is_equal(item, values)


def _list(reader: Reader) -> list[Term]:
    reader.expect("(")
    terms = [_operand(reader)]
    while reader.accepts(","):
        terms.append(_operand(reader))
    reader.expect(")")
    if len(terms) > MAX_DELIVERIES:
        raise InvalidError("Invalid ConditionExpression: The IN operator is provided with too many operands")
    return terms


def _membership(left: Term, terms: list[Term]) -> Test:
    def test(item: Item, values: Values) -> bool:
        value = left(item, values)
        return value is not None and any(term(item, values) == value for term in terms)

    return test


def _equal(left: Term, right: Term) -> Test:
    def test(item: Item, values: Values) -> bool:
        value = left(item, values)
        return value is not None and value == right(item, values)

    return test


def _ordered(sign: str, left: Term, right: Term) -> Test:
    compare = ORDERS[sign]

    def test(item: Item, values: Values) -> bool:
        low, high = left(item, values), right(item, values)
        if low is None or high is None or kind_of(low) != kind_of(high):
            return False
        if kind_of(low) not in ORDERED:
            text = "Incorrect operand type for operator or function"
            raise InvalidError(f"{text}; operator: {sign}, operand type: {kind_of(low)}")
        return compare(sortable(low), sortable(high))

    return test


def _exists(reader: Reader) -> Test:
    term = reader.operand()
    return lambda item, values: term(item, values) is not None


def _exists_not(reader: Reader) -> Test:
    term = reader.operand()
    return lambda item, values: term(item, values) is None


def _attribute_type(reader: Reader) -> Test:
    left, right = _two(reader)

    def test(item: Item, values: Values) -> bool:
        value, wanted = left(item, values), right(item, values)
        if wanted is None or wanted.get("S") not in KINDS:
            raise InvalidError("Invalid attribute type name found")
        return value is not None and kind_of(value) == wanted["S"]

    return test


def _begins_with(reader: Reader) -> Test:
    left, right = _two(reader)

    def test(item: Item, values: Values) -> bool:
        value, prefix = left(item, values), right(item, values)
        if value is None or prefix is None or kind_of(value) != kind_of(prefix):
            return False
        if kind_of(prefix) not in ("S", "B"):
            raise InvalidError("Incorrect operand type for operator or function; begins_with")
        return bool(sortable(value).startswith(sortable(prefix)))

    return test


def _contains(reader: Reader) -> Test:
    left, right = _two(reader)

    def test(item: Item, values: Values) -> bool:
        whole, part = left(item, values), right(item, values)
        if whole is None or part is None:
            return False
        (kind, content), (part_kind, part_content) = next(iter(whole.items())), next(iter(part.items()))
        match kind:
            case "L":
                return part in content
            case "SS" | "NS" | "BS":
                return kind[0] == part_kind and part_content in content
            case _:
                return kind == part_kind and kind in ("S", "B") and part_content in content

    return test


def _two(reader: Reader) -> tuple[Term, Term]:
    left = reader.operand()
    reader.expect(",")
    return left, _operand(reader)


FUNCTIONS: Mapping[str, Callable[[Reader], Test]] = {
    "attribute_exists": _exists,
    "attribute_not_exists": _exists_not,
    "attribute_type": _attribute_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
