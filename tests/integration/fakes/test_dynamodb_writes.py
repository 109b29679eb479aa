"""What the ledger may rely on in DynamoDB: conditions, updates and transactions."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.dynamodb import FakeDynamoDB
from tests.integration.fakes.things import (
    RICH,
    TABLE,
    Item,
    code,
    get,
    key,
    number,
    plain,
    put,
    shown,
    text,
    update,
)

TRUE = [
    "attribute_exists(pk)",
    "attribute_not_exists(absent)",
    "attribute_exists(#source.uri)",
    "attribute_not_exists(#source.absent)",
    "attribute_exists(steps[1])",
    "attribute_not_exists(steps[2])",
    "#state = :open",
    "#state <> :closed",
    "absent <> :closed",
    "#count < :four AND #count <= :three AND #count > :two AND #count >= :three",
    "half < :two",
    "#state IN (:closed, :open)",
    "#count BETWEEN :two AND :four",
    "NOT #state = :closed",
    "NOT (#state = :open AND #count = :two)",
    "#state = :closed OR #count = :three AND attribute_exists(pk)",
    "size(tags) = :two AND size(steps) = :two AND size(#state) = :four",
    "contains(tags, :red) AND contains(steps, :one) AND contains(#state, :pe)",
    "begins_with(#source.uri, :s3)",
    "#source.deep.n < :two",
    "attribute_type(tags, :ss)",
    "steps[0] = :one",
    "not absent = :closed",
]
FALSE = [
    "attribute_not_exists(pk)",
    "attribute_exists(absent)",
    "#state = :closed",
    "#state <> :open",
    "absent = :closed",
    "absent < :four",
    "#state < :four",
    "#count BETWEEN :four AND :two",
    "#state IN (:closed, :pe)",
    "contains(tags, :re)",
    "begins_with(#state, :pe)",
    "NOT attribute_exists(pk)",
    "#count = :two OR #state = :closed",
]
VALUES: Item = {
    ":open": text("OPEN"),
    ":closed": text("CLOSED"),
    ":pe": text("PE"),
    ":two": number(2),
    ":three": number("3.0"),
    ":four": number(4),
    ":red": text("red"),
    ":re": text("re"),
    ":one": text("one"),
    ":s3": text("s3://"),
    ":ss": text("SS"),
}
NAMES = {"#state": "state", "#count": "count", "#source": "source"}


def said(expression: str) -> dict[str, Any]:
    """A condition with the names and values that it uses."""
    words = {word.rstrip(",)") for word in expression.replace("(", " ").replace(".", " ").split()}
    names = {name: real for name, real in NAMES.items() if name in words}
    values = {name: value for name, value in VALUES.items() if name in words}
    given = {"ExpressionAttributeNames": names, "ExpressionAttributeValues": values}
    return {"ConditionExpression": expression, **{name: each for name, each in given.items() if each}}


class TestConditions:
    @pytest.mark.parametrize("expression", TRUE)
    def test_holds(self, dynamodb: Any, expression: str) -> None:
        put(dynamodb, RICH)
        put(dynamodb, key(), **said(expression))
        assert get(dynamodb) == key()

    @pytest.mark.parametrize("expression", FALSE)
    def test_holds_not(self, dynamodb: Any, expression: str) -> None:
        put(dynamodb, RICH)
        with pytest.raises(ClientError) as error:
            put(dynamodb, key(), **said(expression))
        assert code(error) == "ConditionalCheckFailedException"
        assert get(dynamodb) == plain(RICH)

    def test_of_an_item_that_is_not_there(self, dynamodb: Any) -> None:
        put(dynamodb, RICH, ConditionExpression="attribute_not_exists(pk)")
        with pytest.raises(dynamodb.exceptions.ConditionalCheckFailedException):
            dynamodb.delete_item(TableName=TABLE, Key=key("b"), ConditionExpression="attribute_exists(pk)")

    def test_what_refused_is_shown_on_request_alone(self, dynamodb: Any) -> None:
        put(dynamodb, RICH)
        for options in ({}, {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}):
            with pytest.raises(ClientError) as error:
                put(dynamodb, key(), ConditionExpression="attribute_not_exists(pk)", **options)
            assert plain(shown(error)) == (plain(RICH) if options else {})

    def test_what_refused_was_nothing(self, dynamodb: Any) -> None:
        with pytest.raises(ClientError) as error:
            update(
                dynamodb,
                "SET x = :x",
                "attribute_exists(pk)",
                values={"x": number(1)},
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        assert not error.value.response.get("Item")


UPDATES: list[tuple[str, Item, Item]] = [
    ("SET x = :v", {"v": text("new")}, {"x": text("new")}),
    ("SET x = #count + :v, y = #count - :v", {"v": number(2)}, {"x": number(5), "y": number(1)}),
    ("SET x = half + half", {}, {"x": number(1)}),
    ("SET steps = list_append(steps, :v)", {"v": {"L": [text("three")]}}, {"steps": ["one", "two", "three"]}),
    ("SET steps = list_append(:v, steps)", {"v": {"L": [text("zero")]}}, {"steps": ["zero", "one", "two"]}),
    ("SET x = if_not_exists(#state, :v)", {"v": text("new")}, {"x": text("OPEN")}),
    ("SET x = if_not_exists(absent, :v)", {"v": text("new")}, {"x": text("new")}),
    ("SET x = if_not_exists(x, :v) + :v", {"v": number(1)}, {"x": number(2)}),
    ("SET x = half, half = :v", {"v": number(9)}, {"x": number("0.5"), "half": number(9)}),
    ("SET steps[0] = :v", {"v": text("first")}, {"steps": ["first", "two"]}),
    ("SET steps[9] = :v", {"v": text("last")}, {"steps": ["one", "two", "last"]}),
    ("REMOVE steps[0]", {}, {"steps": ["two"]}),
    ("REMOVE flag, absent", {}, {"flag": None}),
    ("SET x = :v REMOVE flag", {"v": number(1)}, {"x": number(1), "flag": None}),
    ("ADD #count :v", {"v": number(4)}, {"count": number(7)}),
    ("ADD x :v", {"v": number(4)}, {"x": number(4)}),
    ("ADD tags :v", {"v": {"SS": ["red", "green"]}}, {"tags": {"SS": ["blue", "green", "red"]}}),
    ("ADD x :v", {"v": {"SS": ["red"]}}, {"x": {"SS": ["red"]}}),
    ("DELETE tags :v", {"v": {"SS": ["red", "green"]}}, {"tags": {"SS": ["blue"]}}),
    ("DELETE tags :v", {"v": {"SS": ["red", "blue"]}}, {"tags": None}),
    (
        "SET #source.uri = :v",
        {"v": text("s3://c")},
        {"source": {"M": {"uri": text("s3://c"), "deep": {"M": {"n": number(1)}}}}},
    ),
    (
        "SET #source.deep.m = :v REMOVE #source.uri",
        {"v": number(2)},
        {"source": {"M": {"deep": {"M": {"n": number(1), "m": number(2)}}}}},
    ),
    ("set x = :v remove flag", {"v": number(1)}, {"x": number(1), "flag": None}),
]


class TestUpdates:
    @pytest.mark.parametrize(("expression", "values", "changed"), UPDATES, ids=[each[0] for each in UPDATES])
    def test_changes_this_and_nothing_else(
        self, dynamodb: Any, expression: str, values: Item, changed: Item
    ) -> None:
        put(dynamodb, RICH)
        names = [name[1:] for name in NAMES if name in expression]
        answer = update(dynamodb, expression, values=values, names=names, ReturnValues="ALL_NEW")
        expected = {**RICH, **changed}
        for name, value in changed.items():
            if isinstance(value, list):
                expected[name] = {"L": [text(entry) for entry in value]}
        expected = plain({name: value for name, value in expected.items() if value is not None})
        assert get(dynamodb) == expected
        assert plain(answer["Attributes"]) == expected

    def test_makes_an_item_where_there_was_none(self, dynamodb: Any) -> None:
        update(dynamodb, "SET x = :x", values={"x": number(1)})
        update(dynamodb, "REMOVE y", key=key("b"))
        assert get(dynamodb) == {**key(), "x": number(1)}
        assert get(dynamodb, "b") == key("b")

    @pytest.mark.parametrize(
        ("returns", "shown"),
        [
            ("NONE", None),
            ("ALL_OLD", {**key(), "x": number(1), "y": number(5)}),
            ("ALL_NEW", {**key(), "x": number(2), "y": number(5)}),
            ("UPDATED_OLD", {"x": number(1)}),
            ("UPDATED_NEW", {"x": number(2)}),
        ],
    )
    def test_returns_what_was_asked_for(self, dynamodb: Any, returns: str, shown: Item | None) -> None:
        put(dynamodb, {**key(), "x": number(1), "y": number(5)})
        answer = update(dynamodb, "SET x = x + :one", values={"one": number(1)}, ReturnValues=returns)
        assert answer.get("Attributes") == shown

    @pytest.mark.parametrize(
        ("expression", "values"),
        [
            ("SET x = absent + :v", {"v": number(1)}),
            ("SET x = absent", {}),
            ("SET x = #state + :v", {"v": number(1)}),
            ("SET x = list_append(#state, :v)", {"v": {"L": [text("a")]}}),
            ("SET absent.x = :v", {"v": number(1)}),
            ("SET #state.x = :v", {"v": number(1)}),
            ("SET pk = :v", {"v": text("b")}),
            ("REMOVE sk", {}),
            ("ADD #state :v", {"v": number(1)}),
            ("DELETE #count :v", {"v": {"SS": ["a"]}}),
            ("SET x = :v, x = :v", {"v": number(1)}),
            ("SET x = :v SET y = :v", {"v": number(1)}),
            ("SET x = :v", {"v": number(1), "unused": number(2)}),
            ("SET x = :other", {"v": number(1)}),
            ("SET state = :v", {"v": number(1)}),
            ("SET x = :v,", {"v": number(1)}),
            ("SET x := :v", {"v": number(1)}),
            ("SET due = :v", {"v": text("soon")}),
        ],
    )
    def test_what_makes_no_sense_is_refused_and_changes_nothing(
        self, dynamodb: Any, expression: str, values: Item
    ) -> None:
        put(dynamodb, RICH)
        names = [name[1:] for name in NAMES if name in expression]
        with pytest.raises(ClientError) as error:
            update(dynamodb, expression, values=values, names=names)
        assert code(error) == "ValidationException"
        assert get(dynamodb) == plain(RICH)

    def test_a_name_that_is_not_used_is_refused(self, dynamodb: Any) -> None:
        with pytest.raises(ClientError) as error:
            update(dynamodb, "SET x = :v", values={"v": number(1)}, names=["state"])
        assert code(error) == "ValidationException"

    def test_numbers_are_exact(self, dynamodb: Any) -> None:
        put(dynamodb, {**key(), "x": number("0.1")})
        update(dynamodb, "ADD x :v", values={"v": number("0.2")})
        assert get(dynamodb) == {**key(), "x": number("0.3")}


class TestTransactions:
    def test_all_are_written(self, dynamodb: Any) -> None:
        put(dynamodb, {**key("b"), "x": number(1)})
        put(dynamodb, {**key("c"), "x": number(1)})
        values = {":one": number(1)}
        up = {"UpdateExpression": "ADD x :one", "ExpressionAttributeValues": values}
        check = {"ConditionExpression": "x = :one", "ExpressionAttributeValues": values}
        dynamodb.transact_write_items(
            TransactItems=[
                {"Put": {"TableName": TABLE, "Item": RICH, "ConditionExpression": "attribute_not_exists(pk)"}},
                {"Update": {"TableName": TABLE, "Key": key("b"), **up}},
                {"ConditionCheck": {"TableName": TABLE, "Key": key("c"), **check}},
            ]
        )
        assert get(dynamodb) == plain(RICH)
        assert get(dynamodb, "b") == {**key("b"), "x": number(2)}

    def test_one_condition_that_fails_keeps_all_back_and_says_which(self, dynamodb: Any) -> None:
        put(dynamodb, {**key("b"), "x": number(1)})
        new = "attribute_not_exists(pk)"
        shows = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
        with pytest.raises(dynamodb.exceptions.TransactionCanceledException) as error:
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": TABLE, "Item": key("a"), "ConditionExpression": new}},
                    {"Put": {"TableName": TABLE, "Item": key("b"), "ConditionExpression": new, **shows}},
                    {"Delete": {"TableName": TABLE, "Key": key("c")}},
                ]
            )
        reasons = error.value.response["CancellationReasons"]
        assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed", "None"]
        assert reasons[1]["Item"] == {**key("b"), "x": number(1)}
        assert get(dynamodb) is None

    def test_an_item_twice_is_refused(self, dynamodb: Any) -> None:
        with pytest.raises(ClientError) as error:
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": TABLE, "Item": key("a")}},
                    {"Delete": {"TableName": TABLE, "Key": key("a")}},
                ]
            )
        assert code(error) == "ValidationException"

    def test_a_token_counts_once(self, fake: FakeDynamoDB) -> None:
        """moto keeps no tokens."""
        values = {":one": number(1)}
        up = {"UpdateExpression": "ADD x :one", "ExpressionAttributeValues": values}
        items = [{"Update": {"TableName": TABLE, "Key": key(), **up}}]
        for _ in range(2):
            fake.transact_write_items(TransactItems=items, ClientRequestToken="t")
        assert get(fake) == {**key(), "x": number(1)}
        with pytest.raises(fake.exceptions.IdempotentParameterMismatchException):
            fake.transact_write_items(
                TransactItems=[{"Delete": {"TableName": TABLE, "Key": key()}}], ClientRequestToken="t"
            )
