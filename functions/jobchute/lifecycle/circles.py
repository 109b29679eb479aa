"""Jobs that wait for each other in a circle.

A circle needs a name that was unknown when its job was accepted. So the last edge of a circle is always written
by a name check, and that check sees all other edges when it follows them afterwards: rows are read
consistently.
"""

from collections import deque
from collections.abc import Sequence

from jobchute.errors import UnknownJobError
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger

MAX_FOLLOWED = 300
"""Rows that are read for one check: half a second to a second. A larger circle is not found; its jobs end
TIMED_OUT, as every job that is never submitted does."""
MAX_SHOWN = 6


def circle_of(ledger: Ledger, job: Job, others: Sequence[Job]) -> list[Job]:
    """The jobs of a circle from `job` on, each of which waits for the next, and the last for `job`.

    others: jobs that `job` waits for, as read after that was written. Empty where no circle is found.
    """
    ways = {other.job_id: [job, other] for other in others}
    known = {other.job_id: other for other in others}
    left = deque(ways)
    followed = 0
    while left and followed < MAX_FOLLOWED:
        other_id = left.popleft()
        followed += 1
        other = known.get(other_id) or _find(ledger, other_id)
        if other is None or other.state is not State.QUEUED:
            continue
        way = ways[other_id] if ways[other_id][-1] is other else [*ways[other_id], other]
        if job.job_id in other.waits_for:
            return way
        new = [each for each in sorted(other.waits_for) if each not in ways]
        ways |= dict.fromkeys(new, way)
        left += new
    return []


def _find(ledger: Ledger, job_id: str) -> Job | None:
    try:
        return ledger.get(job_id)
    except UnknownJobError:
        return None


def path_of(circle: list[Job]) -> str:
    """`a after b after a`, by their keys where they have one; the middle of a long circle is left out."""
    names = [job.idempotency_key or job.job_id for job in (*circle, circle[0])]
    if len(names) > MAX_SHOWN:
        half = MAX_SHOWN // 2
        names = [*names[:half], f"{len(names) - 2 * half} more", *names[-half:]]
    return " after ".join(name[:100] for name in names)
