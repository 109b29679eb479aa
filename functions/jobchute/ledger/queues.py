"""The lines of pools: who waits in each, read from the index of the jobs' places.

The index is eventually consistent: it shows a job a moment after it was written, and for a moment after it was
let in.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING, NamedTuple

from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.table import BY_QUEUE
from jobchute.pools.limits import MAX_GROUPS, QueuePosition

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Sorts before every place; a key cannot be empty.
FIRST = "!"


class Queue(NamedTuple):
    """What one admission sees of a pool's line. places: the oldest ones of each group that was read.

    walked_to: where the next admission goes on reading; None where the line has few groups.
    """

    places: list[QueuePosition]
    walked_to: str | None = None


class Step(NamedTuple):
    """The answer of one query: places of one group. There are none where all of them are passed over."""

    group: str
    places: list[QueuePosition]


class QueueRows(NamedTuple):
    client: "DynamoDBClient"
    table: str

    def read(self, pool: str, *, each: int, besides: Collection[str] = (), walked_to: str = "") -> Queue:
        """The oldest places of each group in a pool's line, so many of each group or a few more.

        In a line of more than MAX_GROUPS groups, half of the queries read the first groups. The other half go
        on behind `walked_to`, and from the end of the line back to where the first half stopped: so each group
        is read by one of several admissions, however many groups there are.

        besides: jobs that are passed over. Rows of those that were just let in stay in the index for a moment.
        """
        half = MAX_GROUPS // 2
        first = list(islice(self._steps(pool, FIRST, each, besides), half))
        if len(first) < half:
            return Queue(_places_of(first))
        head = first[-1].group
        start = max(walked_to, head)
        rest = list(islice(self._steps(pool, _behind(start), each, besides), half))
        if start > head and len(rest) < half:
            again = islice(self._steps(pool, _behind(head), each, besides), half - len(rest))
            rest += takewhile(lambda step: step.group <= start, again)
        return Queue(_places_of(first + rest), rest[-1].group if rest else None)

    def is_empty(self, pool: str) -> bool:
        return not self._places(pool, FIRST, 1)

    def length(self, pool: str, *, has_time: Callable[[], bool]) -> int:
        """Jobs in a pool's line; fewer than there are where the time is over."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=BY_QUEUE,
            KeyConditionExpression="waiting = :pool",
            ExpressionAttributeValues=to_dynamodb({":pool": pool}),
            Select="COUNT",
        )
        return sum(page["Count"] for page in takewhile(lambda _: has_time(), pages))

    def _steps(self, pool: str, after: str, each: int, besides: Collection[str]) -> Iterator[Step]:
        """Group by group through a line. A step is a query; a group where jobs are passed over has several."""
        last, missing = "", each
        while places := self._places(pool, after, each):
            group = places[0].group
            of_group = [place for place in places if place.group == group]
            found = [place for place in of_group if place.job_id not in besides]
            missing = (missing if group == last else each) - len(found)
            last = group
            yield Step(group, found)
            if len(of_group) == len(places) < each:
                return
            has_more = len(of_group) == len(places) and missing > 0
            after = str(places[-1]) if has_more else _behind(group)

    def _places(self, pool: str, after: str, most: int) -> list[QueuePosition]:
        answer = self.client.query(
            TableName=self.table,
            IndexName=BY_QUEUE,
            KeyConditionExpression="waiting = :pool AND place > :after",
            ExpressionAttributeValues=to_dynamodb({":pool": pool, ":after": after}),
            Limit=most,
        )
        return [QueuePosition.parse(item["place"]["S"]) for item in answer["Items"]]


def _places_of(steps: Iterable[Step]) -> list[QueuePosition]:
    return list(chain.from_iterable(step.places for step in steps))


def _behind(group: str) -> str:
    """Sorts after all places of a group, whose next character is a digit."""
    return f"{group}~"
