"""The ledger's rows of pools: which jobs hold a lease, and when the next create call may be made.

A pool is one item. A lease is an entry under its job's id. Conditional writes take it and give it back, so
doing either twice is the same as once. The leases are counted by `size`, so no count can drift from them. An
item holds 400 KB and a lease some 90 bytes: at most pools.limits.MAX_IN_FLIGHT. The jobs that wait are in
`queues`.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import from_dynamodb, to_dynamodb

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

POOL = "POOL"
MAX_TRIES = 10


class PoolRow(NamedTuple):
    """leases: when each job in flight was admitted. shares: whose they are. Times in milliseconds.

    next_at: when the next create call may be made. cap: a lower limit after a quota error at cap_at, with the
    provider's words in cap_reason.
    admitted_at: when the last lease was taken. repaired_at: when the leases were last compared with the jobs.
    walked_to: the group at which the last admission stopped reading a queue of many groups; empty before that.
    retiring_at: when the pool was found to be unused (jobchute.lifecycle.unused_pools); 0 if it is used.
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
    retiring_at: int = 0


class PoolRows(NamedTuple):
    """Reads and conditional writes of the rows of pools."""

    client: "DynamoDBClient"
    table: str

    def get(self, pool: str) -> PoolRow:
        """The row, read consistently. If there is none, an empty one is made."""
        answer = self.client.get_item(TableName=self.table, Key=_key(pool), ConsistentRead=True)
        if "Item" in answer:
            return _row(answer["Item"])
        values = {":leases": {}, ":shares": {}, ":zero": 0}
        update = "SET leases = :leases, shares = :shares, nextAt = :zero, admittedAt = :zero, mendedAt = :zero"
        return self._update(pool, f"{update}, capAt = :zero", "attribute_not_exists(pk)", values)[0]

    def find(self, pool: str) -> PoolRow:
        """The row, or an empty one, read consistently. Nothing is written."""
        answer = self.client.get_item(TableName=self.table, Key=_key(pool), ConsistentRead=True)
        return _row(answer.get("Item", _key(pool)))

    def keep(self, pool: str) -> PoolRow:
        """The row, for a call that puts a job into the pool's queue: its mark as unused, if any, is removed."""
        row = self.get(pool)
        if not row.retiring_at:
            return row
        row, is_kept = self._update(pool, "REMOVE retiringAt", "attribute_exists(pk)", {})
        return row if is_kept else self.get(pool)

    def retire(self, row: PoolRow, *, now: int) -> None:
        """Mark a pool as unused, unless it was used since the row was read."""
        condition = "attribute_exists(leases) AND attribute_not_exists(retiringAt) AND size(leases) = :none"
        condition += " AND admittedAt = :admitted AND nextAt = :next"
        values = {":now": now, ":none": 0, ":admitted": row.admitted_at, ":next": row.next_at}
        self._update(row.pool, "SET retiringAt = :now", condition, values)

    def remove(self, row: PoolRow) -> bool:
        """Delete a marked row, unless the pool was used since the row was read. Returns whether it did."""
        condition = "retiringAt = :mark AND size(leases) = :none AND nextAt = :next"
        values = {":mark": row.retiring_at, ":none": 0, ":next": row.next_at}
        try:
            self.client.delete_item(
                TableName=self.table,
                Key=_key(row.pool),
                ConditionExpression=condition,
                ExpressionAttributeValues=to_dynamodb(values),
            )
        except ClientError as error:
            refused_item(error)
            return False
        return True

    def all(self) -> list[PoolRow]:
        """The rows of all pools, read consistently."""
        pages = self.client.get_paginator("query").paginate(
            TableName=self.table,
            KeyConditionExpression="pk = :pk",
            ExpressionAttributeValues=to_dynamodb({":pk": POOL}),
            ConsistentRead=True,
        )
        return [_row(item) for page in pages for item in page["Items"]]

    def reserve(self, pool: str, *, step: int, now: int, horizon: int) -> int | None:
        """Reserve the create slot `step` ms after the last one. None if there is none by the horizon."""
        values = {":step": step, ":now": now, ":horizon": horizon}
        for _ in range(MAX_TRIES):
            update, condition = "SET nextAt = nextAt + :step", "nextAt BETWEEN :now AND :horizon"
            row, done = self._update(pool, update, condition, values)
            if done:
                return row.next_at - step
            if row.next_at > horizon:
                return None
            # Nothing was created for a while: the step counts from now.
            late = {":now": now, ":next": now + step}
            row, done = self._update(pool, "SET nextAt = :next", "nextAt < :now", late)
            if done:
                return now
            # The row does not exist yet, or another call was quicker.
            self.get(pool)
        return None

    def take(
        self, pool: str, job_id: str, *, share: str, limit: int, now: int, walked_to: str | None = None
    ) -> bool:
        """Take the job's lease if the pool has room. Returns whether this call did.

        walked_to: where the next admission continues reading the queue.
        """
        names = {"#job": job_id}
        values: dict[str, Any] = {":share": share, ":limit": limit, ":now": now}
        update = "SET leases.#job = :now, shares.#job = :share, admittedAt = :now"
        if walked_to is not None:
            update += ", walkedTo = :walked"
            values[":walked"] = walked_to
        update += " REMOVE retiringAt"
        condition = "attribute_exists(leases) AND size(leases) < :limit AND attribute_not_exists(leases.#job)"
        return self._update(pool, update, condition, values, names)[1]

    def restore_lease(self, pool: str, job_id: str, *, share: str, at: int) -> bool:
        """Write the lease of a job that is in flight, whether there is room or not. Returns whether it was
        missing.
        """
        update = "SET leases.#job = :at, shares.#job = :share REMOVE retiringAt"
        condition = "attribute_exists(leases) AND attribute_not_exists(leases.#job)"
        return self._update(pool, update, condition, {":at": at, ":share": share}, {"#job": job_id})[1]

    def give_back(self, pool: str, job_id: str) -> tuple[PoolRow, bool]:
        """Remove the job's lease. Returns the row after that, and whether the job held a lease."""
        update, condition = "REMOVE leases.#job, shares.#job", "attribute_exists(leases.#job)"
        return self._update(pool, update, condition, {}, {"#job": job_id})

    def put_cap(self, pool: str, cap: int, *, now: int, reason: str = "") -> None:
        """Admit no more than `cap` jobs for a while, because of a quota error. reason: the provider's words."""
        values = {":cap": cap, ":now": now, ":reason": reason}
        update = "SET cap = :cap, capAt = :now, capReason = :reason"
        self._update(pool, update, "attribute_exists(pk)", values)

    def clear_cap(self, pool: str) -> None:
        """Admit as many jobs as the rules say again, until the next quota error."""
        self._update(pool, "REMOVE cap, capAt, capReason", "attribute_exists(pk)", {})

    def mark_repaired(self, pool: str, *, now: int) -> None:
        """The leases were compared with the jobs."""
        self._update(pool, "SET mendedAt = :now", "attribute_exists(pk)", {":now": now})

    def _update(
        self,
        pool: str,
        update: str,
        condition: str,
        values: Mapping[str, Any],
        names: Mapping[str, str] | None = None,
    ) -> tuple[PoolRow, bool]:
        options: dict[str, Any] = {}
        if values:
            options["ExpressionAttributeValues"] = to_dynamodb(values)
        if names:
            options["ExpressionAttributeNames"] = names
        try:
            answer = self.client.update_item(
                TableName=self.table,
                Key=_key(pool),
                UpdateExpression=update,
                ConditionExpression=condition,
                ReturnValues="ALL_NEW",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
                **options,
            )
        except ClientError as error:
            return _row(refused_item(error) or _key(pool)), False
        return _row(answer["Attributes"]), True


def _key(pool: str) -> dict[str, Any]:
    return to_dynamodb({"pk": POOL, "sk": pool})


def _row(item: Mapping[str, Any]) -> PoolRow:
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
        retiring_at=values.get("retiringAt", 0),
    )
