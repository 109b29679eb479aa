"""What the ledger may rely on in DynamoDB, over moto and over the fake of the fault harness: its items."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from tests.fakes.dynamodb import Change, FakeDynamoDB
from tests.fakes.dynamodb.errors import NotFakedError
from tests.integration.fakes.things import (
    RICH,
    TABLE,
    Item,
    code,
    create,
    due,
    get,
    key,
    number,
    plain,
    put,
    text,
    update,
)


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

    def test_only_a_consistent_read_does_not_lag(self) -> None:
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
        with pytest.raises(NotFakedError):
            fake.get_item(TableName=TABLE, Key=key(), ProjectionExpression="a.b")
