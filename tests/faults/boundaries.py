"""A fault at every I/O call of a job's life, and at every pair of them, for each of the five APIs."""

from collections.abc import Callable, Iterator, Mapping
from itertools import product
from random import Random

from jobchute.job import Api, job_id_of
from tests.fakes.wire import Fault
from tests.faults.documents import document_of
from tests.faults.result import Plan, Result, result_of
from tests.faults.sent import Kind, Sent
from tests.faults.world import World

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
    world.event_delays = list
    world.send(document, Sent(Kind.JOB, job_id))
    world.clock.after(100, lambda: world.states.abort(job_id))


STORIES: Mapping[str, Story] = {story.__name__: story for story in (uploaded, once, cancelled, unobserved)}


def run(api: Api, story: str, plan: Plan) -> Result:
    world = World()
    world.wire.decide = plan.decide
    STORIES[story](world, api)
    return result_of(f"calls:{api.name}:{story}:{plan}", world)


def replay(name: str) -> Result:
    _, api, story, plan = name.split(":")
    return run(Api[api], story, Plan.of(plan))


def singles(api: Api, story: str, *, stride: int = 1) -> Iterator[Result]:
    """Every kind of fault at every call; or one of so many."""
    calls = len(run(api, story, Plan()).calls)
    for place, fault in list(product(range(calls), SINGLE))[::stride]:
        yield run(api, story, Plan({place: fault}))


def pairs(api: Api, story: str) -> Iterator[Result]:
    """Every crash and lost answer, together with every later one of the run that follows from it."""
    for place in range(len(run(api, story, Plan()).calls)):
        for fault in PAIRED:
            calls = len(run(api, story, Plan({place: fault})).calls)
            for later in range(place + 1, calls):
                for second in PAIRED:
                    yield run(api, story, Plan({place: fault, later: second}))


def some_pairs(api: Api, story: str, count: int) -> Iterator[Result]:
    """So many of them, by chance, but the same ones each time."""
    chance = Random(f"{api} {story}")
    calls = len(run(api, story, Plan()).calls)
    for _ in range(count):
        first = {chance.randrange(calls): chance.choice(PAIRED)}
        later = range(max(first) + 1, len(run(api, story, Plan(first)).calls))
        if later:
            yield run(api, story, Plan({**first, chance.choice(later): chance.choice(PAIRED)}))
