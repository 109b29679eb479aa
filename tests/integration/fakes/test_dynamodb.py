"""What the ledger may rely on in DynamoDB, over moto and over the fake of the fault harness."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError
from moto import mock_aws

from tests.fakes.dynamodb import Change, FakeDynamoDB
from tests.integration.core.aws import client

TABLE = "things"
Item = dict[str, Any]


def create(dynamodb: Any) -> None:
    def schema(*names: str) -> list[dict[str, str]]:
        kinds = ("HASH", "RANGE")
        return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)]

    def index(name: str, *keys: str) -> dict[str, Any]:
        return {"IndexName": name, "KeySchema": schema(*keys), "Projection": {"ProjectionType": "ALL"}}

    dynamodb.create_table(
        TableName=TABLE,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "N" if name == "due" else "S"}
            for name in ("pk", "sk", "open", "due", "owner")
        ],
        KeySchema=schema("pk", "sk"),
        GlobalSecondaryIndexes=[index("byDue", "open", "due"), index("byOwner", "owner")],
        BillingMode="PAY_PER_REQUEST",
    )


@pytest.fixture(scope="module")
def moto_client() -> Any:
    return client("dynamodb")


MOTO_TAKES_IT = {
    "index-key-type": "an index key of another type",
    "set-twice": "a set with a member twice",
    "#state < :four": "values of two types are compared, and it stumbles",
    "SET x = half + half": "the sum of 0.5 and 0.5 is shown as 1.0",
    "SET #state.x = :v": "a path through what is no map",
    "pk = :pk OR sk = :pk": "it stumbles over OR",
    "pk = :pk AND sk <> :pk": "it stumbles over <>",
}
"""Where moto does not do as documented, by the parameter of the test."""


@pytest.fixture(params=["moto", "fake"])
def dynamodb(request: pytest.FixtureRequest, moto_client: Any) -> Iterator[Any]:
    case = request.node.name.partition("[moto-")[2].removesuffix("]")
    for name, why in MOTO_TAKES_IT.items():
        if case == name or case.startswith(f"{name}-values"):
            request.applymarker(pytest.mark.xfail(reason=f"moto: {why}", strict=True))
    if request.param == "fake":
        fake = FakeDynamoDB()
        create(fake)
        yield fake
        return
    with mock_aws():
        create(moto_client)
        yield moto_client


@pytest.fixture
def fake() -> FakeDynamoDB:
    made = FakeDynamoDB()
    create(made)
    return made


def key(pk: str = "a", sk: str = "1") -> Item:
    return {"pk": {"S": pk}, "sk": {"S": sk}}


def text(value: str) -> Item:
    return {"S": value}


def number(value: object) -> Item:
    return {"N": str(value)}


RICH: Item = {
    **key(),
    "state": text("OPEN"),
    "count": number(3),
    "half": number("0.5"),
    "flag": {"BOOL": True},
    "nothing": {"NULL": True},
    "tags": {"SS": ["red", "blue"]},
    "steps": {"L": [text("one"), text("two")]},
    "source": {"M": {"uri": text("s3://b/k"), "deep": {"M": {"n": number(1)}}}},
    "body": {"B": b"\x00\x01"},
}


def put(dynamodb: Any, item: Item, **options: Any) -> Any:
    return dynamodb.put_item(TableName=TABLE, Item=item, **options)


def get(dynamodb: Any, pk: str = "a", sk: str = "1") -> Item | None:
    answer = dynamodb.get_item(TableName=TABLE, Key=key(pk, sk), ConsistentRead=True)
    return plain(answer["Item"]) if "Item" in answer else None


def plain(item: Item) -> Item:
    """With sets in order, which they have none of."""
    return {
        name: {kind: sorted(content) if kind in ("SS", "NS") else content for kind, content in value.items()}
        for name, value in item.items()
    }


def update(dynamodb: Any, expression: str, condition: str = "", **options: Any) -> Any:
    values = {f":{name}": value for name, value in options.pop("values", {}).items()}
    names = {f"#{name}": name for name in options.pop("names", ())}
    said = {
        "ConditionExpression": condition,
        "ExpressionAttributeValues": values,
        "ExpressionAttributeNames": names,
    }
    request = {name: value for name, value in said.items() if value}
    return dynamodb.update_item(
        TableName=TABLE, Key=options.pop("key", key()), UpdateExpression=expression, **request, **options
    )


def code(error: pytest.ExceptionInfo[ClientError]) -> str:
    return error.value.response["Error"]["Code"]


def shown(error: pytest.ExceptionInfo[ClientError]) -> Item:
    """The item that made a condition fail, where the error shows it."""
    response: Item = {**error.value.response}
    return response.get("Item") or {}


class TestItems:
    def test_what_was_put_comes_back(self, dynamodb: Any) -> None:
        put(dynamodb, RICH)
        assert get(dynamodb) == plain(RICH)
        assert get(dynamodb, sk="2") is None

    def test_a_second_put_replaces_the_first(self, dynamodb: Any) -> None:
        put(dynamodb, RICH)
        old = put(dynamodb, {**key(), "x": text("y")}, ReturnValues="ALL_OLD")
        assert plain(old["Attributes"]) == plain(RICH)
        assert get(dynamodb) == {**key(), "x": text("y")}

    def test_delete_takes_away_and_tells_what(self, dynamodb: Any) -> None:
        put(dynamodb, RICH)
        old = dynamodb.delete_item(TableName=TABLE, Key=key(), ReturnValues="ALL_OLD")
        assert plain(old["Attributes"]) == plain(RICH)
        assert get(dynamodb) is None
        assert "Attributes" not in dynamodb.delete_item(TableName=TABLE, Key=key(), ReturnValues="ALL_OLD")

    def test_a_projection_is_a_part_of_the_item(self, dynamodb: Any) -> None:
        put(dynamodb, RICH)
        answer = dynamodb.get_item(
            TableName=TABLE,
            Key=key(),
            ProjectionExpression="pk, #c, absent",
            ExpressionAttributeNames={"#c": "count"},
        )
        assert answer["Item"] == {"pk": text("a"), "count": number(3)}

    def test_an_item_that_is_read_is_a_copy(self, dynamodb: Any) -> None:
        put(dynamodb, RICH)
        read = dynamodb.get_item(TableName=TABLE, Key=key())["Item"]
        read["state"] = text("changed")
        assert get(dynamodb) == plain(RICH)

    def test_many_are_read_at_once(self, dynamodb: Any) -> None:
        put(dynamodb, {**key("a"), "n": number(1)})
        put(dynamodb, {**key("b"), "n": number(2)})
        wanted = {"Keys": [key("a"), key("b"), key("c")], "ConsistentRead": True}
        answer = dynamodb.batch_get_item(RequestItems={TABLE: wanted})
        assert sorted(item["n"]["N"] for item in answer["Responses"][TABLE]) == ["1", "2"]
        assert answer["UnprocessedKeys"] == {}

    def test_a_key_twice_in_one_read_is_refused(self, dynamodb: Any) -> None:
        with pytest.raises(ClientError, match="duplicates"):
            dynamodb.batch_get_item(RequestItems={TABLE: {"Keys": [key(), key()]}})

    def test_a_table_that_is_not_there(self, dynamodb: Any) -> None:
        with pytest.raises(ClientError) as error:
            dynamodb.get_item(TableName="other", Key=key())
        assert code(error) == "ResourceNotFoundException"

    @pytest.mark.parametrize(
        "item",
        [
            {"pk": text("a")},
            {"pk": number(1), "sk": text("1")},
            {"pk": text(""), "sk": text("1")},
            {**key(), "open": text("OPEN"), "due": text("soon")},
            {**key(), "tags": {"SS": ["a", "a"]}},
            {**key(), "n": number("many")},
            {**key(), "large": text("x" * 410_000)},
        ],
        ids=["no-sort-key", "key-type", "empty-key", "index-key-type", "set-twice", "no-number", "too-large"],
    )
    def test_an_item_that_cannot_be_is_refused(self, dynamodb: Any, item: Item) -> None:
        with pytest.raises(ClientError) as error:
            put(dynamodb, item)
        assert code(error) == "ValidationException"

    @pytest.mark.parametrize("value", ["text", {"S": 1}, {"N": 1}, {"BOOL": "yes"}, {"X": "y"}, {"L": "no"}])
    def test_a_value_of_no_type_does_not_leave_the_client(self, dynamodb: Any, value: Any) -> None:
        with pytest.raises(ParamValidationError):
            put(dynamodb, {**key(), "value": value})

    def test_a_parameter_that_there_is_not_does_not_leave_the_client(self, dynamodb: Any) -> None:
        with pytest.raises(ParamValidationError):
            put(dynamodb, RICH, ConditionExpresion="attribute_not_exists(pk)")


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


def due(dynamodb: Any, upper: int, condition: str = "#o = :o AND due <= :upper", **options: Any) -> list[str]:
    """The sort keys of what a query on an index finds, page by page."""
    pages = dynamodb.get_paginator("query").paginate(
        TableName=TABLE,
        IndexName="byDue",
        KeyConditionExpression=condition,
        ExpressionAttributeNames={"#o": "open"},
        ExpressionAttributeValues={":o": text("OPEN"), ":upper": number(upper)},
        **options,
    )
    return [item["sk"]["S"] for page in pages for item in page["Items"]]


class TestQueries:
    @pytest.fixture
    def filled(self, dynamodb: Any) -> Any:
        for place in range(1, 10):
            put(dynamodb, {**key("a", str(place)), "open": text("OPEN"), "due": number(place * 10)})
        put(dynamodb, {**key("b", "1"), "due": number(5)})
        return dynamodb

    def query(
        self, dynamodb: Any, condition: str = "pk = :pk", values: Item | None = None, **options: Any
    ) -> Any:
        return dynamodb.query(
            TableName=TABLE,
            KeyConditionExpression=condition,
            ExpressionAttributeValues={":pk": text("a"), **(values or {})},
            **options,
        )

    @pytest.mark.parametrize(
        ("clause", "found"),
        [
            ("sk = :x", "4"),
            ("sk < :x", "123"),
            ("sk <= :x", "1234"),
            ("sk > :x", "56789"),
            ("sk >= :x", "456789"),
            ("sk BETWEEN :x AND :y", "456"),
            ("begins_with(sk, :x)", "4"),
        ],
    )
    def test_a_stretch_of_a_partition(self, filled: Any, clause: str, found: str) -> None:
        values = {":x": text("4")} | ({":y": text("6")} if ":y" in clause else {})
        answer = self.query(filled, f"pk = :pk AND {clause}", values)
        assert "".join(item["sk"]["S"] for item in answer["Items"]) == found
        assert (answer["Count"], answer["ScannedCount"]) == (len(found), len(found))

    def test_the_clauses_come_in_any_order_and_in_parentheses(self, filled: Any) -> None:
        answer = self.query(filled, "(sk < :x) AND (pk = :pk)", {":x": text("3")})
        assert [item["sk"]["S"] for item in answer["Items"]] == ["1", "2"]

    def test_begins_with_several(self, dynamodb: Any) -> None:
        for name in ("LABEL", "LABEL#1", "LABEL#2", "LABELS", "LABE", "LAC"):
            put(dynamodb, key("a", name))
        answer = self.query(dynamodb, "pk = :pk AND begins_with(sk, :x)", {":x": text("LABEL")})
        assert [item["sk"]["S"] for item in answer["Items"]] == ["LABEL", "LABEL#1", "LABEL#2", "LABELS"]

    def test_backwards(self, filled: Any) -> None:
        answer = self.query(filled, ScanIndexForward=False, Limit=2)
        assert [item["sk"]["S"] for item in answer["Items"]] == ["9", "8"]

    @pytest.mark.parametrize("is_forward", [True, False])
    def test_page_by_page(self, filled: Any, is_forward: bool) -> None:
        found = ""
        options: dict[str, Any] = {}
        for _ in range(3):
            page = self.query(filled, ScanIndexForward=is_forward, Limit=4, **options)
            found += "".join(item["sk"]["S"] for item in page["Items"])
            options = {"ExclusiveStartKey": page.get("LastEvaluatedKey")}
        assert found == ("123456789" if is_forward else "987654321")
        assert "LastEvaluatedKey" not in page

    def test_a_page_of_an_index_says_where_it_ended(self, filled: Any) -> None:
        options = {"ExpressionAttributeNames": {"#o": "open"}, "IndexName": "byDue", "Limit": 4}
        page = self.query(filled, "#o = :pk", {":pk": text("OPEN")}, **options)
        assert page["LastEvaluatedKey"] == {**key("a", "4"), "open": text("OPEN"), "due": number(40)}
        start = {"ExclusiveStartKey": page["LastEvaluatedKey"]}
        page = self.query(filled, "#o = :pk", {":pk": text("OPEN")}, **options, **start)
        assert [item["sk"]["S"] for item in page["Items"]] == ["5", "6", "7", "8"]

    def test_a_count_has_no_items(self, filled: Any) -> None:
        answer = self.query(filled, Select="COUNT")
        assert answer["Count"] == 9
        assert not answer.get("Items")

    def test_a_filter_takes_away_after_the_limit(self, filled: Any) -> None:
        values = {":due": number(30)}
        answer = self.query(filled, values=values, FilterExpression="due >= :due", Limit=5)
        assert [item["sk"]["S"] for item in answer["Items"]] == ["3", "4", "5"]
        assert (answer["Count"], answer["ScannedCount"]) == (3, 5)

    def test_an_index_holds_what_has_its_key_and_follows_it(self, filled: Any) -> None:
        assert due(filled, 40) == ["1", "2", "3", "4"]
        update(filled, "SET due = :v", values={"v": number(15)}, key=key("a", "9"))
        update(filled, "REMOVE #open", names=["open"], key=key("a", "2"))
        filled.delete_item(TableName=TABLE, Key=key("a", "1"))
        assert due(filled, 40) == ["9", "3", "4"]
        assert due(filled, 40, ScanIndexForward=False) == ["4", "3", "9"]
        assert due(filled, 40, PaginationConfig={"PageSize": 1}) == ["9", "3", "4"]

    def test_an_index_orders_numbers_as_numbers(self, dynamodb: Any) -> None:
        for value in (100, 9, -5, "9.5"):
            put(dynamodb, {**key("a", str(value)), "open": text("OPEN"), "due": number(value)})
        assert due(dynamodb, 1000) == ["-5", "9", "9.5", "100"]

    def test_an_index_without_a_sort_key(self, dynamodb: Any) -> None:
        for pk, owner in (("a", "me"), ("b", "you"), ("c", "me")):
            put(dynamodb, {**key(pk), "owner": text(owner)})
        answer = self.query(
            dynamodb,
            "#owner = :pk",
            {":pk": text("me")},
            IndexName="byOwner",
            ExpressionAttributeNames={"#owner": "owner"},
        )
        assert sorted(item["pk"]["S"] for item in answer["Items"]) == ["a", "c"]

    def test_a_page_holds_about_a_megabyte(self, dynamodb: Any) -> None:
        for place in range(9):
            put(dynamodb, {**key("a", str(place)), "body": text("x" * 300_000)})
        page = self.query(dynamodb)
        assert len(page["Items"]) in (3, 4)
        assert page["LastEvaluatedKey"] == key("a", page["Items"][-1]["sk"]["S"])

    @pytest.mark.parametrize(
        "condition",
        ["sk = :pk", "pk > :pk", "pk = :pk AND due = :pk", "pk = :pk OR sk = :pk", "pk = :pk AND sk <> :pk"],
    )
    def test_what_is_no_key_condition_is_refused(self, filled: Any, condition: str) -> None:
        with pytest.raises(ClientError) as error:
            self.query(filled, condition)
        assert code(error) == "ValidationException"

    def test_an_index_is_never_consistent(self, filled: Any) -> None:
        with pytest.raises(ClientError) as error:
            due(filled, 40, ConsistentRead=True)
        assert code(error) == "ValidationException"

    def test_scan_finds_all(self, filled: Any) -> None:
        pages = [*filled.get_paginator("scan").paginate(TableName=TABLE, PaginationConfig={"PageSize": 3})]
        assert sum(page["Count"] for page in pages) == 10
        assert len(pages) >= 4


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


class TestOfTheFakeAlone:
    def test_the_stream_tells_every_change_once(self, fake: FakeDynamoDB) -> None:
        told: list[Change] = []
        fake.listen(TABLE, told.append)
        put(fake, {**key(), "x": number(1)})
        put(fake, {**key(), "x": number("1.0")})
        update(fake, "SET x = :v", values={"v": number(2)})
        fake.delete_item(TableName=TABLE, Key=key())
        one, two = {**key(), "x": number(1)}, {**key(), "x": number(2)}
        assert told == [
            Change(1, key(), None, one),
            Change(2, key(), one, two),
            Change(3, key(), two, None),
        ]

    def test_an_index_and_a_plain_read_may_lag_and_a_consistent_read_does_not(self) -> None:
        is_late = True
        fake = FakeDynamoDB(is_lagging=lambda: is_late)
        create(fake)
        put(fake, {**key(), "open": text("OPEN"), "due": number(1)})
        assert due(fake, 5) == []
        assert "Item" not in fake.get_item(TableName=TABLE, Key=key())
        assert get(fake) is not None
        fake.tables[TABLE].catch_up()
        assert due(fake, 5) == ["1"]
        update(fake, "SET due = :v", values={"v": number(9)})
        is_late = False
        update(fake, "SET due = :v", values={"v": number(8)})
        assert due(fake, 5) == ["1"]
        fake.tables[TABLE].catch_up()
        assert due(fake, 5) == []

    def test_what_it_does_not_know_is_refused(self, fake: FakeDynamoDB) -> None:
        put(fake, RICH)
        with pytest.raises(ParamValidationError):
            fake.get_item(TableName=TABLE, Key=key(), AttributesToGet=["pk"])
        with pytest.raises(NotImplementedError):
            fake.get_item(TableName=TABLE, Key=key(), ProjectionExpression="a.b")
