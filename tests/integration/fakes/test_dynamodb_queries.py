"""What the ledger may rely on in DynamoDB: queries."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.integration.fakes.things import TABLE, Item, code, due, key, number, put, text, update


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

    def test_a_page_counts_what_items_hold_now(self, dynamodb: Any) -> None:
        large = {"v": text("x" * 60_000)}
        for place in (key("a", sort) for sort in "123"):
            put(dynamodb, {**place, "map": {"M": {}}})
            for _ in range(6):
                update(dynamodb, "SET #map.photo = :v", key=place, names=["map"], values=large)
                update(dynamodb, "REMOVE #map.photo", key=place, names=["map"])
        page = self.query(dynamodb)
        assert len(page["Items"]) == 3
        assert "LastEvaluatedKey" not in page

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
