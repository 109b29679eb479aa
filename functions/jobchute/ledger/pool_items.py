"""The items of a pool: how they are written, and read back."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import Item, from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_TRIES = 10
"""Of a conditional write: each time, another call was quicker."""
LANE = 20
"""Leases of one item: some 3 KB."""
POOL = "POOL"
LANES = "LANES#"
"""Before the pool's name: the partition of the further items of a wide pool (jobchute.ledger.pool_lanes)."""
NEW_ROW = {"leases": {}, "shares": {}, "nextAt": 0, "admittedAt": 0, "mendedAt": 0, "capAt": 0}


class PoolRow(NamedTuple):
    """leases: when each job in flight was admitted, or its create slot. shares: whose they are. Times in
    milliseconds.

    next_at: when the next create call may be made. cap: a lower limit after a quota error at cap_at, with the
    provider's words in cap_reason.
    admitted_at: when the last lease was taken. repaired_at: when the leases were last compared with the jobs.
    walked_to: the group at which the last admission stopped reading a queue of many groups; empty before that.
    queued_at: when a job last entered the queue, as far as it matters (jobchute.lifecycle.queue_marks); 0 if
    none waits.
    retiring_at: when the pool was found to be unused (jobchute.lifecycle.unused_pools); 0 if it is used.
    is_wide: whether leases are in lanes. lanes: of a wide pool, the lanes in which each job holds a lease, and
    the lease's value; lane 0 is this row itself.
    """

    pool: str
    leases: Mapping[str, int] = MappingProxyType({})
    shares: Mapping[str, str] = MappingProxyType({})
    next_at: int = 0
    cap: int | None = None
    cap_at: int = 0
    cap_reason: str = ""
    admitted_at: int = 0
    repaired_at: int = 0
    walked_to: str = ""
    queued_at: int = 0
    retiring_at: int = 0
    is_wide: bool = False
    lanes: Mapping[str, Mapping[int, int]] = MappingProxyType({})

    def lane_of(self, job_id: str) -> int | None:
        """The lane of a job's lease; None if the row itself holds it."""
        return min(self.lanes.get(job_id, (0,))) or None


class Written(NamedTuple):
    """The answer to a conditional write: the row after it, or as it is where the condition did not hold."""

    row: PoolRow
    is_done: bool
    is_missing: bool = False


LimitOf = Callable[[PoolRow], int]


class Pace(NamedTuple):
    """Which create slots a pool gives away. In milliseconds.

    step: from one slot to the next. horizon: the time of the last slot that may be reserved now.
    """

    step: int
    horizon: int


class Wish(NamedTuple):
    """A lease that is to be taken. now: epoch milliseconds.

    pace: of the create slot that is reserved with the lease; None where another pool's row has the slots.
    walked_to: where the next admission continues reading the queue.
    """

    job_id: str
    share: str
    now: int
    pace: Pace | None = None
    walked_to: str | None = None


class Taken(NamedTuple):
    """at: the lease's value; None if this call took no lease. row: of the pool, after that.

    lane: where the lease is; None for the pool's row.
    """

    row: PoolRow
    at: int | None
    lane: int | None = None


class PoolItems(NamedTuple):
    """Conditional writes of the items of pools."""

    client: "DynamoDBClient"
    table: str

    def update(
        self,
        pool: str,
        update: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
        *,
        lane: int | None = None,
    ) -> Written:
        """Change a row, or the item of a lane, if the condition holds."""
        options: dict[str, Any] = {}
        if values:
            options["ExpressionAttributeValues"] = to_dynamodb(values)
        if names:
            options["ExpressionAttributeNames"] = names
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key=key_of(pool, lane),
                UpdateExpression=update,
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **options,
            )
        except ClientError as error:
            return _refused(pool, error)
        return Written(row_of(answer["Attributes"]), is_done=True)

    def find(self, pool: str) -> PoolRow | None:
        """The row, read consistently, without its lanes."""
        answer = self.client.get_item(TableName=self.table, Key=key_of(pool), ConsistentRead=True)
        return row_of(answer["Item"]) if "Item" in answer else None

    def give_back(self, pool: str, job_id: str, *, seen: int | None = None, lane: int | None = None) -> Written:
        """Remove a job's lease from the row, or from a lane. seen: the lease's value; another one stays."""
        update, condition = "REMOVE leases.#job, shares.#job", "attribute_exists(leases.#job)"
        values = {}
        if seen is not None:
            condition, values = "leases.#job = :seen", {":seen": seen}
        return self.update(pool, update, condition, values, {"#job": job_id}, lane=lane)

    def make(self, pool: str, **values: Any) -> Written:
        """Write the row of a new pool. values: its attributes that are not empty."""
        item = key_of(pool) | to_dynamodb({**NEW_ROW, **values})
        try:
            self.client.put_item(
                TableName=self.table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            return _refused(pool, error)
        return Written(row_of(item), is_done=True)


def _refused(pool: str, error: ClientError) -> Written:
    item = refused_item(error)
    return Written(row_of(item or key_of(pool)), is_done=False, is_missing=not item)


def key_of(pool: str, lane: int | None = None) -> Item:
    if lane:
        return to_dynamodb({"pk": f"{LANES}{pool}", "sk": f"{lane:03d}"})
    return to_dynamodb({"pk": POOL, "sk": pool})


def row_of(item: Mapping[str, Any]) -> PoolRow:
    values = from_dynamodb(item)
    return PoolRow(
        pool=values["sk"],
        leases=values.get("leases", {}),
        shares=values.get("shares", {}),
        next_at=values.get("nextAt", 0),
        cap=values.get("cap"),
        cap_at=values.get("capAt", 0),
        cap_reason=values.get("capReason", ""),
        admitted_at=values.get("admittedAt", 0),
        repaired_at=values.get("mendedAt", 0),
        walked_to=values.get("walkedTo", ""),
        queued_at=values.get("queuedAt", 0),
        retiring_at=values.get("retiringAt", 0),
        is_wide=values.get("isWide", False),
    )
