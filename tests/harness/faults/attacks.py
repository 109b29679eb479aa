"""Every attack of one sender on others that Jobchute must bear, each as a run of its own."""

from collections.abc import Iterator, Mapping

from jobchute.ledger.items import job_of
from tests.harness.faults.attack import (
    busy,
    colliding,
    continued,
    counted,
    forged,
    large,
    named,
    notified,
    owning,
    secret,
    silent,
    waiting,
)
from tests.harness.faults.attack.attack import Attack
from tests.harness.faults.innocents import Innocents
from tests.harness.faults.invariants import violations
from tests.harness.faults.result import Result
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

PARTS = (busy, continued, forged, notified, large, waiting, silent, colliding, secret, owning, named, counted)
ATTACKS: Mapping[str, Attack] = {name: attack for part in PARTS for name, attack in part.ATTACKS.items()}


def run(name: str) -> Result:
    """What holds always must hold, and what the innocents sent must be answered in time."""
    world = World()
    innocents = Innocents(world)
    found = list(ATTACKS[name].run(world, innocents))
    found += _unreadable(world)
    rows = world.rows.jobs()
    found += innocents.violations(rows)
    found += violations(world, has_settled=world.is_quiet())
    return Result(f"attack:{name}", found, world.wire.names, world.wire.hit, len(rows))


def _unreadable(world: World) -> Iterator[Violation]:
    """Rows that the product itself cannot read. They are told of, and left out of what comes after."""
    for job_id, image in [*world.rows.images.items()]:
        try:
            job_of(image)
        except Exception as error:  # noqa: BLE001 - whatever an attacker made of it
            yield Violation("wrong", job_id, f"its row cannot be read: {error}")
            del world.rows.images[job_id]
            world.open.discard(job_id)


def replay(name: str) -> Result:
    return run(name.partition(":")[2])
