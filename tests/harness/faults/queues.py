"""Cases of jobs that wait: for room in their pool, for their provider's quota, for other jobs."""

from collections.abc import Iterator
from unittest.mock import patch

from jobchute.job import Api, State, job_id_for_key, job_id_of
from jobchute.ledger.queues import QueueRows
from jobchute.pools.limits import Limits
from jobchute.providers.pool_defaults import pool_rules
from tests.fakes.provider import Course, ProviderJob
from tests.harness.faults.cases import HOUR, ended, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import BEGIN, World

ONE = {str(api): Limits(limit=1, rate=1000) for api in Api}


def send_many(world: World, api: Api, count: int) -> None:
    for number in range(count):
        document = document_of(api, number)
        world.send(document, Sent(Kind.JOB, job_id_of(api, document["request"], None)))


def pool_of_one(world: World) -> Iterator[Violation]:
    """Four jobs of each API where one may be in flight: one after the other, without a pause."""
    world.rules = pool_rules(ONE)
    for api in Api:
        send_many(world, api, 4)
    begin = world.clock.now
    yield from settled(world)
    yield from ended(world)
    of_braket = sorted(job.created_at for job in world.provider.jobs if job.api is Api.BRAKET_JOB)
    yield from wrong(len(of_braket) == 4, f"{len(of_braket)} jobs at Braket")
    idle = of_braket[-1] - begin - 3 * Course().seconds
    yield from wrong(idle < 60, f"the pool was idle for {idle:.0f} s while jobs waited")


def quota_of_two(world: World) -> Iterator[Violation]:
    """The pool would let in a thousand, the provider takes two: refusals make the pool smaller."""
    world.provider.quota = 2
    send_many(world, Api.BRAKET_JOB, 8)
    yield from settled(world)
    yield from ended(world)
    creates = sum(name == "braket:create" for name in world.wire.names)
    # Each of the eight is refused once at first; then one more is tried every five minutes.
    yield from wrong(creates <= 8 + 8 + 12, f"{creates} create calls for 8 jobs")


def crowd_of_shares(world: World) -> Iterator[Violation]:
    """One job waits in a pool of one; as many urgent ones of other shares come as are let in."""
    world.rules = pool_rules(ONE)
    api, groups = Api.BRAKET_JOB, 12
    patient = document_of(api, 0, priority=5, labels={"submitter": "patient"})
    job_id = job_id_of(api, patient["request"], None)
    for number in range(1, 5 * groups):
        urgent = document_of(api, number, priority=6, labels={"submitter": f"share-{number:02}"})
        sent = Sent(Kind.JOB, job_id_of(api, urgent["request"], None))
        world.send(urgent, sent, delays=(max(number - groups, 0) * Course().seconds,))
    world.send(patient, Sent(Kind.JOB, job_id), delays=(1.0,))
    with patch.object(QueueRows, "max_groups", groups // 2):
        yield from settled(world)
    yield from ended(world)
    waited = next(made.created_at for made in world.provider.jobs if made.owner == job_id) - BEGIN
    # An hour after those that came with it, it comes before all that came later.
    yield from wrong(waited < 4 * HOUR, f"it waited {waited / HOUR:.1f} hours")


def after_others(world: World) -> Iterator[Violation]:
    """A chain of three, and a job that waits for one that fails."""
    world.provider.course = lambda job: Course(is_good="bad" not in str(job.call))
    chain = [None, "first", "second"]
    for name, after in zip(["first", "second", "third"], chain, strict=True):
        envelope = {} if after is None else {"after": [after]}
        document = document_of(Api.TRAINING_JOB, len(name), idempotencyKey=name, **envelope)
        world.send(document, Sent(Kind.JOB, job_id_for_key(name)), delays=(len(name) * 1.0 + bool(after) * 5,))
        world.clock.run(world.clock.now + 20)
    bad = document_of(Api.PROCESSING_JOB, 1, idempotencyKey="bad")
    bad["request"]["Environment"] = {"KIND": "bad"}
    world.send(bad, Sent(Kind.JOB, job_id_for_key("bad")))
    world.clock.run(world.clock.now + 20)
    for name, end, expected in (("never", "SUCCEEDED", 0), ("mender", "FAILED", 1)):
        document = document_of(Api.BRAKET_JOB, expected, idempotencyKey=name, after=[{"job": "bad", "on": end}])
        world.send(document, Sent(Kind.JOB, job_id_for_key(name)))
    yield from settled(world)
    jobs = {job.idempotency_key: job for job in world.rows.jobs().values()}
    states = {key: job.state for key, job in jobs.items()}
    expected_states = {
        **dict.fromkeys(("first", "second", "third", "mender"), State.SUCCEEDED),
        "bad": State.FAILED,
        "never": State.CANCELLED,
    }
    yield from wrong(states == expected_states, f"states are {states}")
    times = {job.owner: job for job in world.provider.jobs}
    for earlier, later in (("first", "second"), ("second", "third"), ("bad", "mender")):
        yield from wrong(_is_after(times, earlier, later), f"{later} was created before {earlier} had ended")


def _is_after(made: dict[str | None, ProviderJob], earlier: str, later: str) -> bool:
    first, second = made.get(job_id_for_key(earlier)), made.get(job_id_for_key(later))
    if first is None or second is None or first.ended_at is None:
        return False
    return second.created_at >= first.ended_at


CASES = (pool_of_one, quota_of_two, crowd_of_shares, after_others)
