"""When a pool's queue need not be read: its row has no mark. Pure.

A job that finds a pool without a mark takes a lease without a look at the queue, and a job that ends there
admits no other. So the row must have a mark (`queuedAt`) as long as jobs wait in the pool:

1. The mark is written before a job's row enters the queue: jobs that come later do not overtake it.
2. The pool's row is read after that write. A mark that is missing by then, or older than MARK_MS, is written
   again. The call then admits jobs if there is room. A job that ended before this read has made that room; one
   that ends later sees the mark.
3. A call that has room and finds the queue empty removes the mark if it is older than CLEAR_MS, and if no other
   call has written it since.

A mark is not removed while its job waits. If the removal came before step 2, step 2 wrote the mark again. If it
came later, the queue was read at least CLEAR_MS - MARK_MS after the job had entered it, and by then the index
shows the job. If a call dies between the write and step 2, the job's message comes again. If the index is later
than that, the reconciler writes the mark again: it reads the queue of each pool in use.
"""

from typing import TYPE_CHECKING

from jobchute.ledger.pools import MARK_MS

if TYPE_CHECKING:
    from jobchute.ledger.pools import PoolRow

CLEAR_MS = 2 * MARK_MS


def may_clear(row: "PoolRow", now: int) -> bool:
    """Whether the mark goes if the queue, which is read now, is empty. now: epoch milliseconds."""
    return bool(row.queued_at) and now - row.queued_at >= CLEAR_MS
