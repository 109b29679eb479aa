"""The newest version of an object, over DynamoDB."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from jobchute.job import Source
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.object_order import order_of
from jobchute.ledger.versions import NEWEST, VersionRows
from tests.aws import TABLE
from tests.builders import NOW, a_source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def versions(table: "DynamoDBClient") -> VersionRows:
    return VersionRows(table, TABLE)


def version_of(second: int, version: str = "v") -> Source:
    return a_source(sequencer=order_of(NOW + second), version=version)


def never() -> bool:
    raise AssertionError("S3 was asked")


def yes() -> bool:
    return True


def no() -> bool:
    return False


def test_a_newer_version_replaces_an_older_one_alone(versions: VersionRows) -> None:
    old, new = version_of(0, "v1"), version_of(1, "v2")
    assert [versions.remember(each, never) for each in (old, new, old)] == [True, True, False]
    assert not versions.is_newest(old)
    assert versions.is_newest(new)


def test_the_same_version_again_is_still_the_newest(versions: VersionRows) -> None:
    version = version_of(0)
    assert [versions.remember(version, never) for _ in range(2)] == [True, True]


def test_of_two_versions_of_one_second_s3_says_which_is_current(versions: VersionRows) -> None:
    one, other = version_of(0, "v1"), version_of(0, "v2")
    versions.remember(one, never)
    assert not versions.remember(other, no)
    assert (versions.is_newest(one), versions.is_newest(other)) == (True, False)
    assert versions.remember(other, yes)
    assert (versions.is_newest(one), versions.is_newest(other)) == (False, True)


def test_a_version_that_came_while_s3_was_asked_is_not_replaced(versions: VersionRows) -> None:
    one, other, newer = version_of(0, "v1"), version_of(0, "v2"), version_of(5, "v3")
    versions.remember(one, never)

    def meanwhile() -> bool:
        versions.remember(newer, never)
        return True

    assert not versions.remember(other, meanwhile)
    assert versions.is_newest(newer)


def test_unversioned_bytes_of_one_second_are_told_apart_by_s3(versions: VersionRows) -> None:
    one, other = (a_source(sequencer=f"{order_of(NOW)}/{etag}", version="") for etag in ("b", "a"))
    later = a_source(sequencer=f"{order_of(NOW + 1)}/0", version="")
    versions.remember(one, never)
    assert versions.remember(other, yes)
    assert (versions.is_newest(one), versions.is_newest(other)) == (False, True)
    assert versions.remember(later, never)


def test_what_s3_has_not_confirmed_is_newest_only_if_alone(versions: VersionRows) -> None:
    claimed = a_source(sequencer="", version="v1")
    assert versions.is_newest(claimed)
    versions.remember(version_of(0, "v1"), never)
    assert versions.is_newest(claimed)
    versions.remember(version_of(1, "v2"), never)
    assert not versions.is_newest(claimed)
    assert not versions.is_newest(a_source(sequencer="", version="FFFF"))


def test_a_message_is_always_the_newest(versions: VersionRows) -> None:
    assert versions.is_newest(a_source(uri="sqs://m1"))


def test_of_an_object_without_a_row_any_version_is_the_newest(versions: VersionRows) -> None:
    assert versions.is_newest(version_of(0))


def test_since_when_a_version_is_known(versions: VersionRows) -> None:
    source = version_of(0)
    assert not versions.is_known_since(source.uri, NOW - 1)
    versions.remember(source, never)
    assert [versions.is_known_since(source.uri, NOW + second) for second in (-1, 1)] == [True, False]


def test_objects_do_not_mix(versions: VersionRows) -> None:
    versions.remember(version_of(9), never)
    assert versions.remember(replace(version_of(0), uri="s3://drop/requests/other.json"), never)


class TestRowsOfOlderVersions:
    """They hold a notification's sequencer, which anyone may have made up."""

    @pytest.fixture
    def old(self, table: "DynamoDBClient") -> Source:
        source = a_source(sequencer="F" * 64, version="v1")
        key = {"pk": f"SOURCE#{source.uri}", "sk": NEWEST}
        item = to_dynamodb({**key, "sequencer": source.sequencer, "version": source.version})
        table.put_item(TableName=TABLE, Item=item)
        return source

    def test_s3_is_asked(self, versions: VersionRows, old: Source) -> None:
        assert not versions.remember(version_of(0, "v0"), no)
        assert versions.is_newest(old)
        assert versions.remember(version_of(5, "v2"), yes)
        assert not versions.is_newest(old)

    def test_a_job_that_holds_a_sequencer_is_still_the_newest(self, versions: VersionRows, old: Source) -> None:
        versions.remember(version_of(0, "v1"), yes)
        assert versions.is_newest(old)

    def test_one_that_was_made_up_to_sort_last_silences_nothing(
        self, versions: VersionRows, table: "DynamoDBClient"
    ) -> None:
        newer = version_of(0, "v1")
        item = {"pk": f"SOURCE#{newer.uri}", "sk": NEWEST, "sequencer": "Z" * 64, "version": "forged"}
        table.put_item(TableName=TABLE, Item=to_dynamodb(item))
        assert not versions.is_known_since(newer.uri, NOW)
        assert versions.remember(newer, yes)
        assert versions.is_newest(newer)

    def test_a_reread_object_without_versions_still_answers_its_job(
        self, versions: VersionRows, table: "DynamoDBClient"
    ) -> None:
        """As the rest of a file is, of which an older version took the first part."""
        old = a_source(uri="s3://uploads/a.jsonl", sequencer="0063" * 16, version="")
        item = {"pk": f"SOURCE#{old.uri}", "sk": NEWEST, "sequencer": old.sequencer, "version": ""}
        table.put_item(TableName=TABLE, Item=to_dynamodb(item))
        assert versions.remember(replace(old, sequencer=f"{order_of(NOW)}/etag"), yes)
        assert versions.is_newest(old)


def test_an_error_of_the_table_is_not_taken_for_a_newer_version(versions: VersionRows) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        versions._replace(table="another").remember(version_of(0), never)
