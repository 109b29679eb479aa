"""The functions' parts, and the tool's, over the fakes of a world."""

from collections.abc import Callable, Mapping
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from jobchute import runtime
from jobchute.aws.queues import Queue
from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.errors import RefusedError
from jobchute.ledger.pool_settings import PoolSettings
from jobchute.providers.fireworks.account import Account
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.owners import Owners
from tests.aws import TABLE
from tests.fakes.adapters import clients_over, never_kept
from tests.fakes.clients import GivenClients
from tests.fakes.reconciler import ReconcilerWithoutMetrics
from tests.fakes.settings import GivenSettings
from tests.fakes.stream import FakeTrimmedStreams

if TYPE_CHECKING:
    from tests.harness.faults.world import World

OPEN = GuardRails(
    roles=("arn:aws:iam::123456789012:role/*",), models=("*",), devices=("*",), outputs=("s3://",)
)
"""What is closed by default is allowed."""
TIMING = {"wait_limit": 14 * 24 * 3600}


def composed(world: "World", timing: Mapping[str, int]) -> runtime.Parts:
    """timing: seconds, by the settings' names."""
    parts = runtime.compose(_clients(world), _settings(world, {**TIMING, **timing}), _clock(world))
    parts.rules = lambda: world.rules
    parts.pool_rows = parts.pool_rows._replace(lane_size=world.lane_size)
    # What operators set is read twice a minute, and each read would multiply the interleavings.
    parts.pool_settings = cast("Any", lambda: PoolSettings({}, {}, world.money.loaded_at))
    parts.prices = lambda: world.money.prices
    parts.account = never_kept(lambda: _account(world))
    parts.reconciler = ReconcilerWithoutMetrics(*parts.reconciler)
    lost, counts = parts.lost_announcements, parts.file_counts

    def repeat_lost(*, time_left: Callable[[], float]) -> int:
        return lost.repeat_lost(time_left=time_left) if world.is_looking_for_lost else 0

    def count_due(*, time_left: Callable[[], float]) -> int:
        """Its one read where there is no file would multiply the interleavings."""
        return counts.count_due(time_left=time_left) if world.rows.files else 0

    parts.lost_announcements = cast("Any", SimpleNamespace(repeat_lost=repeat_lost))
    parts.file_counts = cast("Any", SimpleNamespace(count_due=count_due))
    return parts


def dead_letter_queues(world: "World") -> SimpleNamespace:
    """What the tool needs to handle dead letters."""
    return SimpleNamespace(
        queues=world.queues,
        sources={DeadLetterKind(name): Queue(cast("Any", world.sqs), name) for name in world.sqs.takers},
        rows=world.parts.letter_rows,
        continuations=world.parts.continuation_rows,
        deployment=SimpleNamespace(bucket=world.s3.bucket, ledger=world.parts.ledger),
        owners=Owners(world.owners),
    )


def _account(world: "World") -> Account:
    if not world.secret_is_there:
        raise RefusedError("no secret", code="FIREWORKS_SECRET")
    return world.account


def _clients(world: "World") -> GivenClients:
    services = {
        "dynamodb": world.dynamodb,
        "dynamodbstreams": FakeTrimmedStreams(),
        "events": world.bus,
        "s3": world.s3,
        "sqs": world.sqs,
        "stepfunctions": world.states,
    }
    return clients_over(services, world.provider, world.wire)


def _settings(world: "World", timing: Mapping[str, int]) -> GivenSettings:
    urls = {kind: queue.url for kind, queue in world.queues.items()}
    return GivenSettings(
        table=TABLE,
        bucket=world.s3.bucket,
        bus="jobchute",
        queue_url="intake",
        state_machine_arn="arn:aws:states:us-east-1:123456789012:stateMachine:jobs",
        fireworks_secret_arn="arn:secret",
        dead_letter_queue_url=urls[DeadLetterKind.INTAKE],
        events_dead_letter_queue_url=urls[DeadLetterKind.EVENTS],
        stream_failures_queue_url=urls[DeadLetterKind.STREAM],
        owners=world.owners,
        budgets=world.money.budgets,
        guard_rails=OPEN,
        **{f"{name}_seconds": value for name, value in timing.items()},
    )


def _clock(world: "World") -> runtime.Clock:
    chance = Random(world.random.random())
    return runtime.Clock(now=world.now, sleep=lambda _: None, jitter=lambda most: chance.uniform(0, most))
