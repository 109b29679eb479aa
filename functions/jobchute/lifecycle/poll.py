"""Submitted jobs that stand otherwise at their providers than in the ledger: an event was lost, or none comes.

One list call tells of all jobs of an API, and nothing is written where there is no news: what it takes does not
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
from jobchute.lifecycle.leases import Pools, lacks_lease
from jobchute.lifecycle.observe import SUBMITTED_STATES
from jobchute.lifecycle.timing import Timing
from jobchute.providers.registry import SPECS

logger = Logger(child=True)

TELLING = frozenset(api for api, spec in SPECS.items() if spec.events is not None)
"""APIs whose providers send events."""

YOUNG_SECONDS = 3600
"""What runs longer is told of soon enough, for its age, by the looks at all."""


class PollRound(NamedTuple):
    """jobs: the submitted ones to look at, by API. is_at_all: whether these are all there are.

    stopped_at: the last one that there was time to read, as in jobchute.ledger.reconciliations.Notes; empty
    where there was time for all.
    """

    jobs: Mapping[Api, list[Job]]
    is_at_all: bool
    stopped_at: str = ""


class Poller(NamedTuple):
    """Trouble with one API keeps no other unseen. `pools`, of its methods: the rows of all pools, as the
    reconciler has read them.
    """

    ledger: Ledger
    queries: JobQueries
    notes: ReconciliationRows
    adapters: AdaptersByApi
    timing: Timing

    def begin(self, now: float, notes: Notes, pools: Pools, *, has_time: Callable[[], bool]) -> PollRound:
        """At all submitted jobs, or between such looks at young ones of which no event tells.

        notes: of the last sweep, which say where it stopped.
        """
        jobs: dict[Api, list[Job]] = defaultdict(list)
        is_at_all, stopped_at = self.timing.is_time_to_look_at_all(now, notes.looked_at), ""
        try:
            for job in self._rows(notes.job) if is_at_all else self._young(now, pools):
                if job.api is not None and job.state in SUBMITTED_STATES:
                    jobs[job.api].append(job)
                if not has_time():
                    stopped_at = f"{job.state}|{job.updated_at}"
                    break
        except Exception:
            logger.exception("the submitted jobs could not be read, the next sweep tries again")
            is_at_all = False
        return PollRound(jobs, is_at_all, stopped_at)

    def news(self, look: PollRound, pools: Pools, *, has_time: Callable[[], bool]) -> Iterator[Job]:
        """Of these jobs, those that have to be looked after: in flight without a lease is a reason, too."""
        timing = self.timing
        for api, jobs in timing.in_any_order(look.jobs.items()):
            if not has_time():
                return
            states = self._states(api, jobs)
            for job in timing.in_any_order(jobs):
                if is_news(job, states) or lacks_lease(job, pools):
                    yield job

    def end(self, look: PollRound, now: float, *, failed: int) -> None:
        """There was time for all the news. failed: jobs that could not be looked after.

        Where nothing is left undone, the next look at all is due some sweeps later, else with the next one.
        """
        if not look.is_at_all:
            return
        if look.stopped_at or failed:
            # What failed comes again when the look begins anew.
            self.notes.stopped_at_job(look.stopped_at)
        else:
            self.notes.mark_looked(now)

    def _rows(self, stopped_at: str) -> Iterator[Job]:
        """The latest moved of each state first."""
        last_state, _, last_time = stopped_at.partition("|")
        first = SUBMITTED_STATES.index(State(last_state)) if last_state else 0
        for state in SUBMITTED_STATES[first:]:
            before = last_time if state == last_state else None
            yield from self.queries.by_state(state, until=before)

    def _young(self, now: float, pools: Pools) -> Iterable[Job]:
        """Of pools that may have jobs of which no event tells; one of a label may have those of any API."""
        silent = (row for row in pools.values() if row.pool.partition("/")[0] not in TELLING)
        leases = (lease for row in silent for lease in row.leases.items())
        young = (job_id for job_id, at in leases if now - at / 1000 < YOUNG_SECONDS)
        return (job for job in self.ledger.get_many(young) if job.api not in TELLING)

    def _states(self, api: Api, jobs: list[Job]) -> Mapping[str, State | None]:
        """Nothing where the list is refused: each job is looked after by itself then."""
        try:
            return self.adapters[api].list_states(jobs)
        except Exception:
            logger.exception("jobs could not be listed, they are looked up one by one", api=api)
            return {}


def is_news(job: Job, states: Mapping[str, State | None]) -> bool:
    """Whether a submitted job has to be looked after, as its provider lists the states of its jobs."""
    is_to_stop = job.stop_cause is not None and job.state is not State.CANCELLING
    if job.provider_id is None or job.provider_id not in states or is_to_stop:
        return True
    state = states[job.provider_id]
    return state is not None and job.state in state.predecessors
