"""The queues of pools. A job is in its pool's queue as long as its row has `waiting` and `place`.

A queue is read from the index of the jobs' places, which is eventually consistent: it shows a job a moment
after it was enqueued, and for a moment after it was admitted.
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import chain, islice, takewhile
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import Job, State
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.job_rows import JobRows
from jobchute.ledger.table import BY_QUEUE
from jobchute.ledger.update import Update
from jobchute.pools.limits import MAX_GROUPS, QueuePosition, waiting_in

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# Sorts before every place; a key cannot be empty.
FIRST = "!"


class QueueView(NamedTuple):
    """What one admission sees of a pool's queue. places: the oldest ones of each group that was read.

    walked_to: where the next admission continues reading; None if the queue has few groups.
    """

    places: list[QueuePosition]
    walked_to: str | None = None


class Step(NamedTuple):
    """The answer of one query: places of one group; none if all of them are passed over."""

    group: str
    places: list[QueuePosition]


class QueueRows(NamedTuple):
    """Jobs enter and leave the queue of their pool by conditional writes of their own rows."""

    client: "DynamoDBClient"
    table: str
    max_groups: int = MAX_GROUPS

    def enqueue(self, job: Job, *, due: int) -> Job:
        """Put a job into its pool's queue, unless it waits for other jobs, or its turn has come already.

        If its priority was changed since it was read, its place is that of the new one.
        """
        changes = {
            "waiting": job.pool,
            "place": str(QueuePosition.of(job)),
            "reason": waiting_in(job.pool or ""),
        }
        update = Update(job.job_id, changes | {"due": due})
        waits_for_none = f"{update.lacks('waitsFor')} AND {update.lacks('awaits')}"
        holds = update.holds((State.QUEUED,), attempt=job.attempt)
        is_same = update.equals("priority", job.priority)
        condition = f"{holds} AND {waits_for_none} AND NOT {update.has_turn()} AND {is_same}"
        row, is_enqueued = self._jobs.update(job.job_id, update, condition)
        if is_enqueued or row.priority == job.priority or row.attempt != job.attempt:
            return row
        return self.enqueue(row, due=due)

    def enqueue_again(
        self, job: Job, *, reason: str, attempt_id: str | None, due: int, **changes: Any
    ) -> tuple[Job, bool]:
        """Put a job whose turn had come back to its place. Returns the row and whether it did: a job that is to
        stop is due sooner than one that waits.

        attempt_id: must hold the job still. changes: fields of Job to write along.
        """
        first = {"attempt_until": 0, "due": due, "reason": reason}
        last = {"waiting": job.pool, "place": str(QueuePosition.of(job)), "create_at": 0, "lane": None}
        update = Update(job.job_id, first | changes | last)
        holds = update.holds((job.state,), attempt_id, attempt=job.attempt)
        return self._jobs.update(job.job_id, update, f"{holds} AND {update.lacks('stopCause')}")

    def admit(
        self, job_id: str, pool: str, *, create_at: int, due: int, lane: int | None = None
    ) -> tuple[Job, bool]:
        """Take a job whose turn has come out of a pool's queue. Returns the row and whether it waited there:
        the index may show the place of an earlier attempt.

        create_at: its create slot, in epoch milliseconds. lane: where its lease is.
        """
        changes = {"waiting": None, "place": None, "reason": None, "create_at": create_at, "due": due}
        if lane is not None:
            changes["lane"] = lane
        update = Update(job_id, changes)
        condition = f"{update.holds((State.QUEUED, State.SUBMITTING))} AND {update.equals('waiting', pool)}"
        return self._jobs.update(job_id, update, condition)

    def read(self, pool: str, *, each: int, besides: Collection[str] = (), walked_to: str = "") -> QueueView:
        """The oldest places of each group in a pool's queue: `each` of every group, or a few more.

        In a queue of more than max_groups groups, half of the queries read the first groups. The other half
        continue behind `walked_to`, and from the end of the queue back to where the first half stopped. So each
        group is read by one of several admissions, however many groups there are.

        besides: jobs to pass over. Jobs that were just admitted stay in the index for a moment.
        """
        half = self.max_groups // 2
        first = list(islice(self._steps(pool, FIRST, each, besides), half))
        if len(first) < half:
            return QueueView(_places_of(first))
        head = first[-1].group
        start = max(walked_to, head)
        rest = list(islice(self._steps(pool, _behind(start), each, besides), half))
        if start > head and len(rest) < half:
            again = islice(self._steps(pool, _behind(head), each, besides), half - len(rest))
            rest += takewhile(lambda step: step.group <= start, again)
        return QueueView(_places_of(first + rest), rest[-1].group if rest else None)

    def line(self, pool: str, *, limit: int) -> list[QueuePosition]:
        """The first places of a pool's queue by priority, share and age: one call for some 3,000 of them."""
        items = chain.from_iterable(page["Items"] for page in self._pages(pool))
        return [QueuePosition.parse(item["place"]["S"]) for item in islice(items, limit)]

    def is_empty(self, pool: str) -> bool:
        """Whether the index shows no job in a pool's queue."""
        return not self._places(pool, FIRST, 1)

    def length(self, pool: str, *, has_time: Callable[[], bool]) -> int:
        """Jobs in a pool's queue; fewer than there are if the time is over before all are counted."""
        pages = self._pages(pool, Select="COUNT")
        return sum(page["Count"] for page in takewhile(lambda _: has_time(), pages))

    @property
    def _jobs(self) -> JobRows:
        return JobRows(self.client, self.table)

    def _pages(self, pool: str, **options: Any) -> Iterable[Any]:
        """Of the whole queue, each of at most 1 MB."""
        return self.client.get_paginator("query").paginate(
            TableName=self.table,
            IndexName=BY_QUEUE,
            KeyConditionExpression="waiting = :pool",
            ExpressionAttributeValues=to_dynamodb({":pool": pool}),
            **options,
        )

    def _steps(self, pool: str, after: str, each: int, besides: Collection[str]) -> Iterator[Step]:
        """Group by group through a queue. A step is a query; a group with jobs to pass over takes several."""
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
