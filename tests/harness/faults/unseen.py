"""Cases of jobs that their providers do not show for a while."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from functools import partial

from jobchute.job import Api, State, job_id_of
from jobchute.outcomes import Cause
from tests.fakes.provider import UNKNOWN, Course
from tests.fakes.wire import Boundary, Fault, ignore
from tests.harness.faults import budgets
from tests.harness.faults.alternatives import pending, send_alternatives
from tests.harness.faults.cases import HOUR, send_job, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.retries import API, only_job
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.stops import DAY, first
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World
from tests.scarcity import alternatives

INFERENCE = Api.FIREWORKS_INFERENCE_JOB
DELETION = "fireworks-inference:delete"


def all_ended(world: World, state: State, cause: Cause | None = None) -> Iterator[Violation]:
    """Each job has ended so, at its provider too, with one attempt."""
    yield from settled(world)
    rows = world.rows.jobs().values()
    for job in rows:
        yield from wrong((job.state, job.cause) == (state, cause), f"{job.api} {job.state}: {job.reason}")
    made = len(world.provider.jobs)
    yield from wrong(made == len(rows), f"{made} attempts of {len(rows)} jobs were made")


def send_one(world: World, api: Api, *, cancelled_after: float | None = None) -> None:
    job_id = send_job(world, api)
    if cancelled_after is not None:
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(cancelled_after,))


def _hide(world: World, place: int, seconds: float) -> None:
    world.provider.hide(world.provider.jobs[place], seconds)


def hidden_beyond_its_time(world: World) -> Iterator[Violation]:
    """A job is stopped at its limit, which takes five hours; for two minutes its provider does not know it."""
    world.provider.course = first(Course(seconds=90 * DAY, stop_seconds=5 * HOUR))
    send_one(world, API)

    def watch() -> None:
        if world.provider.jobs and world.provider.jobs[0].stopped_at is not None:
            world.clock.after(2 * HOUR, partial(_hide, world, 0, 130))
        else:
            world.clock.after(60, watch)

    watch()
    yield from all_ended(world, State.TIMED_OUT, Cause.TIMED_OUT)


def hidden_once_cancelled(world: World) -> Iterator[Violation]:
    """The same of a job with alternatives that was cancelled; later, its state is in no table for two hours."""
    world.provider.course = first(Course(seconds=10 * HOUR, pending=9 * HOUR, stop_seconds=4 * HOUR))
    job_id = send_alternatives(world, API)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(60.0,))
    world.clock.after(HOUR, partial(_hide, world, 0, 130))
    world.clock.after(1.5 * HOUR, lambda: _report(world, UNKNOWN))
    world.clock.after(3.5 * HOUR, lambda: _report(world, "Stopping"))
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)


def _report(world: World, native: str) -> None:
    world.provider.jobs[0].native = native


def cancelled_before_it_is_shown(world: World) -> Iterator[Violation]:
    """A job is cancelled that its provider neither finds nor lists yet: nothing was deleted."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=100))
    world.provider.search_lag = 300
    send_one(world, INFERENCE, cancelled_after=20.0)
    world.clock.after(15, partial(_hide, world, 0, 200))
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)
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
    send_one(world, INFERENCE, cancelled_after=600.0)
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)


def cancelled_without_lists(world: World) -> Iterator[Violation]:
    """List calls are refused, so nothing proves that a job was deleted: it ends when its time is over."""
    world.provider.course = first(Course(seconds=10 * HOUR, pending=60))
    world.provider.denied_until = float("inf")
    send_one(world, INFERENCE, cancelled_after=600.0)
    world.clock.run(world.clock.now + 3.2 * DAY)
    for made in world.provider.jobs:
        made.is_gone = True  # the ledger cannot know how it ended
    yield from all_ended(world, State.FAILED, Cause.UNKNOWN)


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


def hidden_twice(world: World) -> Iterator[Violation]:
    """A job that is being stopped is not found for a moment, and again after an hour in which look-ups fail."""
    world.provider.course = first(Course(seconds=90 * DAY, stop_seconds=40 * HOUR))
    failing: list[bool] = []

    def watch() -> None:
        made = world.provider.jobs[0] if world.provider.jobs else None
        if made is None or made.stopped_at is None:
            world.clock.after(60, watch)
            return
        for delay in (3000, 6860):
            world.clock.after(delay, partial(_hide, world, 0, 150))
        world.clock.after(3160, partial(failing.append, True))
        world.clock.after(6860, failing.clear)

    def decide(boundary: Boundary) -> Fault | None:
        return Fault.LOST if failing and boundary.name == "sagemaker:describe" else None

    world.wire.decide = decide
    send_one(world, API)
    watch()
    yield from all_ended(world, State.TIMED_OUT, Cause.TIMED_OUT)


def unknown_then_hidden(world: World) -> Iterator[Violation]:
    """A job is in an unknown state for hours, so no deletion is requested; then Fireworks hides it."""
    world.provider.course = first(Course(seconds=8 * HOUR, pending=7 * HOUR))
    send_one(world, INFERENCE, cancelled_after=600.0)
    world.clock.after(590, partial(_report, world, UNKNOWN))
    world.clock.after(2 * HOUR, partial(_hide_from_all, world))
    world.clock.after(2 * HOUR + 450, partial(_report, world, "PENDING"))
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)
    yield from wrong(world.provider.jobs[0].stopped_at is not None, "it ran on at its provider")


def _hide_from_all(world: World) -> None:
    _hide(world, 0, 400)
    world.provider.search_lag = 3 * HOUR


def deletion_is_lost(world: World) -> Iterator[Violation]:
    """The answer to a deletion is lost: ten minutes without the job are enough."""
    world.provider.course = first(Course(seconds=5 * HOUR, pending=100))
    left = [Fault.LOST]
    world.wire.decide = lambda seen: left.pop() if left and seen.name == DELETION else None
    send_one(world, INFERENCE, cancelled_after=600.0)
    begun = world.clock.now
    yield from all_ended(world, State.CANCELLED, Cause.CANCELLED)
    lasted = datetime.fromisoformat(only_job(world).updated_at).timestamp() - begun - 600
    yield from wrong(lasted < HOUR / 3, f"it took {lasted:.0f} s")


CASES = (
    hidden_beyond_its_time,
    hidden_once_cancelled,
    cancelled_before_it_is_shown,
    hidden_as_its_stop_begins,
    crash_after_the_deletion,
    cancelled_without_lists,
    begins_as_it_is_deleted,
    between_states_for_long,
    hidden_twice,
    unknown_then_hidden,
    deletion_is_lost,
)
PACES: Mapping[str, Mapping[str, int]] = {cancelled_without_lists.__name__: {"allowance": int(HOUR)}}
