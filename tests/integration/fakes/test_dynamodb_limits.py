"""What DynamoDB refuses for its size: developer guide, "Service, account, and table quotas"."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.fakes.dynamodb import FakeDynamoDB
from tests.integration.fakes.things import TABLE, code, get, key, number, put, text, update

PARTITION, SORT = 2048, 1024
ITEM = 400 * 1024


class TestKeys:
    @pytest.mark.parametrize("one", ["p", "é"], ids=["one-byte", "two-bytes"])
    def test_the_longest_keys_are_taken(self, dynamodb: Any, one: str) -> None:
        bytes_ = len(one.encode())
        longest = (one * (PARTITION // bytes_), one * (SORT // bytes_))
        put(dynamodb, key(*longest))
        assert get(dynamodb, *longest) is not None

    @pytest.mark.parametrize(
        ("pk", "sk"),
        [("p" * 2049, "1"), ("é" * 1025, "1"), ("a", "s" * 1025), ("a", "é" * 513)],
        ids=["partition", "partition-in-bytes", "sort", "sort-in-bytes"],
    )
    @pytest.mark.parametrize("call", ["put", "update"])
    def test_a_longer_one_is_refused(self, dynamodb: Any, call: str, pk: str, sk: str) -> None:
        calls = {
            "put": lambda: put(dynamodb, key(pk, sk)),
            "update": lambda: update(dynamodb, "SET x = :one", key=key(pk, sk), values={"one": number(1)}),
        }
        with pytest.raises(ClientError) as error:
            calls[call]()
        assert code(error) == "ValidationException"

    def test_a_longer_one_cannot_be_read_or_looked_for_either(self, fake: FakeDynamoDB) -> None:
        """moto finds nothing."""
        long = "p" * 2049
        calls: list[Callable[[], object]] = [
            lambda: get(fake, long),
            lambda: fake.batch_get_item(RequestItems={TABLE: {"Keys": [key(long)]}}),
            lambda: fake.query(
                TableName=TABLE,
                KeyConditionExpression="pk = :pk",
                ExpressionAttributeValues={":pk": text(long)},
            ),
        ]
        for call in calls:
            with pytest.raises(ClientError) as error:
                call()
            assert code(error) == "ValidationException"

    def test_the_keys_of_an_index_have_the_same_limits(self, fake: FakeDynamoDB) -> None:
        """moto holds them to none."""
        put(fake, key() | {"owner": text("o" * PARTITION)})
        for name, size in (("owner", PARTITION + 1), ("open", PARTITION + 1)):
            with pytest.raises(ClientError) as error:
                put(fake, key() | {name: text("o" * size), "due": number(1)})
            assert code(error) == "ValidationException"
            with pytest.raises(ClientError) as error:
                update(fake, f"SET {name} = :long", values={"long": text("o" * size)})
            assert code(error) == "ValidationException"

    def test_an_attribute_that_is_no_key_may_be_longer(self, dynamodb: Any) -> None:
        put(dynamodb, key() | {"other": text("o" * 5000)})
        assert get(dynamodb) is not None

    @pytest.mark.parametrize("name", ["owner", "open"])
    def test_an_empty_key_of_an_index_is_refused(self, dynamodb: Any, name: str) -> None:
        with pytest.raises(ClientError) as error:
            put(dynamodb, key() | {name: text(""), "due": number(1)})
        assert code(error) == "ValidationException"


class TestItems:
    def test_an_item_of_more_than_400_kb_is_refused(self, dynamodb: Any) -> None:
        put(dynamodb, key() | {"x": text("x" * 390_000)})
        with pytest.raises(ClientError) as error:
            put(dynamodb, key() | {"x": text("x" * 410_000)})
        assert code(error) == "ValidationException"
        assert "Item size" in str(error.value)

    def test_one_of_400_kb_to_the_byte_is_taken(self, fake: FakeDynamoDB) -> None:
        """moto refuses a little less."""
        rest = len("pk" + "a" + "sk" + "1" + "x")
        put(fake, key() | {"x": text("x" * (ITEM - rest))})
        with pytest.raises(ClientError) as error:
            put(fake, key() | {"x": text("x" * (ITEM - rest + 1))})
        assert code(error) == "ValidationException"

    def test_names_count_and_an_update_is_held_to_the_same(self, fake: FakeDynamoDB) -> None:
        """moto counts an update otherwise."""
        put(fake, key() | {"x": text("x" * 300_000)})
        with pytest.raises(ClientError) as error:
            update(fake, "SET y = :y", values={"y": text("y" * 110_000)})
        assert code(error) == "ValidationException"
        update(fake, "SET y = :y, x = :x", values={"y": text("y" * 110_000), "x": text("")})

    def test_in_a_transaction_it_is_the_reason_of_the_cancellation(self, fake: FakeDynamoDB) -> None:
        """moto raises ValidationException for the whole."""
        item = key() | {"x": text("x" * ITEM)}
        with pytest.raises(fake.exceptions.TransactionCanceledException) as error:
            fake.transact_write_items(TransactItems=[{"Put": {"TableName": TABLE, "Item": item}}])
        reasons = error.value.response["CancellationReasons"]
        assert [reason["Code"] for reason in reasons] == ["ValidationError"]
