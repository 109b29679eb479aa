"""A deployment of very many pools over the fakes: its reconciler, its clock and its provider."""

from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar, cast

from jobchute.job import Api, Job, State, Submitted, iso
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import POOL, PoolRows
from jobchute.ledger.reconciliations import ReconciliationRows
from jobchute.lifecycle.adapters import AdaptersByApi
from jobchute.lifecycle.advance import Advancer
from jobchute.lifecycle.dependencies import Dependencies
from jobchute.lifecycle.expire import Expirer
from jobchute.lifecycle.observe import Observer
from jobchute.lifecycle.poll import Poller
from jobchute.lifecycle.pool_upkeep import PoolUpkeep
from jobchute.lifecycle.reconcile import Reconciler
from jobchute.lifecycle.stop import Stopper
from jobchute.lifecycle.timing import Timing
from jobchute.lifecycle.transitions import Transitions
from jobchute.pools.limits import Limits
from jobchute.providers.adapter import Observation
from jobchute.providers.pool_defaults import pool_rules
from tests.admissions import admission_over
from tests.aws import TABLE, create_table
from tests.builders import NOW, a_job
from tests.fakes.dynamodb import FakeDynamoDB

MINUTE = 60.0
TIMEOUT = 90.0
"""Of the function that sweeps, in seconds."""
T = TypeVar("T")


class Provider:
    """What runs there. ended: jobs that have ended; no event told of it."""

    def __init__(self) -> None:
        self.ended: set[str] = set()

    def list_states(self, jobs: list[Job]) -> dict[str, State | None]:
        return {job.provider_id or "": self._state(job) for job in jobs}

    def observe(self, job: Submitted) -> Observation:
        return Observation(native="as it is", state=self._state(job))

    def _state(self, job: Submitted) -> State:
        return State.SUCCEEDED if job.job_id in self.ended else State.RUNNING


class Deployment:
    """The sweep over a table whose calls take a while. calls: of the last sweep. took: seconds."""

    def __init__(self, *, call: float = 0.005, rules: dict[str, Limits] | None = None) -> None:
        self.now = float(NOW)
        self.call = call
        self.calls: Counter[str] = Counter()
        self.took = 0.0
        self.rules = pool_rules(rules or {})
        client = FakeDynamoDB(io=self._io)
        create_table(client)
        self.items = client.tables[TABLE].items
        self.rows = PoolRows(cast("Any", client), TABLE)
        self.ledger = Ledger(cast("Any", client), TABLE, 1)
        self.admission = admission_over(self.ledger, cast("Any", None), rules=lambda: self.rules, now=self._now)
        self.reconciliations = ReconciliationRows(cast("Any", client), TABLE)
        self.provider = Provider()
        self.reconciler = self._reconciler(Timing(jitter=lambda _: 0.0))

    def _reconciler(self, timing: Timing) -> Reconciler:
        """No job is due here that was not submitted."""
        ledger, admission, rows, now = self.ledger, self.admission, self.rows, self._now
        adapters: AdaptersByApi = dict.fromkeys(Api, cast("Any", self.provider))
        unused = cast("Any", None)
        transitions = Transitions(ledger, admission, now, settlement=unused, attempts=unused)
        notes = ReconciliationRows(ledger.client, ledger.table)
        observer = Observer(ledger, ledger.queries, adapters, transitions, timing, now)
        stopper = Stopper(ledger, adapters, timing, now)
        advancer = Advancer(
            ledger=ledger,
            pool_rows=rows,
            executions=cast("Any", None),
            dependencies=Dependencies(ledger, ledger.dependencies, admission, transitions, now),
            submitter=cast("Any", None),
            expirer=Expirer(ledger, observer, transitions, stopper, timing, now),
            transitions=transitions,
            budget_upkeep=cast("Any", None),
            timing=timing,
            now=now,
        )
        return Reconciler(
            queries=ledger.queries,
            pool_rows=rows,
            queues=admission.queues,
            capacity=admission.capacity,
            notes=notes,
            advancer=advancer,
            poller=Poller(ledger, ledger.queries, notes, adapters, timing),
            upkeep=PoolUpkeep(ledger, rows, admission.capacity, admission),
            timing=timing,
            now=now,
        )

    def _now(self) -> float:
        return self.now

    def sweep(self) -> None:
        """In its minute; the next one begins with the next minute."""
        self.calls.clear()
        begin = self.now
        self.reconciler.reconcile("attempt", time_left=lambda: TIMEOUT - (self.now - begin))
        self.took = self.now - begin
        self.now = begin + MINUTE * (self.took // MINUTE + 1)

    def pools(self) -> set[str]:
        return {sk for pk, sk in self.items if pk == POOL}

    def name(self, count: int) -> list[str]:
        """Rows of so many pools that a sender named once."""
        names = [f"{Api.BEDROCK_JOB}/model-{number:05}" for number in range(count)]
        for name in names:
            self.rows.get(name)
        return names

    def run(self, number: int) -> Job:
        """A job in flight, the higher its number, the longer ago it moved."""
        pool = f"{Api.TRAINING_JOB}/ml.m5.large"
        job = a_job(
            f"job {number}",
            state=State.RUNNING,
            updated_at=iso(NOW - 3600 - number),
            provider_id=f"arn:{number}",
            pool=pool,
            create_at=1,
            deadline=NOW + 10**6,
            due=NOW + 10**6,
        )
        self.ledger.add(job)
        self.rows.get(pool)
        self.rows.leases.restore(pool, job.job_id, share="", at=NOW * 1000)
        return job

    def _io(self, operation: str, effect: Callable[[], T]) -> T:
        self.calls[operation] += 1
        self.now += self.call
        return effect()
