"""A fault at every I/O call of a job's life, and at every pair of boundaries, for each API."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from random import Random

from jobchute.job import Api, State, job_id_for_key, job_id_of
from tests.fakes.wire import Fault
from tests.harness.faults import alternatives, budgets, changes, retries
from tests.harness.faults.counted import upload_lines
from tests.harness.faults.documents import document_of, invalid
from tests.harness.faults.result import Plan, Result, result_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.table import OF_NO_JOB
from tests.harness.faults.violation import Violation, short
from tests.harness.faults.world import World

SINGLE = tuple(Fault)
PAIRED = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST)

Story = Callable[[World, Api], None]


def uploaded(world: World, api: Api) -> None:
    """A file with a label, of which S3 tells twice, and which is sent to the queue too."""
    document = document_of(api, 1, labels={"team": "growth"})
    job_id = job_id_of(api, document["request"], None)
    world.upload("requests/a.json", document, Sent(Kind.JOB, job_id), delays=(0, 40))
    world.send(document, Sent(Kind.JOB, job_id), delays=(20,))


def once(world: World, api: Api) -> None:
    """One message with a label, which comes again only if it is given back."""
    document = document_of(api, 1, labels={"team": "growth"})
    world.send(document, Sent(Kind.JOB, job_id_of(api, document["request"], None)))


def cancelled(world: World, api: Api) -> None:
    """Cancelled twice while it runs."""
    document = document_of(api, 1)
    job_id = job_id_of(api, document["request"], None)
    world.send(document, Sent(Kind.JOB, job_id))
    for delay in (200, 400):
        world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(delay,))


def unobserved(world: World, api: Api) -> None:
    """All events are dropped, and the execution is aborted by hand."""
    document = document_of(api, 1)
    job_id = job_id_of(api, document["request"], None)
    world.provider_events.delays = list
    world.send(document, Sent(Kind.JOB, job_id))
    world.clock.after(100, lambda: world.states.abort(job_id))


def refused(world: World, api: Api) -> None:
    """The provider has no quota at first: the job waits again, its pool is cut, and people are told."""
    world.provider.quota = 0
    world.clock.after(90, lambda: setattr(world.provider, "quota", None))
    once(world, api)


def awaited(world: World, api: Api) -> None:
    """A job waits for a name that comes later, and for a job that is there. No other job is in its pool."""
    apis = (api, Api.BRAKET_JOB, api)
    for number, name in enumerate(("there", "waiting", "late")):
        after = {"after": ["there", "late"]} if name == "waiting" else {}
        document = document_of(apis[number], number, idempotencyKey=name, **after)
        world.send(document, Sent(Kind.JOB, job_id_for_key(name)), delays=(4.0 * number,))


def filed(world: World, api: Api) -> None:
    """A file of three documents, whose jobs are counted: a job, a rejection, and a cancellation of nothing."""
    document = document_of(api, 1)
    upload_lines(
        world,
        [
            (document, Sent(Kind.JOB, job_id_of(api, document["request"], None))),
            (invalid(2), Sent(Kind.INVALID)),
            ({"cancel": "nobody"}, Sent(Kind.MISTYPED)),
        ],
        key="requests/few.jsonl",
    )


OF_TRAINING = (*budgets.STORIES, *retries.STORIES, *alternatives.STORIES, *changes.STORIES)
STORIES: Mapping[str, Story] = {
    story.__name__: story
    for story in (
        uploaded,
        once,
        cancelled,
        unobserved,
        refused,
        awaited,
        filed,
        *OF_TRAINING,
    )
}
WORLDS = {
    **dict.fromkeys((story.__name__ for story in budgets.STORIES), budgets.world_of_story),
    **retries.WORLDS,
}
"""Of stories that need a world of their own."""
OF_ONE_API = {
    awaited.__name__: Api.FIREWORKS_JOB,
    filed.__name__: Api.PROCESSING_JOB,
    **dict.fromkeys(WORLDS, budgets.API),
    **dict.fromkeys((each.__name__ for each in (*retries.STORIES, *alternatives.STORIES)), retries.API),
    **dict.fromkeys((each.__name__ for each in changes.STORIES), changes.API),
}
"""What is special about these happens beside the provider: they are the same for each API."""


def apis_of(story: str) -> tuple[Api, ...]:
    """For which a story is run."""
    return (OF_ONE_API[story],) if story in OF_ONE_API else tuple(Api)


def run(api: Api, story: str, plan: Plan) -> Result:
    world = WORLDS.get(story, World)()
    world.wire.decide = plan.decide
    STORIES[story](world, api)
    result = result_of(f"calls:{api.name}:{story}:{plan}", world)
    found = list(_kept_waiting(world)) if story == awaited.__name__ else []
    return result._replace(violations=result.violations + found)


def _kept_waiting(world: World) -> Iterator[Violation]:
    """Jobs that were never submitted, though nothing of theirs failed for long."""
    for job in world.rows.jobs().values():
        if job.state is not State.SUCCEEDED:
            yield Violation("stuck", short(job.job_id), f"it ended {job.state}: {job.reason}")


def replay(name: str) -> Result:
    _, api, story, plan = name.split(":")
    return run(Api[api], story, Plan.of(plan))


def singles(api: Api, story: str, *, stride: int = 1) -> Iterator[Result]:
    """Every kind of fault at every call; or one of so many."""
    calls = run(api, story, Plan()).calls
    places = [place for place, name in enumerate(calls) if not name.endswith(OF_NO_JOB)]
    for place, fault in list(product(places, SINGLE))[::stride]:
        yield run(api, story, Plan({place: fault}))


def pairs(api: Api, story: str) -> Iterator[Result]:
    """Every crash and lost answer at every boundary, with every one at each that the run comes to after it.

    A boundary is where calls of one name are made, and the first of them stands for it.
    """
    for place in _boundaries(run(api, story, Plan()).calls):
        for fault in PAIRED:
            calls = run(api, story, Plan({place: fault})).calls
            for later in _boundaries(calls, start=place + 1):
                for second in PAIRED:
                    yield run(api, story, Plan({place: fault, later: second}))


def _boundaries(calls: Sequence[str], *, start: int = 0) -> list[int]:
    """The place of the first call of each name, from a place on."""
    first: dict[str, int] = {}
    for place, name in enumerate(calls[start:], start):
        if not name.endswith(OF_NO_JOB):
            first.setdefault(name, place)
    return list(first.values())


def some_pairs(api: Api, story: str, count: int) -> Iterator[Result]:
    """So many of them, by chance, but the same ones each time."""
    chance = Random(f"{api} {story}")
    calls = len(run(api, story, Plan()).calls)
    for _ in range(count):
        first = {chance.randrange(calls): chance.choice(PAIRED)}
        later = range(max(first) + 1, len(run(api, story, Plan(first)).calls))
        if later:
            yield run(api, story, Plan({**first, chance.choice(later): chance.choice(PAIRED)}))
