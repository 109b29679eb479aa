"""Due jobs where reads fail: those of the other partitions come all the same."""

from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.due_jobs import DueJobs
from tests.aws import TABLE
from tests.builders import NOW
from tests.integration.ledger.shared import RETENTION, added

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Unreadable:
    """A client whose first calls of some operations fail, as often as is said."""

    def __init__(self, client: "DynamoDBClient", **failures: int) -> None:
        self._client, self._failures = client, failures

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def get_paginator(self, name: str) -> Any:
        return _Paginator(self, self._client.get_paginator(cast("Any", name)))

    def batch_get_item(self, **request: Any) -> Any:
        self.fail_if_asked("batch_get_item")
        return self._client.batch_get_item(**request)

    def fail_if_asked(self, name: str) -> None:
        if self._failures.get(name, 0):
            self._failures[name] -= 1
            raise ClientError({"Error": {"Code": "InternalServerError"}}, name)


class _Paginator:
    def __init__(self, owner: Unreadable, paginator: Any) -> None:
        self._owner, self._paginator = owner, paginator

    def paginate(self, **request: Any) -> Any:
        self._owner.fail_if_asked("query")
        yield from self._paginator.paginate(**request)


def due_of(ledger: Ledger, **failures: int) -> DueJobs:
    client = cast("DynamoDBClient", Unreadable(ledger.rows.client, **failures))
    return DueJobs(Ledger(client, TABLE, RETENTION).queries, max_jobs=1000)


@pytest.fixture
def names(ledger: Ledger) -> set[str]:
    return {str(added(ledger, f"job {number}", due=NOW).name) for number in range(60)}


def test_jobs_of_other_partitions_are_read(ledger: Ledger, names: set[str]) -> None:
    due = due_of(ledger, query=1)
    found = {str(job.name) for job in due.read(NOW)}
    assert found < names
    assert len(found) > len(names) / 2
    due.raise_if_unread()
    assert {str(job.name) for job in due.read(NOW)} == names


def test_a_failed_read_of_rows_is_no_error_of_the_next(ledger: Ledger, names: set[str]) -> None:
    due = due_of(ledger, batch_get_item=1)
    assert due.read(NOW) == []
    assert {str(job.name) for job in due.read(NOW)} == names
    due.raise_if_unread()


def test_nothing_read_at_all_is_an_error(ledger: Ledger, names: set[str]) -> None:
    due = due_of(ledger, query=1000)
    assert due.read(NOW) == []
    assert list(due.name_checks(NOW)) == []
    assert names
    with pytest.raises(ClientError):
        due.raise_if_unread()


def test_one_read_returns_no_more_than_the_bound(ledger: Ledger, names: set[str]) -> None:
    found = DueJobs(ledger.queries, max_jobs=10).read(NOW)
    assert len(found) == 10
    assert {str(job.name) for job in found} < names
