"""The jobs that ended lately, and what they tell of each pool: how long its jobs run, and how many come.

They are read once for all pools, newest first, by the index of states: one query for each final state
and one read for 100 jobs, MAX_ENDED at most.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import NamedTuple

from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.forecast.arrivals import Arrival, Arrivals
from jobchute.cli.forecast.run_times import Held
from jobchute.cli.forecast.starts import Recent
from jobchute.job import FINAL_STATES, Job, State
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRow

MAX_ENDED = 1_000
MAX_OF_POOL = 200
"""The newest ended jobs of a pool whose run times count."""
MAX_SECONDS = 2 * 3600
"""Arrivals of so long a time count."""
PAGE = 100
ENDS = tuple(state for state in State if state in FINAL_STATES - {State.REJECTED})


class Ended(NamedTuple):
    """A job that was admitted and has ended. Times in epoch seconds."""

    accepted: float
    admitted: float
    ended: float
    arrival: Arrival


class RecentJobs(NamedTuple):
    """ended: by pool, the newest first. since: all jobs that ended later are among them, in epoch seconds."""

    ended: Mapping[str, Sequence[Ended]]
    since: float

    def of_pool(self, row: PoolRow, arrived: Iterable[Arrival], now: float) -> Recent:
        """arrived: the jobs of the pool that wait or are in flight."""
        ended = self.ended.get(row.pool, ())
        counted = ended[:MAX_OF_POOL]
        since = counted[-1].ended if len(ended) > MAX_OF_POOL else self.since
        leases = [
            *(Held(each.ended - each.admitted, True, max(since - each.admitted, 0.0)) for each in counted),
            *(_still_held(at / 1000, since, now) for at in row.leases.values()),
        ]
        seen = [*(each.arrival for each in ended), *arrived]
        observed = max(self.since, now - MAX_SECONDS, min((each.since for each in seen), default=now))
        return Recent(leases, Arrivals.of(seen, since=observed, now=now))


def recent_jobs(ledger: Ledger, known: KnownJobs | None = None, *, limit: int = MAX_ENDED) -> RecentJobs:
    """Read the jobs that ended last. known: rows that were read before."""
    queries = ledger.queries
    jobs = (known or KnownJobs()).read(ledger, queries.latest(*ENDS, limit=limit))
    ended: dict[str, list[Ended]] = defaultdict(list)
    for job in jobs:
        if job.pool is not None and job.create_at and job.state.is_final:
            ended[job.pool].append(_ended(job))
    since = epoch(jobs[-1].updated_at) if len(jobs) == limit else 0.0
    return RecentJobs(ended, since)


def jobs_in_flight(ledger: Ledger, rows: Iterable[PoolRow], known: KnownJobs | None = None) -> Iterable[Job]:
    """The jobs that hold leases of these pools. One read for 100 of them that are not known."""
    job_ids = chain.from_iterable(row.leases for row in rows)
    return (known or KnownJobs()).read_once(ledger, job_ids)


def arrival_of(job: Job) -> Arrival:
    return Arrival(epoch(job.created_at), job.job_id, job.priority, job.share)


def epoch(text: str) -> float:
    """The epoch seconds of a time in ISO 8601."""
    return datetime.fromisoformat(text).timestamp()


def _ended(job: Job) -> Ended:
    ended = next((entry["at"] for entry in job.history if State(entry["state"]).is_final), job.updated_at)
    arrival = arrival_of(job)
    return Ended(arrival.since, job.create_at / 1000, epoch(ended), arrival)


def _still_held(at: float, since: float, now: float) -> Held:
    return Held(max(now - at, 0.0), False, min(max(since - at, 0.0), max(now - at, 0.0)))
