"""What keeps a pool from admitting the next job, and what a job waits for, as things stand now.

For the tool: it reads rows by their keys and changes nothing. A status document says what was true when it was
written (jobchute.status.documents.waiting_of).
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.job import Job, State, iso
from jobchute.ledger.pools import PoolRow
from jobchute.lifecycle.pool_capacity import WINDOW_MS, PoolCapacity
from jobchute.pools.pauses import argument_of
from jobchute.status.documents import waiting_of


class Held(NamedTuple):
    """Why a pool admits no job.

    by: `pause`, `limit`, `quota` or `rate`. text: for people. facts: for programs.
    """

    by: str
    text: str
    facts: Mapping[str, Any]


def held_by(capacity: PoolCapacity, row: PoolRow, next_at: int) -> Held | None:
    """None if the pool has room: the next admission admits its next job.

    next_at: when the next create call of the pool's rate may be made, in epoch milliseconds.
    """
    rules, in_flight = capacity.rules(), len(row.leases)
    target = rules.pause_of(row.pool)
    if target is not None:
        return Held("pause", f"paused; to resume: jobchute resume {argument_of(target)}", {"target": target})
    limit = rules.limit_of(row.pool)
    cut = capacity.cut_of(row)
    if cut is not None and cut.limit <= in_flight < limit:
        until = iso(cut.until)
        facts = {"inFlight": in_flight, "limit": cut.limit, "until": until, "reason": cut.reason}
        words = f": {cut.reason}" if cut.reason else ""
        return Held(
            "quota", f"cut to {cut.limit} of {limit} until {iso(cut.until)} by a quota error{words}", facts
        )
    if in_flight >= limit:
        facts = {"inFlight": in_flight, "limit": limit}
        return Held("limit", f"{in_flight} in flight, the limit is {limit}", facts)
    if next_at > capacity.now() * 1000 + WINDOW_MS:
        bucket, rate = rules.rate_of(row.pool)
        text = f"the create rate of {bucket}, {rate:g} per second: the next call at {iso(next_at / 1000)}"
        return Held("rate", text, {"rateOf": bucket, "nextAt": iso(next_at / 1000)})
    return None


def bucket_of(capacity: PoolCapacity, pool: str) -> str:
    """The pool whose row says when the next create call may be made."""
    return capacity.rules().rate_of(pool)[0]


def wait_of(capacity: PoolCapacity, job: Job) -> dict[str, Any] | None:
    """What a job waits for now, in the form of a status document's `waiting`; None if it does not wait.

    `for` has further values: `pause`, `limit`, `quota`, `rate`: what keeps its pool from admitting jobs.
    `create`: the job's turn has come, and its create call has a slot. `retry`: the next attempt after a
    refusal.
    """
    said = waiting_of(job)
    if said is None:
        return _later(job)
    if job.waiting is None:
        return said
    row = capacity.rows.find(job.waiting)
    bucket = bucket_of(capacity, row.pool)
    next_at = row.next_at if bucket == row.pool else capacity.rows.find(bucket).next_at
    held = held_by(capacity, row, next_at)
    if held is None:
        return {**said, "text": f"its turn in pool {row.pool}, which has room"}
    return {**said, "for": held.by, "text": f"pool {row.pool}: {held.text}", **held.facts}


def words_of(wait: Mapping[str, Any]) -> str:
    """For people."""
    if wait["for"] == "jobs":
        ends = f"the end of {', '.join(wait['jobs'])}" if wait["jobs"] else ""
        names = f"a job named {', '.join(wait['names'])}" if wait.get("names") else ""
        return " and ".join(filter(None, (ends, names)))
    return str(wait.get("text") or f"its turn in pool {wait['pool']}")


def _later(job: Job) -> dict[str, Any] | None:
    if job.state is State.QUEUED and job.create_at:
        at = iso(job.create_at / 1000)
        return {"for": "create", "at": at, "text": f"the time of its create call, {at}"}
    is_put_off = job.state is State.SUBMITTING and bool(job.times_refused)
    if is_put_off and job.due is not None and job.due > job.attempt_until:
        at = iso(job.due)
        return {"for": "retry", "at": at, "text": f"the next attempt after a refusal, {at}"}
    return None
