"""Cases of jobs that their providers do not show for a while, or that run when they are to be stopped."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial

from jobchute.job import Api, State, job_id_of
from jobchute.outcomes import Cause
from tests.fakes.provider import UNKNOWN, Course
from tests.fakes.wire import Boundary, Fault, ignore
from tests.harness.faults import budgets
from tests.harness.faults.alternatives import asked, pending, send_alternatives
from tests.harness.faults.cases import HOUR, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.retries import API, only_job
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.stops import DAY, SOON_RUNNING, first, one_attempt
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World
from tests.scarcity import alternatives

NAMED = (Api.TRAINING_JOB, Api.FIREWORKS_INFERENCE_JOB)
"""Found by their names, where the answer to a create call was lost."""
INFERENCE = Api.FIREWORKS_INFERENCE_JOB
DELETION = "fireworks-inference:delete"


def _ended(world: World, state: State, cause: Cause | None = None) -> Iterator[Violation]:
    """Each job has ended so, at its provider too, with one attempt."""
    yield from settled(world)
    rows = world.rows.jobs().values()
    for job in rows:
        yield from wrong((job.state, job.cause) == (state, cause), f"{job.api} {job.state}: {job.reason}")
    made = len(world.provider.jobs)
    yield from wrong(made == len(rows), f"{made} attempts of {len(rows)} jobs were made")


def _send(world: World, api: Api, *, cancelled_after: float | None = None) -> None:
    document = document_of(api, 1)
    job_id = job_id_of(api, document["request"], None)
    world.send(document, Sent(Kind.JOB, job_id))
    if cancelled_after is not None:
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(cancelled_after,))


def _hide(world: World, place: int, seconds: float) -> None:
    world.provider.hide(world.provider.jobs[place], seconds)


def _hide_new(world: World, seconds: float) -> None:
    for made in world.provider.jobs:
        if not made.hidden_until:
            world.provider.hide(made, seconds)


def _lose_and_hide(world: World, seconds: float, *, then: Callable[[], None] | None = None) -> None:
    """The answer to the first create call of each API is lost, and its job is not shown for so long."""
    lost: set[str] = set()

    def decide(boundary: Boundary) -> Fault | None:
        if not boundary.creates or boundary.name in lost:
            return None
        lost.add(boundary.name)
        world.clock.after(0, partial(_hide_new, world, seconds))
        if then is not None:
            world.clock.after(0, then)
        return Fault.LOST

    world.wire.decide = decide


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

    def decide(boundary: Boundary) -> Fault | None:
        is_stop = boundary.name in ("sagemaker:stop", DELETION)
        return Fault.REFUSED if is_stop and world.clock.now < begun + HOUR else None

    world.wire.decide = decide
    job_ids = [send_alternatives(world, api, number) for number, api in enumerate(NAMED)]
    for job_id in job_ids:
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(5 * HOUR,))
    yield from _ended(world, State.CANCELLED, Cause.CANCELLED)
    for made in world.provider.jobs:
        yield from wrong((made.stopped_at or 0) > begun + 4 * HOUR, "it was stopped while it ran")


def hidden_beyond_its_time(world: World) -> Iterator[Violation]:
    """A job is stopped at its limit, which takes five hours; for two minutes its provider does not know it."""
    world.provider.course = first(Course(seconds=90 * DAY, stop_seconds=5 * HOUR))
    _send(world, API)

    def watch() -> None:
        if world.provider.jobs and world.provider.jobs[0].stopped_at is not None:
            world.clock.after(2 * HOUR, partial(_hide, world, 0, 130))
        else:
            world.clock.after(60, watch)

    watch()
    yield from _ended(world, State.TIMED_OUT, Cause.TIMED_OUT)


def hidden_once_cancelled(world: World) -> Iterator[Violation]:
    """The same of a job with alternatives that was cancelled; later, its state is in no table for two hours."""
    world.provider.course = first(Course(seconds=10 * HOUR, pending=9 * HOUR, stop_seconds=4 * HOUR))
    job_id = send_alternatives(world, API)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(60.0,))
    world.clock.after(HOUR, partial(_hide, world, 0, 130))
    world.clock.after(1.5 * HOUR, lambda: _report(world, UNKNOWN))
    world.clock.after(3.5 * HOUR, lambda: _report(world, "Stopping"))
    yield from _ended(world, State.CANCELLED, Cause.CANCELLED)


def _report(world: World, native: str) -> None:
    world.provider.jobs[0].native = native


def hidden_as_created(world: World) -> Iterator[Violation]:
    """The answer to a create call is lost. The name is taken then, and nothing is found under it."""
    _lose_and_hide(world, 400)
    for api in NAMED:
        _send(world, api)
    yield from _ended(world, State.SUCCEEDED)


def cancelled_while_hidden(world: World) -> Iterator[Violation]:
    """The same of a job that is cancelled meanwhile: it is stopped once it is shown."""
    world.provider.course = first(Course(seconds=30 * HOUR, pending=60))
    _lose_and_hide(world, 400)
    for api in NAMED:
        _send(world, api, cancelled_after=30.0)
    yield from _ended(world, State.CANCELLED, Cause.CANCELLED)
    for made in world.provider.jobs:
        yield from wrong(made.stopped_at is not None, "it ran on at its provider")


def refused_while_hidden(world: World) -> Iterator[Violation]:
    """The same of a job with alternatives; create calls after the lost one are refused for want of quota."""

    def lack() -> None:
        world.provider.lacks = lambda api, call: asked(api, call) == 0

    world.provider.course = first(Course(seconds=3 * HOUR, pending=60))
    world.provider.is_full_first = True
    _lose_and_hide(world, 700, then=lack)
    send_alternatives(world, API)
    yield from _ended(world, State.SUCCEEDED)


def cancelled_before_it_is_shown(world: World) -> Iterator[Violation]:
    """A job is cancelled that its provider neither finds nor lists yet: nothing was deleted."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=100))
    world.provider.search_lag = 300
    _send(world, INFERENCE, cancelled_after=20.0)
    world.clock.after(15, partial(_hide, world, 0, 200))
    yield from _ended(world, State.CANCELLED, Cause.CANCELLED)
    yield from wrong(world.provider.jobs[0].stopped_at is not None, "it ran on at its provider")


def hidden_as_its_stop_begins(world: World) -> Iterator[Violation]:
    """A job that waits is to be stopped for its patience; then its provider neither finds nor lists it."""
    world.provider.course = pending(0)
    world.provider.search_lag = 400

    def pause(boundary: Boundary) -> None:
        if boundary.name.endswith("JOB:CANCELLING"):
            world.wire.pause = ignore
            _hide(world, 0, 200)

    world.wire.pause = pause
    send_alternatives(world, INFERENCE)
    yield from settled(world)
    yield from wrong(only_job(world).state is State.SUCCEEDED, f"it ended {only_job(world).reason}")


def crash_after_the_deletion(world: World) -> Iterator[Violation]:
    """The process dies when a job was deleted: it is gone for an hour before that counts."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=100))
    left = [Fault.CRASH_AFTER]
    world.wire.decide = lambda seen: left.pop() if left and seen.name == DELETION else None
    _send(world, INFERENCE, cancelled_after=600.0)
    yield from _ended(world, State.CANCELLED, Cause.CANCELLED)


def cancelled_without_lists(world: World) -> Iterator[Violation]:
    """Nobody may list jobs, so nothing proves that a job was deleted: it ends when its time is over."""
    world.provider.course = first(Course(seconds=10 * HOUR, pending=60))
    world.provider.denied_until = float("inf")
    _send(world, INFERENCE, cancelled_after=600.0)
    world.clock.run(world.clock.now + 3.2 * DAY)
    for made in world.provider.jobs:
        made.is_gone = True  # the ledger cannot know how it ended
    yield from _ended(world, State.FAILED, Cause.UNKNOWN)


def begins_as_it_is_deleted(world: World) -> Iterator[Violation]:
    """A job begins to run between the look-up and its deletion, so what it has cost is not known."""
    world.money.prices = budgets.PRICES
    world.deploy()
    world.provider.course = lambda job: replace(pending(0)(job), stop_seconds=2 * HOUR)

    def pause(boundary: Boundary) -> None:
        if boundary.name == DELETION:
            world.wire.pause = ignore
            made = world.provider.jobs[0]
            made.native, made.begun_at = "RUNNING", world.clock.now

    world.wire.pause = pause
    usage = {"inputTokens": 1000, "outputTokens": 1000}
    send_alternatives(world, INFERENCE, usage=usage, maxCost=0.6)
    yield from settled(world)
    yield from wrong(len(world.provider.jobs) == 1, "another attempt may cost more than maxCost")


def between_states_for_long(world: World) -> Iterator[Violation]:
    """A job with a patience of a day is between two states until its limit: it is stopped in time."""
    world.provider.course = first(Course(seconds=90 * DAY, pending=89 * DAY))
    document = document_of(INFERENCE, 1, alternatives=alternatives(INFERENCE), patience="23h")
    world.send(document, Sent(Kind.JOB, job_id_of(INFERENCE, document["request"], None)))
    world.clock.after(139, lambda: _report(world, "WRITING_RESULTS"))
    yield from settled(world)
    begun, stopped = world.provider.jobs[0].created_at, world.provider.jobs[0].stopped_at or 0
    yield from wrong(stopped < begun + 4 * DAY + HOUR, f"it was stopped after {(stopped - begun) / DAY} days")


CASES = (
    crash_before_the_stop,
    refused_until_it_runs,
    hidden_beyond_its_time,
    hidden_once_cancelled,
    hidden_as_created,
    cancelled_while_hidden,
    refused_while_hidden,
    cancelled_before_it_is_shown,
    hidden_as_its_stop_begins,
    crash_after_the_deletion,
    cancelled_without_lists,
    begins_as_it_is_deleted,
    between_states_for_long,
)
PACES: Mapping[str, Mapping[str, int]] = {cancelled_without_lists.__name__: {"allowance": int(HOUR)}}
