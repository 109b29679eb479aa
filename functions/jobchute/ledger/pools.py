"""The ledger's rows of pools: which jobs hold a lease, whether jobs wait, and when the next create slot is.

A pool is one item, and a wide one several (`pool_lanes`). How leases are taken and given back is in
`pool_leases`; the jobs that wait are in `queues`.
"""

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.pool_items import LANE, POOL, PoolItems, PoolRow, key_of, row_of
from jobchute.ledger.pool_leases import LeaseRows

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from jobchute.ledger.pool_lanes import LaneRows

__all__ = ["POOL", "PoolRow", "PoolRows"]

MARK_MS = 5_000
"""A younger mark of a pool's queue is not written again."""


def is_marked(row: PoolRow, *, now: int) -> bool:
    """Whether a job may enter the pool's queue without another mark."""
    return row.queued_at >= now - MARK_MS and not row.retiring_at


class PoolRows(NamedTuple):
    """Reads and conditional writes of the rows of pools. Rows that are returned have the leases of their lanes.

    known_wide and lane_size: as of LeaseRows.
    """

    client: "DynamoDBClient"
    table: str
    known_wide: set[str] | None = None
    lane_size: int = LANE

    @property
    def leases(self) -> LeaseRows:
        """What jobs hold of pools."""
        return LeaseRows(self.client, self.table, self.known_wide, self.lane_size)

    def get(self, pool: str) -> PoolRow:
        """The row, read consistently. If there is none, an empty one is made."""
        return self._whole(self._items.find(pool) or self._items.make(pool).row)

    def find(self, pool: str) -> PoolRow:
        """The row, or an empty one, read consistently. Nothing is written."""
        return self._whole(self._items.find(pool) or PoolRow(pool))

    def mark_queue(self, pool: str, *, now: int) -> PoolRow:
        """Before a job enters the pool's queue: jobs that come later enter it too. Returns the row.

        A new pool gets its row. The mark of an unused pool is removed.
        """
        update = "SET queuedAt = :now REMOVE retiringAt"
        is_needed = "attribute_not_exists(queuedAt) OR queuedAt < :old OR attribute_exists(retiringAt)"
        condition = f"attribute_exists(leases) AND ({is_needed})"
        values = {":now": now, ":old": now - MARK_MS}
        written = self._items.update(pool, update, condition, values)
        if not written.is_missing:
            return self._whole(written.row)
        made = self._items.make(pool, queuedAt=now)
        # Another call may have made the row meanwhile.
        return made.row if made.is_done else self._items.update(pool, update, condition, values).row

    def keep(self, pool: str, *, now: int) -> PoolRow:
        """The row, read after a job has entered the pool's queue: the queue is marked, and the pool used."""
        row = self.find(pool)
        return row if is_marked(row, now=now) else self.mark_queue(pool, now=now)

    def clear_queue_mark(self, row: PoolRow) -> None:
        """No job waits in the pool, unless one has come since the row was read."""
        self._items.update(row.pool, "REMOVE queuedAt", "queuedAt = :seen", {":seen": row.queued_at})

    def retire(self, row: PoolRow, *, now: int) -> None:
        """Mark a pool as unused, unless it was used since the row was read."""
        condition = "attribute_exists(leases) AND attribute_not_exists(retiringAt) AND size(leases) = :none"
        condition += " AND nextAt = :next"
        condition += " AND queuedAt = :queued" if row.queued_at else " AND attribute_not_exists(queuedAt)"
        values = {":now": now, ":none": 0, ":next": row.next_at}
        if not row.is_wide:
            # The lanes of a wide pool say when leases were taken.
            condition += " AND admittedAt = :admitted"
            values[":admitted"] = row.admitted_at
        if row.queued_at:
            values[":queued"] = row.queued_at
        self._items.update(row.pool, "SET retiringAt = :now", condition, values)

    def remove(self, row: PoolRow) -> bool:
        """Delete a marked row, unless the pool was used since the row was read. Returns whether it did.

        Lanes go first: a call that takes a lease in one meanwhile removes the mark (LaneRows.take).
        """
        if row.is_wide and not self._lanes.remove(row.pool):
            return False
        condition = "retiringAt = :mark AND size(leases) = :none AND nextAt = :next"
        values = {":mark": row.retiring_at, ":none": 0, ":next": row.next_at}
        try:
            self.client.delete_item(
                TableName=self.table,
                Key=key_of(row.pool),
                ConditionExpression=condition,
                ExpressionAttributeValues=to_dynamodb(values),
            )
        except ClientError as error:
            refused_item(error)
            return False
        return True

    def all(self, *, on_error: Callable[[Exception], None] | None = None) -> list[PoolRow]:
        """The rows of all pools, read consistently.

        on_error: hears the error of each pool that is left out because its lanes cannot be read.
        """
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": POOL}),
            ConsistentRead=True,
        )
        return [*self._all_whole((row_of(item) for page in pages for item in page["Items"]), on_error)]

    def put_cap(self, pool: str, cap: int, *, now: int, reason: str = "") -> None:
        """Admit no more than `cap` jobs for a while, because of a quota error. reason: the provider's words."""
        values = {":cap": cap, ":now": now, ":reason": reason}
        update = "SET cap = :cap, capAt = :now, capReason = :reason"
        self._items.update(pool, update, "attribute_exists(pk)", values)

    def clear_cap(self, pool: str) -> None:
        """Admit as many jobs as the rules say again, until the next quota error."""
        self._items.update(pool, "REMOVE cap, capAt, capReason", "attribute_exists(pk)", {})

    def mark_repaired(self, pool: str, *, now: int) -> None:
        """The leases were compared with the jobs."""
        self._items.update(pool, "SET mendedAt = :now", "attribute_exists(pk)", {":now": now})

    def _all_whole(
        self, rows: Iterable[PoolRow], on_error: Callable[[Exception], None] | None
    ) -> Iterator[PoolRow]:
        for row in rows:
            try:
                yield self._whole(row)
            except (BotoCoreError, ClientError) as error:
                if on_error is None:
                    raise
                on_error(error)

    def _whole(self, row: PoolRow) -> PoolRow:
        return self._lanes.whole(row) if row.is_wide else row

    @property
    def _lanes(self) -> "LaneRows":
        from jobchute.ledger.pool_lanes import LaneRows

        return LaneRows(self.client, self.table)

    @property
    def _items(self) -> PoolItems:
        return PoolItems(self.client, self.table)
