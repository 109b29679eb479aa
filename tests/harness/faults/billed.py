"""What the provider's own record says of costs, counted by hand at the prices of the harness.

A dollar an hour for an instance, and one for each gigabyte of its volume (budgets.PRICES).
"""

from collections.abc import Iterator
from fractions import Fraction
from math import ceil
from zlib import crc32

from jobchute.ledger.items import from_dynamodb
from tests.fakes.provider import Course, Provider, ProviderJob
from tests.fakes.provider_facts import seconds_of
from tests.harness.faults.cases import wrong
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

MICRO, HOUR = 1_000_000, 3600


def most_of(provider: Provider) -> int:
    """What its training jobs may cost at their run-time limits, in millionths of a dollar."""
    return sum(
        ceil(_price(made) * made.call["StoppingCondition"]["MaxRuntimeInSeconds"]) for made in provider.jobs
    )


def billed_by(provider: Provider) -> int:
    """What its ended training jobs were billed for, each rounded up as estimates are."""
    return sum(ceil(_price(made) * seconds_of(made)) for made in provider.jobs)


def agrees(world: World, *, used: int, reserved: int) -> Iterator[Violation]:
    """The item of the only budget says just that."""
    item = from_dynamodb(world.rows.budgets[-1])
    yield from wrong((item["used"], item["reserved"]) == (used, reserved), f"{item}: {used}, {reserved}")


def varied(job: ProviderJob, *, longest: float, spread: int) -> Course:
    """Jobs of other names run for other times, up to the longest."""
    return Course(seconds=longest - crc32(job.name.encode()) % spread)


def _price(made: ProviderJob) -> Fraction:
    """Of a second."""
    resources = made.call["ResourceConfig"]
    return Fraction(resources["InstanceCount"] * (1 + resources["VolumeSizeInGB"]) * MICRO, HOUR)
