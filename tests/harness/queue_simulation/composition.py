"""The functions' parts over the simulation's fakes, and what its messages make them do."""

from collections.abc import Callable, Mapping
from random import Random
from typing import Any, cast

from jobchute import runtime
from jobchute.cli.pool_rules import DeployedPools
from jobchute.job import Api, Source, job_id_of
from jobchute.ledger.pool_settings import PoolSettings, PoolSettingsRow
from jobchute.ledger.pools import PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.pools.limits import Limits
from jobchute.providers.pool_defaults import pool_rules
from jobchute.providers.registry import SPECS
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.submission import Submission
from jobchute.runtime import Parts
from tests.aws import TABLE
from tests.fakes.clients import GivenClients
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.reconciler import ReconcilerWithoutMetrics
from tests.fakes.settings import GivenSettings
from tests.fakes.states import FakeStates
from tests.harness.queue_simulation.plan import Plan
from tests.harness.queue_simulation.provider import SimulatedJobs, SimulatedProvider

WAIT_LIMIT = 14 * 24 * 3600
SETTINGS = GivenSettings(
    table=TABLE,
    bucket="",
    queue_url="",
    state_machine_arn="arn:machine",
    fireworks_secret_arn="",
    guard_rails=GuardRails(),
    wait_limit_seconds=WAIT_LIMIT,
)


def composed(
    dynamodb: FakeDynamoDB,
    states: FakeStates,
    provider: SimulatedJobs,
    *,
    rules: Mapping[str, Limits],
    now: Callable[[], float],
    jitter: Random,
) -> Parts:
    clients = GivenClients({"dynamodb": dynamodb, "stepfunctions": states, "sqs": None})
    clock = runtime.Clock(now=now, sleep=lambda _: None, jitter=lambda most: jitter.uniform(0, most))
    parts = runtime.compose(clients, SETTINGS, clock)
    rules_of_pools = pool_rules(rules)
    parts.rules = lambda: rules_of_pools
    parts.pool_settings = cast("Any", lambda: PoolSettings({}, {}))
    parts.adapters = dict.fromkeys(Api, provider)
    parts.reconciler = ReconcilerWithoutMetrics(*parts.reconciler)
    return parts


def pools_seen(dynamodb: FakeDynamoDB, parts: Parts, now: Callable[[], float]) -> DeployedPools:
    """The pools as the tool reads them. Its reads meet no fault and are not counted."""
    viewer = FakeDynamoDB()
    viewer.tables = dynamodb.tables
    client = cast("Any", viewer)
    rows = PoolRows(client, TABLE)
    return DeployedPools(
        rows=rows,
        queues=QueueRows(client, TABLE),
        settings=PoolSettingsRow(client, TABLE),
        capacity=PoolCapacity(rows=rows, rules=parts.rules, now=now),
    )


def accept(parts: Parts, plan: Plan, body: str) -> None:
    """body: the number of a request; or `cancel` and its number."""
    number = int(body.removeprefix("cancel "))
    request = plan.requests[number]
    submission = Submission(
        api=request.pool.api,
        request=request.body(),
        labels=request.pool.envelope()[1],
        priority=request.priority,
    )
    if body.startswith("cancel"):
        # Where the request has not come yet, the message comes back.
        parts.job_canceller.cancel(job_id_of(submission.api, submission.request, None))
        return
    uri = f"s3://drop/requests/{request.share}/{number}.json"
    parts.acceptor.accept(submission, Source(uri=uri, status_key=f"status/{number}.json", version="1"))


def observe(parts: Parts, provider: SimulatedProvider, job_id: str) -> None:
    """A provider's event about a job. Raises AssertionError for a provider that sends none."""
    events = SPECS[provider.jobs[job_id].request.pool.api].events
    if events is None:
        raise AssertionError("an event of a provider that sends none")
    parts.observer.observe_event({"detail-type": events.detail_type, "detail": {events.arn_field: job_id}})
