"""The newest version of an object, over DynamoDB."""

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from jobchute.job import Source
from jobchute.requests.notification import normalized_sequencer
from jobchute.version_rows import VersionRows
from tests.integration.core.aws import TABLE
from tests.unit.core.builders import a_source

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@pytest.fixture
def versions(table: "DynamoDBClient") -> VersionRows:
    return VersionRows(table, TABLE)


def version_of(sequencer: str, version: str = "v") -> Source:
    return a_source(sequencer=normalized_sequencer(sequencer), version=version)


def test_a_newer_version_replaces_an_older_one_and_not_the_other_way(versions: VersionRows) -> None:
    old, new = version_of("0055AE"), version_of("0055AF")
    assert [versions.remember(each) for each in (old, new, old)] == [True, True, False]
    assert not versions.is_newest(old)
    assert versions.is_newest(new)


def test_the_same_version_again_is_still_the_newest(versions: VersionRows) -> None:
    version = version_of("0055AE")
    assert [versions.remember(version) for _ in range(2)] == [True, True]


def test_sequencers_of_different_lengths_compare_as_s3_says(versions: VersionRows) -> None:
    longer, shorter = version_of("0055AE01"), version_of("0055AE")
    versions.remember(longer)
    assert not versions.remember(shorter)
    assert versions.remember(version_of("0055af"))


def test_without_a_sequencer_every_version_counts_as_the_newest(versions: VersionRows) -> None:
    versions.remember(version_of("0055AE"))
    assert versions.remember(a_source())
    assert versions.is_newest(a_source())


def test_of_an_object_nobody_told_of_any_version_is_the_newest(versions: VersionRows) -> None:
    assert versions.is_newest(version_of("01"))


def test_objects_do_not_mix(versions: VersionRows) -> None:
    versions.remember(version_of("FF"))
    other = replace(version_of("01"), uri="s3://drop/requests/other.json")
    assert versions.remember(other)


def test_an_error_of_the_table_is_not_taken_for_a_newer_version(versions: VersionRows) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        versions._replace(table="another").remember(version_of("01"))
