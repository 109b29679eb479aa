"""The leases of pools, and their create slots.

A lease is an entry under its job's id. Conditional writes take it and give it back, so doing either twice is
the same as once. The leases are counted by `size`, so no count can drift from them. Where a pool has a rate of
its own, one write takes the lease and reserves the create slot, which is the lease's value: a repeated call
finds the slot that it was given.

The leases of a pool that has many of them are in lanes (jobchute.ledger.pool_lanes): there a create slot is
reserved by a write of its own.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.ledger.pool_items import LANE, MAX_TRIES, LimitOf, Pace, PoolItems, PoolRow, Taken, Wish, Written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from jobchute.ledger.pool_lanes import LaneRows

__all__ = ["LeaseRows", "LimitOf", "Pace", "Taken", "Wish"]

NONE_WAITS = "attribute_not_exists(queuedAt)"


class LeaseRows(NamedTuple):
    """Conditional writes of leases and create slots.

    known_wide: pools that this process has found to be wide; None if it does not remember them. lane_size:
    leases of one item.
    """

    client: "DynamoDBClient"
    table: str
    known_wide: set[str] | None = None
    lane_size: int = LANE

    def take(self, row: PoolRow, wish: Wish, *, limit_of: LimitOf) -> Taken:
        """Take a lease for a job of the queue if the pool has room, and a slot.

        row: as it was read last. limit_of: the limit of a pool, by its row.
        """
        return self._take(row, wish, limit_of)

    def take_at_once(self, pool: str, wish: Wish, *, limit_of: LimitOf) -> Taken:
        """Take a lease for a job that is in no queue, if none waits in the pool. The first job of a pool makes
        its row.

        Nothing is read before: the first try supposes that the pool stands idle, and a refused one returns
        the row. A pool that is known to be wide is read.
        """
        is_known_wide = self.known_wide is not None and pool in self.known_wide
        row = self.lanes.read(pool) if is_known_wide else PoolRow(pool)
        taken = self._take(row, wish, limit_of, NONE_WAITS)
        if taken.row.is_wide:
            return taken
        held = taken.row.leases.get(wish.job_id)
        if held is not None and (wish.pace is not None or held == wish.now):
            # The client has sent this very call twice. A lease with a slot may also be that of another delivery
            # of the job, which uses the same slot.
            return Taken(taken.row, held)
        return taken

    def restore(self, pool: str, job_id: str, *, share: str, at: int) -> bool:
        """Write the lease of a job that is in flight into the pool's row, whether there is room or not. Returns
        whether it was missing there.
        """
        update = "SET leases.#job = :at, shares.#job = :share REMOVE retiringAt"
        condition = "attribute_exists(leases) AND attribute_not_exists(leases.#job)"
        values = {":at": at, ":share": share}
        return self._items.update(pool, update, condition, values, {"#job": job_id}).is_done

    def renew(self, pool: str, job_id: str, *, seen: int, now: int, lane: int | None = None) -> bool:
        """Take over a lease that another call took and left. Returns whether it still was as it was seen."""
        values = {":seen": seen, ":now": now}
        written = self._items.update(
            pool, "SET leases.#job = :now", "leases.#job = :seen", values, {"#job": job_id}, lane=lane
        )
        # The client may have sent this very call twice.
        return written.is_done or written.row.leases.get(job_id) == now

    def give_back(
        self, pool: str, job_id: str, *, seen: int | None = None, lane: int | None = None
    ) -> tuple[PoolRow, bool]:
        """Remove the job's lease. Returns the row after that, and whether the job held a lease.

        seen: the lease's value; another one belongs to another call, and stays. lane: where the lease is; one
        in another lane stays.
        """
        written = self._items.give_back(pool, job_id, seen=seen, lane=lane)
        row = self._whole(written.row) if lane is None else self.lanes.read(pool)
        return row, written.is_done

    def reserve(self, pool: str, pace: Pace, *, now: int, next_at: int = 0) -> int | None:
        """Reserve the create slot a step after the last one. None if there is none by the horizon.

        next_at: the next slot, as far as it is known: the first try supposes it.
        """
        row = PoolRow(pool, next_at=next_at)
        for _ in range(MAX_TRIES):
            if row.next_at > pace.horizon:
                return None
            update, condition, values = _next_slot(row, pace, now)
            written = self._items.update(pool, f"SET {update}", condition, values)
            if written.is_missing:
                written = self._items.make(pool, nextAt=now + pace.step)
            if written.is_done:
                return written.row.next_at - pace.step
            row = written.row
        return None

    @property
    def lanes(self) -> "LaneRows":
        """The lanes of wide pools."""
        from jobchute.ledger.pool_lanes import LaneRows

        return LaneRows(self.client, self.table, self.lane_size)

    @property
    def _items(self) -> PoolItems:
        return PoolItems(self.client, self.table)

    def _whole(self, row: PoolRow) -> PoolRow:
        return self.lanes.whole(row) if row.is_wide else row

    def _take(self, row: PoolRow, wish: Wish, limit_of: LimitOf, *conditions: str) -> Taken:
        """Try again with the row as it is, as long as it has room: another call was quicker.

        row: with its lanes.
        """
        for _ in range(MAX_TRIES):
            if not _has_room(row, wish, limit_of) or (conditions and row.queued_at):
                break
            if row.is_wide:
                return self._take_in_lane(row, wish, limit_of)
            if len(row.leases) >= self.lane_size:
                row = self.lanes.widen(row.pool)
                continue
            written = self._try(row, wish, min(limit_of(row), self.lane_size), conditions)
            if written.is_done:
                return Taken(written.row, written.row.leases[wish.job_id])
            row = self._whole(written.row)
        return Taken(row, None)

    def _take_in_lane(self, row: PoolRow, wish: Wish, limit_of: LimitOf) -> Taken:
        if self.known_wide is not None:
            self.known_wide.add(row.pool)
        return self.lanes.take(row, wish, limit_of)

    def _try(self, row: PoolRow, wish: Wish, limit: int, conditions: tuple[str, ...]) -> Written:
        update, condition, values = _new_lease(row, wish, limit, conditions)
        written = self._items.update(row.pool, update, condition, values, {"#job": wish.job_id})
        return self._make_with(row.pool, wish) if written.is_missing else written

    def _make_with(self, pool: str, wish: Wish) -> Written:
        """The row of a new pool, with its first lease."""
        job_id, now = wish.job_id, wish.now
        next_at = now + wish.pace.step if wish.pace is not None else 0
        leases, shares = {job_id: now}, {job_id: wish.share}
        return self._items.make(pool, leases=leases, shares=shares, nextAt=next_at, admittedAt=now)


def _new_lease(
    row: PoolRow, wish: Wish, limit: int, conditions: tuple[str, ...]
) -> tuple[str, str, dict[str, Any]]:
    """The actions that take a lease in a row as it was seen, their condition, and their values."""
    values: dict[str, Any] = {":share": wish.share, ":limit": limit, ":now": wish.now}
    updates = ["leases.#job = :now", "shares.#job = :share", "admittedAt = :now"]
    free = [
        "attribute_exists(leases)",
        "attribute_not_exists(isWide)",
        "size(leases) < :limit",
        "attribute_not_exists(leases.#job)",
    ]
    if wish.walked_to is not None:
        updates.append("walkedTo = :walked")
        values[":walked"] = wish.walked_to
    if row.cap is None:
        free.append("attribute_not_exists(cap)")
    if wish.pace is not None:
        slot, condition, more = _next_slot(row, wish.pace, wish.now)
        updates.append(slot)
        free.append(condition)
        values |= more
        if row.next_at >= wish.now:
            updates[0] = "leases.#job = nextAt"
    update = f"SET {', '.join(updates)} REMOVE retiringAt"
    return update, " AND ".join((*free, *conditions)), values


def _has_room(row: PoolRow, wish: Wish, limit_of: LimitOf) -> bool:
    if wish.job_id in row.leases or len(row.leases) >= limit_of(row):
        return False
    return wish.pace is None or row.next_at <= wish.pace.horizon


def _next_slot(row: PoolRow, pace: Pace, now: int) -> tuple[str, str, dict[str, int]]:
    """The action that reserves the next slot of a row as it was seen, its condition, and their values."""
    if row.next_at < now:
        # Nothing was created for a while: the step counts from now.
        return "nextAt = :next", "nextAt < :now", {":next": now + pace.step, ":now": now}
    values = {":step": pace.step, ":now": now, ":horizon": pace.horizon}
    return "nextAt = nextAt + :step", "nextAt BETWEEN :now AND :horizon", values
