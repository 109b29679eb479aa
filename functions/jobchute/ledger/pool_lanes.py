"""Leases of wide pools, in several items: one item takes 1,000 write units a second.

Up to LANE leases of a pool are in its row, where one write takes a lease if the pool has room. A pool that
needs more becomes wide, until it is removed as unused: its row takes no further lease, and lanes take them,
each up to its quota. The quotas add up to the limit, without the leases that are left in the row.

1. All lanes are read, and a lease is taken in one that has room, on condition that it still has.
2. All are read again. If the limit was lowered meanwhile, or lanes hold more than their quotas since an earlier
   cut, there may be too many leases by now: then this one goes back. Of several calls at once, the last to
   write sees the leases of all.

Two calls that admit the same job at once may take a lease in two lanes. The write of the job's row decides
which of them admits it; the other gives its lease back, or the upkeep of pools does if that call dies.
"""

import math
import zlib
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.pool_items import (
    LANE,
    LANES,
    MAX_TRIES,
    LimitOf,
    PoolItems,
    PoolRow,
    Taken,
    Wish,
    key_of,
    row_of,
)

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class Lane(NamedTuple):
    """One that has room, and how many leases it may hold."""

    number: int
    quota: int


class LaneRows(NamedTuple):
    """Reads and conditional writes of the lanes of wide pools. size: leases of one item."""

    client: "DynamoDBClient"
    table: str
    size: int = LANE

    def whole(self, row: PoolRow) -> PoolRow:
        """A wide pool's row with the leases of its lanes, read consistently."""
        return with_lanes(row, self._lanes(row.pool))

    def read(self, pool: str) -> PoolRow:
        """A pool's row, or an empty one, with the leases of its lanes, read consistently."""
        row = self._items.find(pool) or PoolRow(pool)
        return self.whole(row) if row.is_wide else row

    def widen(self, pool: str) -> PoolRow:
        """From now on, leases are taken in lanes. The pool is used. Returns its row, with its lanes."""
        update = "SET isWide = :yes REMOVE retiringAt"
        written = self._items.update(pool, update, "attribute_exists(leases)", {":yes": True})
        if written.is_missing and not self._items.make(pool, isWide=True).is_done:
            self._items.update(pool, update, "attribute_exists(leases)", {":yes": True})
        return self.read(pool)

    def take(self, row: PoolRow, wish: Wish, limit_of: LimitOf) -> Taken:
        """Take a lease in a lane, if the pool has room. row: with its lanes."""
        values: dict[str, Any] = {":share": wish.share, ":now": wish.now}
        if wish.walked_to is not None:
            values[":walked"] = wish.walked_to
        for _ in range(MAX_TRIES):
            is_early = wish.pace is None or row.next_at <= wish.pace.horizon
            is_free = is_early and wish.job_id not in row.leases
            lane = free_lane(row, wish.job_id, limit_of(row), self.size) if is_free else None
            if lane is None:
                break
            if self._try(row.pool, lane, wish.job_id, values):
                return self._checked(row.pool, lane.number, wish, limit_of)
            row = self.read(row.pool)
        return Taken(row, None)

    def remove(self, pool: str) -> bool:
        """Delete the lanes of a pool that is not used. Returns False if one has a lease."""
        for lane in self._lanes(pool):
            try:
                self.client.delete_item(
                    TableName=self.table,
                    Key=key_of(pool, lane),
                    ConditionExpression="attribute_not_exists(pk) OR size(leases) = :none",
                    ExpressionAttributeValues=to_dynamodb({":none": 0}),
                )
            except ClientError as error:
                refused_item(error)
                return False
        return True

    def _try(self, pool: str, lane: Lane, job_id: str, values: dict[str, Any]) -> bool:
        """Whether this call, or an earlier one that the client sent twice, took the lease."""
        walked = ", walkedTo = :walked" if ":walked" in values else ""
        written = self._items.update(
            pool,
            f"SET leases.#job = :now, shares.#job = :share, admittedAt = :now{walked}",
            "attribute_exists(leases) AND size(leases) < :quota AND attribute_not_exists(leases.#job)",
            {**values, ":quota": lane.quota},
            {"#job": job_id},
            lane=lane.number,
        )
        if written.is_missing:
            first = {":leases": {job_id: values[":now"]}, ":shares": {job_id: values[":share"]}}
            written = self._items.update(
                pool,
                f"SET leases = :leases, shares = :shares, admittedAt = :now{walked}",
                "attribute_not_exists(pk)",
                first | {name: value for name, value in values.items() if name != ":share"},
                lane=lane.number,
            )
        return written.is_done or written.row.leases.get(job_id) == values[":now"]

    def _checked(self, pool: str, lane: int, wish: Wish, limit_of: LimitOf) -> Taken:
        """The pool after a lease was taken; the lease goes back if there are too many by now."""
        row = self.read(pool)
        if row.retiring_at or not row.is_wide:
            # The pool was found to be unused, and may be gone.
            row = self.widen(pool)
        if len(row.leases) <= limit_of(row):
            return Taken(row, wish.now, lane)
        self._items.give_back(pool, wish.job_id, seen=wish.now, lane=lane)
        return Taken(self.read(pool), None)

    def _lanes(self, pool: str) -> dict[int, PoolRow]:
        """One call reads all: MAX_IN_FLIGHT leases are less than 1 MB."""
        answer = self.client.query(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": f"{LANES}{pool}"}),
            ConsistentRead=True,
        )
        return {int(item["sk"]["S"]): row_of(item) for item in answer["Items"]}

    @property
    def _items(self) -> PoolItems:
        return PoolItems(self.client, self.table)


def with_lanes(row: PoolRow, lanes: Mapping[int, PoolRow]) -> PoolRow:
    """A wide pool's row with the leases of its lanes. Where a job has two, the row's comes first."""
    items = {0: row, **lanes}
    leases: dict[str, int] = {}
    shares: dict[str, str] = {}
    places: dict[str, dict[int, int]] = defaultdict(dict)
    for number, item in sorted(items.items(), reverse=True):
        leases |= item.leases
        shares |= item.shares
        for job_id, at in item.leases.items():
            places[job_id][number] = at
    newest = max(items.values(), key=lambda item: item.admitted_at)
    return row._replace(
        leases=leases,
        shares=shares,
        lanes=dict(places),
        admitted_at=newest.admitted_at,
        walked_to=newest.walked_to,
    )


def free_lane(row: PoolRow, job_id: str, limit: int, size: int = LANE) -> Lane | None:
    """A lane with room for one lease more; None if the pool has no room. row: with its lanes. size: of a lane.

    Every job tries the lanes in an order of its own, so two calls that admit a job mostly meet in one lane.
    """
    if len(row.leases) >= limit:
        return None
    held = Counter(lane for lanes in row.lanes.values() for lane in lanes)
    left = limit - held[0]
    count = math.ceil(left / size)
    first = zlib.crc32(job_id.encode())
    for step in range(count):
        number = (first + step) % count + 1
        quota = min(left - size * (number - 1), size)
        if held[number] < quota:
            return Lane(number, quota)
    return None
