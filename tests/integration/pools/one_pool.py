"""One pool over the fault harness's DynamoDB, with its jobs and its calls counted."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar, cast

from jobchute.job import Job, iso
from jobchute.ledger.items import JOB
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_items import LANE
from jobchute.ledger.pools import PoolRows
from jobchute.pools.limits import Limits, QueuePosition
from jobchute.providers.pool_defaults import pool_rules
from tests.admissions import admission_over
from tests.aws import TABLE, create_table
from tests.builders import NOW, a_job
from tests.fakes.dynamodb import FakeDynamoDB

POOL = "label:team=growth"
T = TypeVar("T")


@dataclass
class FakeExecutions:
    """started: ids, in their order."""

    started: list[str] = field(default_factory=list)

    def start(self, job: Job) -> bool:
        self.started.append(job.job_id)
        return True


class Pool:
    """Pools of a limit and a rate. calls: of DynamoDB. read: places that the line told.

    meanwhile: what others do before the next writes, one before each.
    """

    def __init__(
        self, limits: Limits, rules: Mapping[str, Limits] | None = None, *, lane_size: int = LANE
    ) -> None:
        self.now = float(NOW)
        self.meanwhile: list[Callable[[], object]] = []
        self.calls: list[str] = []
        self.read = 0
        self.is_lagging = False
        client = FakeDynamoDB(io=self._io, is_lagging=lambda: self.is_lagging)
        create_table(client)
        self.client = client
        self.ledger = Ledger(cast("Any", client), TABLE, 1)
        self.rows = PoolRows(cast("Any", client), TABLE, lane_size=lane_size)
        self.executions = FakeExecutions()
        self.admission = admission_over(
            self.ledger,
            self.executions,
            rules=lambda: pool_rules({POOL: limits}, rules or {}),
            now=self._now,
            rows=self.rows,
        )

    def _now(self) -> float:
        return self.now

    def wait(
        self, number: int, share: str = "", pool: str = POOL, *, priority: int = 5, waited: float = 1000
    ) -> Job:
        """A job in the line, the older the lower its number."""
        since = iso(NOW - waited + number)
        job = a_job(
            f"job {number} {share}",
            created_at=since,
            pool=pool,
            share=share,
            priority=priority,
            due=NOW + 10**6,
        )
        job = replace(job, waiting=pool, place=str(QueuePosition.of(job)))
        assert self.ledger.add(job) is None
        return job

    def lose(self, job_id: str) -> None:
        """The row of a job; the index shows it still."""
        self.is_lagging = True
        self.client.delete_item(TableName=TABLE, Key={"pk": {"S": job_id}, "sk": {"S": JOB}})
        self.is_lagging = False

    def end(self, job_id: str) -> None:
        """Its lease comes back."""
        self.rows.leases.give_back(POOL, job_id)

    def slots(self, pool: str = POOL) -> float:
        """How many were given away at once."""
        return (self.rows.get(pool).next_at - self.now * 1000) / 1010

    def _io(self, operation: str, effect: Callable[[], T]) -> T:
        if operation == "update_item" and self.meanwhile:
            self.meanwhile.pop(0)()
        answer = effect()
        self.calls.append(operation)
        if operation == "query":
            self.read += len(cast("Any", answer)["Items"])
        return answer
