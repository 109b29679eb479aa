"""Forty innocent documents beside each attack are answered within five minutes, or the checker says so."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from jobchute.job import Api
from tests.fakes.queues import MAX_CHAIN
from tests.harness.faults import attacks
from tests.harness.faults.attack import busy
from tests.harness.faults.functions import borrowed
from tests.harness.faults.innocents import KEYS, Innocents
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

pytestmark = pytest.mark.sampled

SHORT = sorted(name for name, attack in attacks.ATTACKS.items() if not attack.is_long)


@pytest.fixture(autouse=True)
def functions() -> Iterator[None]:
    with borrowed():
        yield


@pytest.mark.slow
@pytest.mark.parametrize("name", SHORT)
def test_nobody_else_is_harmed(name: str) -> None:
    result = attacks.run(name)
    assert result.violations == []
    assert result.jobs >= 40


def test_an_attack_is_replayed_by_its_name() -> None:
    assert attacks.replay("attack:nothing").calls == attacks.run("nothing").calls


class TestInnocents:
    def world(self) -> tuple[World, Innocents]:
        world = World()
        innocents = Innocents(world)
        innocents.send()
        return world, innocents

    def found(self, world: World, innocents: Innocents) -> set[str]:
        world.settle()
        return {violation.kind for violation in innocents.violations(world.rows.jobs())}

    def test_all_are_sent_on_every_way(self) -> None:
        world, innocents = self.world()
        assert self.found(world, innocents) == set()
        assert len(innocents.all) == len(KEYS)
        ways = {(each.uri[:5], bool(each.job_id), bool(each.promised)) for each in innocents.all}
        assert ways == {
            (scheme, is_job, is_promised)
            for scheme, promises in (("s3://", (True, False)), ("sqs:/", (False,)))
            for is_job in (True, False)
            for is_promised in promises
        }
        assert {job.api for job in world.rows.jobs().values()} == {None, *Api}

    @pytest.mark.parametrize(
        ("kind", "harm"),
        [
            ("lost", lambda world: world.s3.forbidden.add("requests/innocent/1-3.json")),
            ("stuck", lambda world: _be_silent(world, seconds=400)),
            ("wrong", lambda world: _replace(world, "requests/innocent/0-2.json", {"jobId": "jc-of-another"})),
            ("wrong", lambda world: _replace(world, "requests/innocent/0.jsonl", {"progress": {}})),
            ("stuck", lambda world: _replace(world, "requests/innocent/0-1.json", {"state": "RUNNING"})),
        ],
        ids=["lost", "late", "replaced", "file-replaced", "left-behind"],
    )
    def test_the_checker_sees_what_is(self, kind: str, harm: Callable[[World], object]) -> None:
        world, innocents = self.world()
        harm(world)
        assert kind in self.found(world, innocents)


def _be_silent(world: World, *, seconds: float) -> None:
    world.stream.is_read = False
    world.clock.after(seconds, lambda: setattr(world.stream, "is_read", True))


def _replace(world: World, key: str, changes: dict[str, Any]) -> None:
    """Once all is over."""
    place = f"status/{key.removeprefix('requests/')}.json"

    def act() -> None:
        data = json.dumps(world.s3.status(place) | changes).encode()
        world.s3.statuses[place] = world.s3.statuses[place]._replace(data=data)

    world.busy_until = world.clock.now + 7200
    world.clock.at(world.busy_until, act)


class TestRecursion:
    """infra/stack.py allows the function that takes in requests to send messages to its own queue."""

    def run(self, *, allows_loops: bool) -> tuple[World, list[Violation]]:
        world = World()
        world.intake.allows_loops = allows_loops
        return world, list(busy.a_file_of_many_invocations(world, Innocents(world)))

    @pytest.mark.slow
    def test_a_file_of_many_invocations_is_read_to_its_end(self) -> None:
        world, found = self.run(allows_loops=True)
        assert found == []
        assert world.functions.invocations > MAX_CHAIN

    def test_where_it_is_not_lambda_stops_in_the_middle_of_it(self) -> None:
        world, found = self.run(allows_loops=False)
        assert world.intake.stopped > 0
        assert {(violation.kind, violation.about) for violation in found} >= {("wrong", "long file")}
