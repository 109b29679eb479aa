"""Jobs found by what they have in common: a state, a source, a provider id, a label, or that they are due.

The indexes hold keys. A query reads them, some 4,000 with each call, and the rows of what it finds are read
from the table, 100 with each call, as its caller goes on. So the number of calls follows from how many jobs the
caller takes and from the number of partitions, and never from how many jobs there are.

An index is eventually consistent: a job may show up a moment after it was written, and stay for a moment where
it was. Its row, read consistently, is the newer of the two. So a row that no longer exists is left out, and one
that has moved on is returned as it is now: a caller that asks for a state compares it.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import merge
from itertools import islice, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from jobchute.job import Handle, Job, State
from jobchute.ledger.items import JOB, LOOK, from_dynamodb, handle_of, job_of, lists_of, open_marks, to_dynamodb
from jobchute.ledger.job_rows import Batches
from jobchute.ledger.table import BY_DUE, BY_PROVIDER_ID, BY_SOURCE, BY_STATE, INDEXES

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Entry = dict[str, Any]
OnError = Callable[[Exception], None]
MAX_TALLIED = 10_000
"""Entries of one list that are counted: at most four queries, as each reads 1 MB."""


class Listed(NamedTuple):
    """An entry of the index of states: enough to know whether a row that was read before is the newest one."""

    job_id: str
    updated_at: str


class Head(NamedTuple):
    """The jobs in a state that moved last, the latest first, and how many jobs are in the state.

    is_at_least: or more, which were not counted.
    """

    latest: tuple[Listed, ...] = ()
    number: int = 0
    is_at_least: bool = False

    def and_newer(self, latest: tuple[Listed, ...]) -> "Head | None":
        """This head as of later, when these jobs had moved last; None if too many have moved in between to
        know how many they are.
        """
        place = latest.index(self.latest[0]) if self.latest and self.latest[0] in latest else None
        return None if place is None else Head(latest, self.number + place, self.is_at_least)


class JobQueries(NamedTuple):
    """consistent: whether rows are read as they are at that moment, for twice the price.

    page: entries of an index that one call reads from each partition; None for as many as 1 MB holds. A list
    that ends early reads less with fewer.
    """

    client: "DynamoDBClient"
    table: str
    consistent: bool = True
    page: int | None = None

    def due(self, now: float, *, on_error: OnError | None = None) -> Iterator[Job]:
        """Open jobs whose next check is due, the longest overdue first.

        One query for each of DUE_SHARDS partitions, and one read for 100 jobs.

        on_error: called for a query or a read that fails, whose jobs are then left out; without it the error is
        raised.
        """
        entries = self._merged(BY_DUE, open_marks(), upper=("due", int(now)), on_error=on_error)
        return (job for job in self._rows_of(entries, on_error) if _is_due(job, now))

    def due_name_checks(self, now: float, *, on_error: OnError | None = None) -> Iterator[Job]:
        """Jobs that wait for names and whose next look is overdue, the longest first. One query, and reads.

        on_error: as for due jobs.
        """
        entries = self._merged(BY_DUE, [LOOK], upper=("due", int(now)), on_error=on_error)
        return (job for job in self._rows_of(entries, on_error) if _is_due(job, now))

    def by_state(self, *states: State, since: str | None = None, until: str | None = None) -> Iterator[Job]:
        """Jobs in any of these states, the latest moved first.

        since, until: those that moved then or after, and then or before, as ISO 8601 text.

        One query for each final state and STATE_SHARDS for each other one, and one read for 100 jobs.
        """
        upper = None if until is None else ("updatedAt", until)
        lists = [name for state in states for name in lists_of(state)]
        entries = self._merged(BY_STATE, lists, upper=upper, newest_first=True)
        if since is not None:
            entries = takewhile(lambda entry: str(entry["updatedAt"]) >= since, entries)
        return self._rows_of(entries)

    def head(self, state: State, *, since: str | None = None, limit: int, before: Head | None = None) -> Head:
        """How many jobs are in a state, and which of them moved last. since: of those that moved then or later,
        as ISO 8601 text. limit: of those that are named. before: an earlier answer, for a final state.

        One query for each list of the state, and further ones for a list that is longer, up to MAX_TALLIED,
        unless the earlier answer says how many there were. No row is read.
        """
        heads = [self._head_of_list(name, since, limit, before) for name in lists_of(state)]
        latest = merge(*(head.latest for head in heads), key=lambda each: each.updated_at, reverse=True)
        number = sum(head.number for head in heads)
        return Head(tuple(islice(latest, limit)), number, any(head.is_at_least for head in heads))

    def latest(self, *states: State, limit: int) -> list[Listed]:
        """The jobs in any of these states that moved last. One query for each list of the states."""
        queries = self._replace(page=limit)
        lists = [name for state in states for name in lists_of(state)]
        entries = queries._merged(BY_STATE, lists, newest_first=True)
        return [Listed(entry["pk"], entry["updatedAt"]) for entry in islice(entries, limit)]

    def _head_of_list(self, name: str, since: str | None, limit: int, before: Head | None) -> Head:
        lower = None if since is None else ("updatedAt", since)
        query = {
            "IndexName": BY_STATE,
            "ScanIndexForward": False,
            **_condition("listed", name, lower, sign=">="),
        }
        page: Any = self.client.query(TableName=self.table, Limit=limit, **query)
        entries = map(from_dynamodb, page["Items"])
        latest = tuple(Listed(entry["pk"], entry["updatedAt"]) for entry in entries)
        number = len(latest)
        known = before.and_newer(latest) if before is not None and "LastEvaluatedKey" in page else None
        if known is not None:
            return known
        while "LastEvaluatedKey" in page:
            if number >= MAX_TALLIED:
                return Head(latest, number, is_at_least=True)
            start = page["LastEvaluatedKey"]
            page = self.client.query(TableName=self.table, Select="COUNT", ExclusiveStartKey=start, **query)
            number += page["Count"]
        return Head(latest, number)

    def by_source(self, uri: str) -> Iterator[Job]:
        """Jobs that came from a file or message, the latest first. One query, and one read for 100 jobs."""
        return self._rows_of(self._entries(BY_SOURCE, uri, newest_first=True))

    def handle(self, provider_id: str) -> Handle | None:
        """What never changes of the job with a provider id. One query, and no read."""
        entry = next(self._items(IndexName=BY_PROVIDER_ID, **_condition("providerId", provider_id)), None)
        return None if entry is None else handle_of(entry)

    def by_label(self, name: str, value: str) -> Iterator[Job]:
        """Jobs that carry a label, the latest first. One query of the table, and one read for 100 jobs.

        An item also points to a job whose label was changed since.
        """
        items = self._items(**_condition("pk", f"LABEL#{name}={value}"), ScanIndexForward=False)
        return (
            job for job in self._rows(item["jobId"]["S"] for item in items) if job.labels.get(name) == value
        )

    def _merged(
        self,
        index: str,
        partitions: Iterable[str],
        *,
        upper: tuple[str, int | str] | None = None,
        newest_first: bool = False,
        on_error: OnError | None = None,
    ) -> Iterator[Entry]:
        """The entries of several partitions in one order, read as the caller goes on."""
        sort = str(INDEXES[index][1])
        of_each = [
            self._entries(index, partition, upper=upper, newest_first=newest_first) for partition in partitions
        ]
        if on_error is not None:
            of_each = [_until_error(entries, on_error) for entries in of_each]
        return merge(*of_each, key=lambda entry: entry[sort], reverse=newest_first)

    def _entries(
        self,
        index: str,
        partition: str,
        *,
        upper: tuple[str, int | str] | None = None,
        newest_first: bool = False,
    ) -> Iterator[Entry]:
        condition = _condition(INDEXES[index][0], partition, upper)
        items = self._items(IndexName=index, ScanIndexForward=not newest_first, **condition)
        return map(from_dynamodb, items)

    def _items(self, **query: Any) -> Iterator[Entry]:
        if self.page is not None:
            query["PaginationConfig"] = {"PageSize": self.page}
        pages = self.client.get_paginator("query").paginate(TableName=self.table, **query)
        for page in pages:
            yield from page["Items"]

    def _rows_of(self, entries: Iterable[Entry], on_error: OnError | None = None) -> Iterator[Job]:
        return self._rows((entry["pk"] for entry in entries), on_error)

    def _rows(self, job_ids: Iterable[str], on_error: OnError | None = None) -> Iterator[Job]:
        batches = Batches(self.client, self.table, self.consistent, on_error)
        return map(job_of, batches.read((job_id, JOB) for job_id in job_ids))


def _until_error(entries: Iterator[Entry], on_error: OnError) -> Iterator[Entry]:
    try:
        yield from entries
    except (BotoCoreError, ClientError) as error:
        on_error(error)


def _is_due(job: Job, now: float) -> bool:
    return job.due is not None and job.due <= now


def _condition(
    name: str, value: str, bound: tuple[str, int | str] | None = None, *, sign: str = "<="
) -> dict[str, Any]:
    names = {"#key": name}
    values: dict[str, int | str] = {":key": value}
    expression = "#key = :key"
    if bound is not None:
        names["#bound"], values[":bound"] = bound
        expression += f" AND #bound {sign} :bound"
    return {
        "KeyConditionExpression": expression,
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": to_dynamodb(values),
    }
