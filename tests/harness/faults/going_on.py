"""Cases of jobs that begin to run as they are to be stopped for their patience, and so go on."""

from collections.abc import Iterator

from jobchute.job import State
from jobchute.outcomes import Cause
from tests.apis import VALUES
from tests.fakes.provider import Course
from tests.fakes.wire import Boundary, Fault, ignore
from tests.harness.faults.alternatives import send_alternatives
from tests.harness.faults.cases import HOUR, settled, wrong
from tests.harness.faults.hidden import NAMED
from tests.harness.faults.retries import API, NO_CAPACITY, only_job
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.stops import DAY, SOON_RUNNING, first, one_attempt
from tests.harness.faults.unseen import INFERENCE, all_ended
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

STOPS = ("sagemaker:stop", "fireworks-inference:delete")
RUNNING = VALUES[API].natives.begin[-1]


def _refuse_stops(world: World, seconds: float) -> None:
    until = world.clock.now + seconds
    world.wire.decide = lambda seen: Fault.REFUSED if seen.name in STOPS and world.clock.now < until else None


def _report_after(world: World, seconds: float, native: str) -> None:
    """What the first job is, unless it is being stopped."""

    def report() -> None:
        made = world.provider.jobs[0]
        if made.stopped_at is None:
            made.native, made.begun_at = native, made.begun_at or world.clock.now

    world.clock.after(seconds, report)


def crash_before_the_stop(world: World) -> Iterator[Violation]:
    """The process dies before it asks the provider to stop a job for its patience; the job begins to run."""
    world.provider.course = first(Course(seconds=3 * HOUR, pending=200))
    left = set(SOON_RUNNING)

    def decide(boundary: Boundary) -> Fault | None:
        if boundary.name in ("sagemaker:stop", "braket:cancel") and left:
            left.pop()
            return Fault.CRASH_BEFORE
        return None

    world.wire.decide = decide
    for number, api in enumerate(SOON_RUNNING):
        send_alternatives(world, api, number)
    yield from one_attempt(world, State.SUCCEEDED)


def refused_until_it_runs(world: World) -> Iterator[Violation]:
    """The provider refuses to stop a job for its patience until it runs; cancelled then, it is stopped."""
    world.provider.course = first(Course(seconds=5.5 * HOUR, pending=300))
    begun = world.clock.now
    _refuse_stops(world, HOUR)
    job_ids = [send_alternatives(world, api, number) for number, api in enumerate(NAMED)]
    for job_id in job_ids:
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(5 * HOUR,))
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)
    for made in world.provider.jobs:
        yield from wrong((made.stopped_at or 0) > begun + 4 * HOUR, "it was stopped while it ran")


def look_up_is_lost(world: World) -> Iterator[Violation]:
    """It goes on, and one look-up fails."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=300))
    _refuse_stops(world, HOUR / 2)
    refuse, begun, left = world.wire.decide, world.clock.now, [Fault.LOST]

    def decide(boundary: Boundary) -> Fault | None:
        is_late = boundary.name == "sagemaker:describe" and world.clock.now > begun + 2 * HOUR
        return left.pop() if is_late and left else refuse(boundary)

    world.wire.decide = decide
    send_alternatives(world, API)
    yield from one_attempt(world, State.SUCCEEDED)


def writes_its_results(world: World) -> Iterator[Violation]:
    """It goes on, and is between two states that tell whether it waits."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=4.9 * HOUR))
    _refuse_stops(world, 300)
    send_alternatives(world, INFERENCE)
    _report_after(world, 200, "RUNNING")
    _report_after(world, 4 * HOUR, "WRITING_RESULTS")
    yield from one_attempt(world, State.SUCCEEDED)


def writes_its_results_at_once(world: World) -> Iterator[Violation]:
    """The process dies before the stop, and the job is done when it is looked up next."""
    world.provider.course = first(Course(seconds=HOUR, pending=0.9 * HOUR))
    left = [Fault.CRASH_BEFORE]

    def decide(boundary: Boundary) -> Fault | None:
        is_stop = any(job.state is State.CANCELLING for job in world.rows.jobs().values())
        if not (is_stop and left and boundary.name.startswith("fireworks-inference")):
            return None
        world.provider.jobs[0].native = "WRITING_RESULTS"
        return left.pop()

    world.wire.decide = decide
    send_alternatives(world, INFERENCE)
    yield from one_attempt(world, State.SUCCEEDED)


def goes_on_to_its_limit(world: World) -> Iterator[Violation]:
    """It runs for as long as it may: no other attempt follows."""
    world.provider.course = first(Course(seconds=90 * DAY, pending=89 * DAY))
    _refuse_stops(world, HOUR)
    send_alternatives(world, INFERENCE)
    _report_after(world, 300, "RUNNING")
    yield from all_ended(world, State.TIMED_OUT, Cause.TIMED_OUT)


def stopped_by_hand(world: World) -> Iterator[Violation]:
    """It keeps running, and is then stopped by hand at its provider."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=300))
    _refuse_stops(world, HOUR / 2)
    send_alternatives(world, API)
    world.clock.after(3 * HOUR, lambda: world.provider.stop(world.provider.jobs[0]))
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)


def cancelled_as_it_is_looked_up(world: World) -> Iterator[Violation]:
    """It goes on, and is cancelled while a look-up writes when the next one is due."""
    world.provider.course = first(Course(seconds=30 * HOUR, pending=29 * HOUR))
    _refuse_stops(world, 300)
    begun = world.clock.now
    job_id = send_alternatives(world, INFERENCE)
    _report_after(world, 200, "RUNNING")

    def pause(boundary: Boundary) -> None:
        if boundary.name.startswith("dynamodb:update_item/JOB"):
            world.wire.pause = ignore
            world.parts.job_canceller.cancel(job_id)

    def look_up() -> None:
        world.wire.pause = pause
        world.parts.expirer.expire(job_id)

    world.clock.after(2 * HOUR, look_up)
    world.clock.run(begun + 3 * HOUR)
    yield from wrong(world.provider.jobs[0].stopped_at is not None, "it was not stopped at once")
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)


def _begin(world: World) -> None:
    """The training job that was made first runs."""
    made = world.provider.jobs[0]
    made.native, made.begun_at = RUNNING, world.clock.now


def stopped_as_it_is_let_run(world: World) -> Iterator[Violation]:
    """It begins to run as its stop is on the way, and another look-up lets it go on: the stop counts."""
    world.provider.course = first(Course(seconds=9 * HOUR, pending=8 * HOUR))
    job_id = send_alternatives(world, API)

    def pause(boundary: Boundary) -> None:
        if boundary.name == "sagemaker:stop":
            world.wire.pause = ignore
            _begin(world)
            world.parts.expirer.expire(job_id)

    world.wire.pause = pause
    yield from settled(world)
    yield from wrong(only_job(world).state is State.SUCCEEDED, f"it ended {only_job(world).reason}")


def let_run_as_it_is_to_be_stopped(world: World) -> Iterator[Violation]:
    """It is let run while another look-up, which saw it wait, is about to write that it is to be stopped."""
    world.provider.course = first(Course(seconds=9 * HOUR, pending=8 * HOUR))
    job_id = send_alternatives(world, API)
    left = [Fault.REFUSED]

    def pause(boundary: Boundary) -> None:
        if boundary.name.endswith("JOB:CANCELLING"):
            world.wire.pause = ignore
            world.wire.decide = lambda seen: left.pop() if seen.name in STOPS and left else None
            world.parts.expirer.expire(job_id)
            _begin(world)
            world.parts.expirer.expire(job_id)

    world.wire.pause = pause
    yield from one_attempt(world, State.SUCCEEDED)


def ends_as_its_limit_is_reached(world: World) -> Iterator[Violation]:
    """A look-up at its limit is slow: meanwhile it ends for want of capacity, and its next attempt begins."""
    world.provider.course = first(Course(seconds=90 * DAY, pending=300))
    _refuse_stops(world, HOUR / 2)
    job_id = send_alternatives(world, API)
    world.clock.run(world.clock.now + HOUR)
    deadline = only_job(world).deadline

    def pause(boundary: Boundary) -> None:
        if world.clock.now > deadline and boundary.name.startswith("dynamodb:update_item/JOB"):
            world.wire.pause = ignore
            made = world.provider.jobs[0]
            made.native, made.failure, made.ended_at = "Failed/Failed", NO_CAPACITY, world.clock.now
            world.parts.expirer.expire(job_id)
            for _ in range(3):
                world.parts.submitter.dispatch(job_id, "another")

    world.wire.pause = pause
    yield from settled(world)
    yield from wrong(only_job(world).state is State.SUCCEEDED, f"it ended {only_job(world).reason}")


CASES = (
    stopped_as_it_is_let_run,
    let_run_as_it_is_to_be_stopped,
    ends_as_its_limit_is_reached,
    cancelled_as_it_is_looked_up,
    crash_before_the_stop,
    refused_until_it_runs,
    look_up_is_lost,
    writes_its_results,
    writes_its_results_at_once,
    goes_on_to_its_limit,
    stopped_by_hand,
)
