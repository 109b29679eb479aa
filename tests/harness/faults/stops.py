"""Cases of stops after which another attempt may begin: for patience, and at a limit of the time to wait."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

from jobchute.job import Api, State, job_id_of
from jobchute.outcomes import Cause
from tests.fakes.provider import Course, ProviderJob
from tests.fakes.wire import Boundary, Fault, ignore, no_fault
from tests.harness.faults import budgets
from tests.harness.faults.alternatives import pending, send_alternatives
from tests.harness.faults.cases import HOUR, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.retries import (
    API,
    INTERNAL,
    NO_CAPACITY,
    Courses,
    event_about,
    failing,
    only_job,
    send,
    tried,
)
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World
from tests.scarcity import alternatives

DAY = 24 * HOUR
FILE = "requests/one.json"
SOON_RUNNING = (Api.TRAINING_JOB, Api.BRAKET_JOB)
"""Which run as soon as they do not wait any more."""


def first(course: Course) -> Courses:
    """How the first attempt goes on; the next one succeeds."""
    return lambda job: course if job.attempt == 1 else Course()


def one_attempt(world: World, state: State) -> Iterator[Violation]:
    """The job has ended so, with its first attempt."""
    yield from settled(world)
    for job in world.rows.jobs().values():
        yield from tried(world, job, state=state)
    made = len(world.provider.jobs)
    yield from wrong(made == len(world.rows.jobs()), f"{made} attempts were made")


def file_cancelled_as_its_job_stops(world: World) -> Iterator[Violation]:
    """The file of a job is cancelled that is being stopped for its alternative."""
    world.provider.course = lambda job: replace(pending(0)(job), stop_seconds=600)
    document = document_of(API, 1, alternatives=alternatives(API), patience=120)
    job_id = job_id_of(API, document["request"], None)
    world.upload(FILE, document, Sent(Kind.JOB, job_id))
    world.send({"cancel": FILE}, Sent(Kind.CANCEL, job_id), delays=(200.0,))
    yield from one_attempt(world, State.CANCELLED)


def cancelled_beyond_its_wait(world: World) -> Iterator[Violation]:
    """A job that waited at its provider for as long as it may is cancelled while it is being stopped."""
    world.provider.course = first(Course(seconds=61 * DAY, pending=60 * DAY, stop_seconds=2 * HOUR))
    job_id = send(world)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(28 * DAY + 2 * HOUR,))
    yield from one_attempt(world, State.CANCELLED)


def cancelled_once_adopted(world: World) -> Iterator[Violation]:
    """The answer to the create call is lost until the wait for submission is over; what is found then is
    cancelled while it is being stopped.
    """
    world.provider.course = first(Course(seconds=5 * HOUR, pending=4 * HOUR, stop_seconds=900))
    left, blind_until = [Fault.LOST], world.clock.now + 700

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.creates and left:
            return left.pop()
        is_blind = boundary.name.startswith("sagemaker:describe") and world.clock.now < blind_until
        return Fault.REFUSED if is_blind else None

    world.wire.decide = decide
    job_id = send(world)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(1000.0,))
    yield from one_attempt(world, State.CANCELLED)


def cancelled_as_its_wait_ends(world: World) -> Iterator[Violation]:
    """A cancellation is written after the reconciler has read that the wait for submission is over."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=4 * HOUR))
    left = [Fault.LOST]

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.creates and left:
            return left.pop()
        return Fault.REFUSED if boundary.name.startswith("sagemaker:describe") else None

    def pause(boundary: Boundary) -> None:
        if boundary.name.endswith("JOB:stopCause"):
            world.wire.pause, world.wire.decide = ignore, no_fault
            world.parts.job_canceller.cancel(only_job(world).job_id)

    world.wire.decide, world.wire.pause = decide, pause
    send(world)
    yield from one_attempt(world, State.CANCELLED)


def look_ups_fail_as_patience_ends(world: World) -> Iterator[Violation]:
    """No event has told that a job runs, and its provider does not answer when its patience is over."""
    since = world.clock.now

    def decide(boundary: Boundary) -> Fault | None:
        is_look_up = boundary.name.rpartition(":")[2] in ("describe", "get")
        return Fault.REFUSED if is_look_up and 100 < world.clock.now - since < 400 else None

    world.provider.course = first(Course(seconds=3 * HOUR, pending=30))
    world.provider_events.delays = list
    world.wire.decide = decide
    for number, api in enumerate(SOON_RUNNING):
        send_alternatives(world, api, number)
    yield from one_attempt(world, State.SUCCEEDED)


def writes_results_as_patience_ends(world: World) -> Iterator[Violation]:
    """A job is between two states that tell whether it waits: it has run already."""
    world.provider.course = first(Course(seconds=400, pending=100))
    send_alternatives(world, Api.FIREWORKS_INFERENCE_JOB)
    world.clock.after(139, lambda: setattr(world.provider.jobs[0], "native", "WRITING_RESULTS"))
    yield from one_attempt(world, State.SUCCEEDED)


def runs_after_the_last_look(world: World) -> Iterator[Violation]:
    """The ledger learns that a job runs between the look-up that ends its patience and its stop."""
    world.provider.course = first(Course(seconds=3 * HOUR, pending=HOUR))
    world.provider_events.delays = list

    def pause(boundary: Boundary) -> None:
        if boundary.name.endswith("JOB:CANCELLING"):
            world.wire.pause = ignore
            world.provider.jobs[0].native = "InProgress/Training"
            event_about(world, 1)()

    world.wire.pause = pause
    send_alternatives(world, API)
    yield from one_attempt(world, State.SUCCEEDED)


def hidden_as_patience_ends(world: World) -> Iterator[Violation]:
    """For a few minutes, the provider does not know a job that runs."""
    world.provider.course = first(Course(seconds=3 * HOUR, pending=30))
    world.provider_events.delays = list
    for number, api in enumerate(SOON_RUNNING):
        send_alternatives(world, api, number)
    world.clock.after(60, partial(_hide_all, world))
    yield from one_attempt(world, State.SUCCEEDED)


def _hide_all(world: World) -> None:
    for made in world.provider.jobs:
        world.provider.hide(made, 200)


def hidden_as_it_stops(world: World) -> Iterator[Violation]:
    """For a quarter of an hour, the provider does not know a job that it refuses to delete."""
    world.provider.course = first(Course(seconds=1300, pending=1200))
    world.provider.refuses_deletion = True
    send_alternatives(world, Api.FIREWORKS_INFERENCE_JOB)
    world.clock.after(250, lambda: world.provider.hide(world.provider.jobs[0], 900))
    yield from one_attempt(world, State.SUCCEEDED)


def gone_for_good(world: World) -> Iterator[Violation]:
    """The provider forgets a job that runs: it ends, some time after it was asked to stop."""
    world.provider.course = first(Course(seconds=90 * DAY, pending=60))
    job_id = send(world)
    world.clock.after(600, partial(_forget, world))
    yield from settled(world)
    world.clock.run(world.clock.now + 2 * DAY)
    job = world.rows.jobs()[job_id]
    yield from wrong((job.state, job.cause) == (State.FAILED, Cause.UNKNOWN), f"{job.state}: {job.reason}")
    yield from wrong(any(move["state"] == State.CANCELLING for move in job.history), "it was not asked to stop")


def _forget(world: World) -> None:
    made: ProviderJob = world.provider.jobs[0]
    made.is_gone, made.ended_at = True, world.clock.now
    world.provider.hide(made, 40 * HOUR)


def waits_within_its_cost(world: World) -> Iterator[Violation]:
    """What only waited has cost nothing: maxCost has room for an alternative, though not for two jobs."""
    world.money.prices = budgets.PRICES
    world.deploy()
    world.provider.course = pending(0)
    usage = {"inputTokens": 1000, "outputTokens": 1000}
    send_alternatives(world, Api.BEDROCK_JOB, usage=usage, maxCost=0.6)
    yield from settled(world)
    causes = tuple(kept["cause"] for kept in only_job(world).past)
    yield from wrong(set(causes) == {Cause.CAPACITY}, f"attempts ended {causes}")
    yield from wrong(only_job(world).state is State.SUCCEEDED, f"it ended {only_job(world).reason}")


def labels_beside_tags(world: World) -> Iterator[Violation]:
    """Labels are changed between attempts, and the alternative has tags of its own."""
    world.provider.course = failing(INTERNAL, NO_CAPACITY)
    tags = [{"Key": f"key-{number}", "Value": "value"} for number in range(46)]
    retry = {"attempts": 4, "after": "10m", "on": ["INTERNAL", "CAPACITY"]}
    document = document_of(API, 1, retry=retry, alternatives=[{"Tags": tags}], labels={"team": "growth"})
    job_id = job_id_of(API, document["request"], None)
    world.send(document, Sent(Kind.JOB, job_id))
    labels = {f"label-{number}": "value" for number in range(9)}
    world.send({"set": job_id, "labels": labels}, Sent(Kind.SET, job_id), delays=(700.0,))
    yield from settled(world)
    most = max(len(made.call["Tags"]) for made in world.provider.jobs)
    yield from wrong(len(world.provider.jobs) == 3 and most <= 50, f"{most} tags")


CASES = (
    file_cancelled_as_its_job_stops,
    cancelled_beyond_its_wait,
    cancelled_once_adopted,
    cancelled_as_its_wait_ends,
    look_ups_fail_as_patience_ends,
    writes_results_as_patience_ends,
    runs_after_the_last_look,
    hidden_as_patience_ends,
    hidden_as_it_stops,
    gone_for_good,
    waits_within_its_cost,
    labels_beside_tags,
)
PACES: Mapping[str, Mapping[str, int]] = {
    cancelled_beyond_its_wait.__name__: {"allowance": int(HOUR)},
    cancelled_once_adopted.__name__: {"wait_limit": 600},
    cancelled_as_its_wait_ends.__name__: {"wait_limit": 600},
}
