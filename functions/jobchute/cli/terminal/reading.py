"""The facts of the overview, read together."""

from functools import partial
from typing import NamedTuple

from botocore.exceptions import ClientError

from jobchute.cli.budget_rows import budget_rows_of
from jobchute.cli.deployment import Deployment
from jobchute.cli.errors import CannotAskError
from jobchute.cli.facts.failures import Failures, failures_of
from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.facts.overview import Counts, Letters, counts_of, dead_letters_of, jobs_on_axis
from jobchute.cli.facts.parallel import both
from jobchute.cli.facts.recent_jobs import recent_jobs
from jobchute.cli.facts.spending import Spending, spending_of
from jobchute.cli.facts.tallies import Tallies
from jobchute.cli.facts.waiting import Queues, Waits, queues_of, waits_of
from jobchute.cli.pool_rules import pools_with
from jobchute.cli.since import AGO, moment_of
from jobchute.cli.stack import StackEnvironment, budgets_of, rules_of
from jobchute.job import Job, iso
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.runtime import client, current
from jobchute.runtime.clients import Fresh

KEPT_SECONDS = 60
"""For what changes with a deployment, or slowly: rules of pools, budgets, run times of ended jobs."""


class Overview(NamedTuple):
    """name: of the stack. span: as --since said it. now, since: epoch seconds. jobs: in flight first.

    notes: what could not be read, and why; the rest is shown nevertheless.
    """

    name: str
    region: str
    span: str
    now: float
    since: float
    counts: Counts
    jobs: tuple[Job, ...]
    waits: Waits
    failures: Failures
    letters: Letters
    spending: Spending | None
    notes: tuple[str, ...] = ()

    @property
    def span_words(self) -> str:
        if AGO.fullmatch(self.span.strip()):
            return f"last {self.span.strip()}"
        return f"since {iso(self.since)[5:16].replace('T', ' ')}"


class Reader:
    """Reads the overview of a deployment, again and again. What changes slowly is kept for a while.

    span: how long ago, or a time, as jobchute.cli.since takes it. The number of calls does not follow from how
    many jobs there are.
    """

    def __init__(self, deployment: Deployment, stack: str | None, span: str) -> None:
        now = current().clock.now
        self._deployment = deployment
        self._span = span
        self._name = stack or StackEnvironment.from_environment().stack
        self._pools = Fresh(partial(rules_of, stack), seconds=KEPT_SECONDS, now=now)
        self._budgets = Fresh(partial(budgets_of, stack), seconds=KEPT_SECONDS, now=now)
        self._rows = Fresh(partial(budget_rows_of, stack), seconds=KEPT_SECONDS, now=now)
        self._known = KnownJobs(now)
        self._tallies = Tallies()
        self._recent = Fresh(
            partial(recent_jobs, deployment.ledger, self._known), seconds=KEPT_SECONDS, now=now
        )

    def read(self) -> Overview:
        """Raises errors of AWS where the ledger cannot be read."""
        now = current().clock.now()
        since = moment_of(self._span, now)
        ledger, dynamodb = self._deployment.ledger, client("dynamodb")
        counts, (queues, *notes) = both(partial(counts_of, ledger.queries, since, self._tallies), self._queues)
        spending, *other_notes = self._spending(now)
        return Overview(
            name=self._name,
            region=self._deployment.region,
            span=self._span,
            now=now,
            since=since,
            counts=counts,
            jobs=tuple(jobs_on_axis(ledger, counts, self._known)),
            waits=Waits() if notes else waits_of(queues, ledger, counts),
            failures=failures_of(ledger, counts, self._known),
            letters=dead_letters_of(DeadLetterRows(dynamodb, self._deployment.table)),
            spending=spending,
            notes=(*notes, *other_notes),
        )

    def _queues(self) -> "tuple[Queues, *tuple[str, ...]]":
        """And why they could not be read."""
        try:
            pools = pools_with(self._deployment.table, self._pools())
            return (queues_of(pools, self._deployment.ledger, self._recent(), self._known),)
        except (CannotAskError, ClientError) as error:
            return Queues(), f"pools cannot be read: {error}"

    def _spending(self, now: float) -> "tuple[Spending | None, *tuple[str, ...]]":
        """None without budgets; and why they could not be read."""
        try:
            budgets = self._budgets()
            return (None if budgets is None else spending_of(self._rows()[0], budgets, now),)
        except (CannotAskError, ClientError) as error:
            return None, f"budgets cannot be read: {error}"
