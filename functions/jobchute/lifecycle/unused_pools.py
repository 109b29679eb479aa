"""When the row of a pool that is not used is removed. Pure.

Names of pools come from requests (a model, an instance type), so there can be any number of them, and each
costs every reconciliation a query. A job enters a queue by a write of its own row, which does not touch the row
of the pool. So reconciliation removes a row in two steps:

1. A pool without leases that admitted no job for QUIET_MS, and whose queue is empty, is marked.
2. RETIRING_MS later, if the queue is still empty, the row is deleted, on condition that the mark is still
   there.

After the write that puts a job into a queue, the pool's row is read and its mark removed (PoolRows.keep). A job
that is admitted at once removes it with the write of its lease, or makes the row (LeaseRows.take_at_once). So a
pool with a job in flight keeps its row, and one with a waiting job keeps its row, or gets it back:

- If the row was read before the mark was set, the index has shown the job for RETIRING_MS by the time of the
  second step, so the queue is not empty.
- If it was read later, the mark is gone and the deletion fails, or the row is gone and is made again.
- If the function died between the write and the read, its message, or the record of the stream, is delivered
  again. A job whose pool is new depends on the same.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jobchute.ledger.pools import PoolRow

QUIET_MS = 5 * 60 * 1000
SHOWN_MS = 2 * 60 * 1000
"""The index shows a job at the latest this long after it was written; mostly after less than a second."""
RETIRING_MS = 24 * 3600 * 1000
"""Long enough that a job a day finds the row that it left. A marked row costs no more than being listed."""


def is_quiet(row: "PoolRow", now: int) -> bool:
    """Whether the pool was not used for a while, as far as its row tells. now: epoch milliseconds."""
    return not row.leases and now - max(row.admitted_at, row.next_at, row.queued_at) >= QUIET_MS


def is_asleep(row: "PoolRow", now: int) -> bool:
    """Whether the queue need not be read: it was empty, and a job that enters it removes the mark."""
    return not row.leases and SHOWN_MS <= now - row.retiring_at < RETIRING_MS


def is_over(row: "PoolRow", now: int) -> bool:
    """Whether the mark is old enough for the row to be removed."""
    return now - row.retiring_at >= RETIRING_MS
