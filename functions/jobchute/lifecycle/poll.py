"""Submitted jobs whose state at their provider is not the ledger's: an event was lost, or none is sent.

One list call returns the states of all jobs of an API, and only a changed job is written. So the cost does not
depend on how long a job runs.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.job import Api, Job, State
from jobchute.ledger.job_queries import JobQueries
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.reconciliations import Notes, ReconciliationRows
from jobchute.lifecycle.adapters import AdaptersByApi
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.pool_upkeep import Pools, lacks_lease
from jobchute.lifecycle.timing import Timing
from jobchute.providers.registry import SPECS

logger = Logger(child=True)

SENDING_EVENTS = frozenset(api for api, spec in SPECS.items() if spec.events is not None)
"""APIs whose providers send events."""

YOUNG_SECONDS = 3600
"""Older jobs of APIs that send no events are polled with all others: for their age that is soon enough."""


class PollRound(NamedTuple):
    """jobs: the submitted jobs to poll, by API. is_of_all: whether these are all there are.

    stopped_at: the last job that there was time to read, as in jobchute.ledger.reconciliations.Notes; empty
    where there was time for all.
    """

    jobs: Mapping[Api, list[Job]]
    is_of_all: bool
    stopped_at: str = ""


class Poller(NamedTuple):
    """An error of one API does not keep the jobs of the others from being polled.

    queries: their rows need not be the newest, as a changed job is observed and moved by a conditional write.
    """

    ledger: Ledger
    queries: JobQueries
    notes: ReconciliationRows
    adapters: AdaptersByApi
    timing: Timing
    young_seconds: int = YOUNG_SECONDS

    def begin(self, now: float, notes: Notes, pools: Pools, *, has_time: Callable[[], bool]) -> PollRound:
        """Read the jobs of this round: all submitted ones, or, between such rounds, young ones without events.

        notes: of the last reconciliation, which say where it stopped. pools: the rows of all pools.
        """
        jobs: dict[Api, list[Job]] = defaultdict(list)
        is_of_all, stopped_at = self.timing.is_time_to_poll_all(now, notes.looked_at), ""
        try:
            for job in self._submitted(notes.job) if is_of_all else self._young(now, pools):
                if job.api is not None and job.state in SUBMITTED_STATES:
                    jobs[job.api].append(job)
                if not has_time():
                    stopped_at = f"{job.state}|{job.updated_at}"
                    break
        except Exception:
            logger.exception("submitted jobs not read")
            is_of_all = False
        return PollRound(jobs, is_of_all, stopped_at)

    def changed(self, poll: PollRound, pools: Pools, *, has_time: Callable[[], bool]) -> Iterator[Job]:
        """The jobs of the round whose state has changed, and those in flight that have lost their lease."""
        timing = self.timing
        for api, jobs in timing.in_any_order(poll.jobs.items()):
            if not has_time():
                return
            states = self._states(api, jobs)
            for job in timing.in_any_order(jobs):
                if has_changed(job, states) or lacks_lease(job, pools):
                    yield job

    def end(self, poll: PollRound, now: float, *, failed: int) -> None:
        """There was time for all changed jobs. failed: jobs for which an error was raised.

        Where nothing is left to do, the next round of all jobs is due some reconciliations later, else with the
        next one.
        """
        if not poll.is_of_all:
            return
        if poll.stopped_at or failed:
            # The jobs that failed are polled again when the next round begins.
            self.notes.stopped_at_job(poll.stopped_at)
        else:
            self.notes.mark_looked(now)

    def _submitted(self, stopped_at: str) -> Iterator[Job]:
        """The latest moved of each state first: STATE_SHARDS queries for each, and a read for 100 jobs.

        A job whose row is no longer in the state has moved on just now, or is read a moment late: the next
        round is soon enough for it. So the state and time of every job are its place in the index, where the
        next reconciliation may continue.
        """
        last_state, _, last_time = stopped_at.partition("|")
        first = SUBMITTED_STATES.index(State(last_state)) if last_state else 0
        for state in SUBMITTED_STATES[first:]:
            before = last_time if state == last_state else None
            jobs = self.queries.by_state(state, until=before)
            yield from (job for job in jobs if job.state is state)

    def _young(self, now: float, pools: Pools) -> Iterable[Job]:
        """Of pools that may have jobs of APIs without events; the pool of a label may have jobs of any API."""
        silent = (row for row in pools.rows.values() if row.pool.partition("/")[0] not in SENDING_EVENTS)
        leases = (lease for row in silent for lease in row.leases.items())
        young = (job_id for job_id, at in leases if now - at / 1000 < self.young_seconds)
        return (job for job in self.ledger.get_many(young) if job.api not in SENDING_EVENTS)

    def _states(self, api: Api, jobs: list[Job]) -> Mapping[str, State | None]:
        """By provider id; empty where the list call fails: then each job is looked up by itself."""
        try:
            return self.adapters[api].list_states(jobs)
        except Exception:
            logger.exception("jobs not listed", api=api)
            return {}


def has_changed(job: Job, states: Mapping[str, State | None]) -> bool:
    """Whether to check a job: its provider lists a later state, or does not list it, or the job is to stop."""
    is_to_stop = job.stop_cause is not None and job.state is not State.CANCELLING
    if job.provider_id is None or job.provider_id not in states or is_to_stop:
        return True
    state = states[job.provider_id]
    return state is not None and job.state in state.predecessors
