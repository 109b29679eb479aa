"""Cases of what an operator does to pools while jobs wait: pauses, limits of whole APIs, the end of a cut."""

import itertools
from collections import Counter
from collections.abc import Iterator

from jobchute.job import Api, State, job_id_of
from jobchute.pools.limits import Limits
from jobchute.pools.pauses import paused
from jobchute.providers.pool_defaults import pool_rules
from tests.apis.values import CLUSTER
from tests.fakes.provider import Course, ProviderJob
from tests.fakes.wire import Boundary, Fault
from tests.harness.faults.cases import HOUR, ended, send_job, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.schedule import MINUTE, UNHURRIED
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import ROOMY, World

API = Api.TRAINING_JOB
TYPES = ("ml.m5.large", "ml.m5.xlarge", "ml.p3.2xlarge")
PROMPT = UNHURRIED + 2 * MINUTE
"""The schedule runs each minute; the harness runs it so seldom for jobs that wait and are not due."""


def paused_api(world: World) -> Iterator[Violation]:
    """An API is paused while one of its jobs waits; others come, of pools that there were not before."""
    world.rules = pool_rules(ROOMY, {f"{API}/ml.p3.*": Limits(limit=5)}, pauses=paused({}, str(API)))
    for number, instance_type in enumerate(TYPES):
        _send(world, number, instance_type, delay=number * HOUR)
    other = document_of(Api.BRAKET_JOB, 1)
    world.send(other, Sent(Kind.JOB, job_id_of(Api.BRAKET_JOB, other["request"], None)))
    world.clock.run(world.clock.now + 4 * HOUR)
    made = Counter(job.api for job in world.provider.jobs)
    yield from wrong(made == {Api.BRAKET_JOB: 1}, f"while it was paused, there were {made}")
    resumed_at = world.clock.now
    world.rules = pool_rules(ROOMY)
    yield from settled(world)
    yield from ended(world)
    yield from _created_by(world, resumed_at + PROMPT)


def limited_api(world: World) -> Iterator[Violation]:
    """A limit that is set for an API is the limit of each of its pools, not that of jobs without a type."""
    world.rules = pool_rules({**ROOMY, str(API): Limits(limit=1, rate=1000)})
    for number in range(6):
        _send(world, number, TYPES[number % 2])
    yield from settled(world)
    yield from ended(world)
    for instance_type in TYPES[:2]:
        jobs = [job for job in world.provider.jobs if _type_of(job) == instance_type]
        times = sorted((job.created_at, job.ended_at or 0.0) for job in jobs)
        overlaps = [later for (_, end), (later, _) in itertools.pairwise(times) if later < end]
        yield from wrong(not overlaps, f"{len(overlaps) + 1} jobs of {instance_type} at once")


def cleared_cut(world: World) -> Iterator[Violation]:
    """A quota error cuts a pool; the quota is raised, and an operator clears the cut: all others come in."""
    world.provider.quota = 1
    world.provider.course = lambda job: Course(seconds=30 * HOUR)  # noqa: ARG005
    for number in range(20):
        document = document_of(Api.BRAKET_JOB, number)
        document["request"]["stoppingCondition"] = {"maxRuntimeInSeconds": int(100 * HOUR)}
        world.send(document, Sent(Kind.JOB, job_id_of(Api.BRAKET_JOB, document["request"], None)))
    world.clock.run(world.clock.now + HOUR / 2)
    world.provider.quota = None
    rows = world.parts.pool_rows
    cut = world.parts.capacity.cut_of(rows.find(Api.BRAKET_JOB))
    yield from wrong(cut is not None and bool(cut.reason), f"the cut is {cut}")
    rows.clear_cap(Api.BRAKET_JOB)
    cleared_at = world.clock.now
    yield from settled(world)
    yield from ended(world)
    yield from _created_by(world, cleared_at + PROMPT)


def limit_among_deaths(world: World) -> Iterator[Violation]:
    """A job comes to its time limit while each of a hundred create calls ends its function: it is stopped."""
    endless = Course(seconds=90 * 24 * HOUR, pending=60)
    world.provider.course = lambda job: endless if job.api is API else Course()
    send_job(world, API)
    world.clock.run(world.clock.now + HOUR)
    (job,) = world.rows.jobs().values()
    world.clock.run(job.deadline - 5 * MINUTE)
    for number in range(100):
        send_job(world, Api.BRAKET_JOB, number)

    def decide(boundary: Boundary) -> Fault | None:
        is_over = world.provider.jobs[0].stopped_at is not None or world.clock.now > job.deadline + HOUR
        return Fault.CRASH_BEFORE if boundary.creates and not is_over else None

    world.wire.decide = decide
    yield from settled(world)
    stopped_at = world.provider.jobs[0].stopped_at or world.clock.now
    late = stopped_at - job.deadline
    yield from wrong(late < HOUR / 4, f"it was stopped {late:.0f} s after its limit")


def told_refusal(world: World) -> Iterator[Violation]:
    """While a provider refuses a job of each API, status documents say so; no place of a history is taken."""
    world.provider.quota = 0
    for api in Api:
        document = document_of(api, 1)
        world.send(document, Sent(Kind.JOB, job_id_of(api, document["request"], None)))
    world.clock.run(world.clock.now + HOUR)
    for job in world.rows.jobs().values():
        told = world.s3.status(job.source.status_key) or {}
        count = told.get("refusals", {}).get("count")
        yield from wrong(count == job.times_refused and bool(count), f"{count} of {job.times_refused} are told")
        states = [entry["state"] for entry in job.history]
        yield from wrong(states == [State.QUEUED, State.SUBMITTING], f"the history is {states}")
    world.provider.quota = None
    yield from settled(world)
    yield from ended(world)


def _send(world: World, number: int, instance_type: str, *, delay: float = 0.0) -> None:
    document = document_of(API, number)
    document["request"]["ResourceConfig"] = {**CLUSTER, "InstanceType": instance_type}
    world.send(document, Sent(Kind.JOB, job_id_of(API, document["request"], None)), delays=(delay,))


def _type_of(job: ProviderJob) -> str:
    found: str = job.call["ResourceConfig"]["InstanceType"]
    return found


def _created_by(world: World, when: float) -> Iterator[Violation]:
    last = max(job.created_at for job in world.provider.jobs)
    yield from wrong(last <= when, f"the last one was created {last - when:.0f} s late")


CASES = (paused_api, limited_api, cleared_cut, limit_among_deaths, told_refusal)
