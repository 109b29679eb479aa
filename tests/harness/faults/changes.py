"""Jobs whose priority and labels change while they wait: a story, meetings of two calls, and cases."""

from collections.abc import Iterator, Mapping
from typing import Any

from jobchute.job import Api, State, job_id_for_key, job_id_of
from jobchute.providers.pool_defaults import pool_rules
from tests.fakes.provider import Course
from tests.fakes.queues import Letter
from tests.harness.faults.acts import Act, delivery_of
from tests.harness.faults.cases import ended, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.provider_events import event_of
from tests.harness.faults.queues import ONE
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Rows, Violation, short
from tests.harness.faults.world import World

API = Api.TRAINING_JOB
SECONDS = 60.0
"""How long a job runs."""


def ids(count: int) -> list[str]:
    return [job_id_of(API, document_of(API, number)["request"], None) for number in range(count)]


def send_many(world: World, count: int) -> list[str]:
    """Into a pool of one."""
    world.rules = pool_rules(ONE)
    world.provider.course = lambda job: Course(seconds=SECONDS)  # noqa: ARG005
    for number, job_id in enumerate(ids(count)):
        world.send(document_of(API, number), Sent(Kind.JOB, job_id), delays=(float(number),))
    return ids(count)


def change_of(job_id: str, priority: int = 9, **labels: str) -> dict[str, Any]:
    return {"set": job_id, "priority": priority, **({"labels": labels} if labels else {})}


# What must hold of every run.


def places(old: Mapping[str, Any], new: Mapping[str, Any], about: str) -> Iterator[Violation]:
    """Of a job's row as it is stored: a place in a queue is that of the row's priority. old: the row before."""
    if ("place" in new) != ("waiting" in new):
        yield Violation("wrong", about, "it has a place in no queue, or no place in one")
    if "place" in new and new["place"]["S"][0] != str(9 - int(new["priority"]["N"])):
        yield Violation("wrong", about, f"at {new['place']['S'][:2]}, with priority {new['priority']['N']}")
    if new["priority"] != old["priority"] and old.get("createAt", {"N": "0"})["N"] != "0":
        yield Violation("wrong", about, "its priority has changed after its turn had come")


def answered(rows: Rows, sent: Sent, answer: Mapping[str, Any]) -> Iterator[Violation]:
    """An answer to a change says so if, and only if, the job's row has it."""
    job = rows.get(answer.get("jobId", ""))
    documents = [] if job is None else [entry["document"] for entry in job.changes]
    is_applied = not {*sent.references}.isdisjoint(documents)
    if is_applied != bool(answer.get("changed")):
        yield Violation(
            "wrong", short(sent.job_id), f"answered {answer.get('changed')}, its row has {documents}"
        )


# A story, which is run with a fault at every call.


def reprioritized(world: World, api: Api) -> None:
    """Three jobs of a pool of one. The last one comes first by a change, which comes twice, and is changed back
    before its turn: the change that comes again later does nothing.
    """
    *_, last = send_many(world, 3)
    world.send(change_of(last, note="a"), Sent(Kind.SET, last), delays=(10.0, 30.0))
    world.send(change_of(last, 1), Sent(Kind.SET, last), delays=(20.0,))


STORIES = (reprioritized,)


# Meetings of two calls.


def _waits(world: World, *, count: int = 3) -> str:
    """Of so many jobs, the first one is in flight, and no event has told of its end; the last one."""
    world.provider_events.delays = list
    *_, last = send_many(world, count)
    world.clock.run(world.clock.now + 5)
    world.schedule.is_on = False
    world.clock.run(world.clock.now + SECONDS + 20)
    world.schedule.is_on = True
    return last


def change_and_admission(world: World, api: Api) -> tuple[Act, Act]:
    """The end of the job in flight admits the one that is changed."""
    last = _waits(world, count=2)
    event = Letter("event-1", event_of(world.provider.jobs[0]) or "", world.clock.now)
    change = delivery_of(world, 1, change_of(last), Sent(Kind.SET, last))
    return change, lambda: world.events.take(event)


def change_and_cancel(world: World, api: Api) -> tuple[Act, Act]:
    last = _waits(world)
    change = delivery_of(world, 1, change_of(last), Sent(Kind.SET, last))
    return change, delivery_of(world, 2, {"cancel": last}, Sent(Kind.CANCEL, last))


def two_changes(world: World, api: Api) -> tuple[Act, Act]:
    last = _waits(world)
    first = delivery_of(world, 1, change_of(last, 9), Sent(Kind.SET, last))
    return first, delivery_of(world, 2, change_of(last, 2, note="b"), Sent(Kind.SET, last))


MEETINGS = (change_and_admission, change_and_cancel, two_changes)
PREEMPTIONS = {meeting.__name__: 2 for meeting in MEETINGS}


# Cases.


def created(world: World) -> list[str | None]:
    return [made.owner for made in sorted(world.provider.jobs, key=lambda made: made.created_at)]


def last_comes_first(world: World) -> Iterator[Violation]:
    """The index shows the change late."""
    first, second, third, last = send_many(world, 4)
    world.clock.run(world.clock.now + 10)
    world.is_lagging = lambda: world.random.random() < 0.5
    world.send(change_of(last, note="a"), Sent(Kind.SET, last))
    world.clock.run(world.clock.now + 5)
    world.is_lagging = lambda: False
    world.rows.catch_up()
    yield from settled(world)
    yield from ended(world)
    yield from wrong(created(world) == [first, last, second, third], "the last one did not come first")
    labelled = world.rows.jobs()[last].labels.get("note")
    yield from wrong(labelled == "a", f"its label is {labelled}")


def change_comes_again(world: World) -> Iterator[Violation]:
    """A change is delivered again after a later one: the later one stays."""
    *_, last = send_many(world, 4)
    world.send(change_of(last, 9), Sent(Kind.SET, last), delays=(10.0, 30.0))
    world.send(change_of(last, 1), Sent(Kind.SET, last), delays=(20.0,))
    yield from settled(world)
    yield from ended(world)
    yield from wrong(created(world)[-1] == last, "a change that came again overrode a later one")


def entered_meanwhile(world: World) -> Iterator[Violation]:
    """A job waits for another one. A change of its priority comes between the read of its row and the write by
    which it enters its queue.
    """
    world.rules = pool_rules(ONE)
    for number, name in enumerate(("first", "second")):
        after = {"after": ["first"]} if number else {}
        document = document_of(API, number, idempotencyKey=name, **after)
        world.send(document, Sent(Kind.JOB, job_id_for_key(name)), delays=(3.0 * number,))
    second = job_id_for_key("second")
    left = [second]

    def change_in_between(boundary: Any) -> None:
        if left and "update_item/JOB" in boundary.name and "place" in boundary.name:
            left.clear()
            delivery_of(world, 1, change_of(second), Sent(Kind.SET, second))()

    world.wire.pause = change_in_between
    yield from settled(world)
    yield from ended(world)
    yield from wrong(not left, "the job did not enter a queue")
    job = world.rows.jobs()[second]
    yield from wrong(job.priority == 9, f"its priority is {job.priority}")


def told_change(world: World) -> Iterator[Violation]:
    """The job's own status document shows it, although it is no move."""
    *_, last = send_many(world, 2)
    world.clock.run(world.clock.now + 10)
    world.send(change_of(last, 9), Sent(Kind.SET, last))
    world.clock.run(world.clock.now + 20)
    told = world.s3.status(world.rows.jobs()[last].source.status_key) or {}
    yield from wrong(told.get("priority") == 9, f"told is {told.get('priority')}")
    yield from settled(world)
    yield from ended(world)


def refused_job_comes_first(world: World) -> Iterator[Violation]:
    """The provider has refused it before, so it waits in SUBMITTING."""
    world.provider.quota = 0
    first, last = send_many(world, 2)
    world.clock.run(world.clock.now + 20)
    waiting = [
        job.job_id for job in world.rows.jobs().values() if job.waiting and job.state is State.SUBMITTING
    ]
    for job_id in waiting:
        world.send(change_of(job_id, 9), Sent(Kind.SET, job_id))
    world.clock.after(90, lambda: setattr(world.provider, "quota", None))
    yield from settled(world)
    yield from ended(world)
    yield from wrong(bool(waiting), f"neither {first} nor {last} was refused")
    changed = {job.job_id for job in world.rows.jobs().values() if job.priority == 9}
    yield from wrong(changed == {*waiting}, f"{len(changed)} jobs have another priority")


CASES = (last_comes_first, change_comes_again, entered_meanwhile, told_change, refused_job_comes_first)
