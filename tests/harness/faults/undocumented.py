"""Cases for answers that no documentation tells, of Fireworks' batch inference and of Braket: all are safe."""

from collections.abc import Iterator
from functools import partial, update_wrapper
from itertools import count

from jobchute.job import Api, State, job_id_of
from tests.fakes.fireworks import TAKEN
from tests.fakes.wire import Fault
from tests.harness.faults.cases import Case, ended, settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

API = Api.FIREWORKS_INFERENCE_JOB
TOKENS = {"token forgotten": (-1.0, 0.0), "token kept": (float("inf"), 1e9)}
"""How long Braket remembers a token, and how long its searches lag."""


def refused_deletion(world: World) -> Iterator[Violation]:
    """No job that runs is deleted: one that is cancelled goes on, and ends as its provider says."""
    world.provider.refuses_deletion = True
    job_id = _sent(world, Kind.JOB)
    world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=(400.0,))
    yield from settled(world)
    yield from ended(world, State.SUCCEEDED)


def lost_and_taken(world: World, answer: str) -> Iterator[Violation]:
    """The function dies at the answer to each create call, which finds its own id taken if it is repeated."""
    world.provider.taken = answer
    world.wire.decide = lambda boundary: Fault.CRASH_AFTER if boundary.creates else None
    _sent(world, Kind.JOB)
    yield from settled(world)
    yield from ended(world)
    yield from wrong(len(world.provider.jobs) == 1, "not one provider job")


def foreign_and_taken(world: World, answer: str) -> Iterator[Violation]:
    """A job that is not ours has the id: it is never adopted, and ours fails."""
    world.provider.taken = answer
    request = document_of(API, 1)["request"]
    theirs = {**request, "displayName": "theirs"}
    world.provider.create(API, job_id_of(API, request, None)[:43], theirs, owner=None)
    _sent(world, Kind.FOREIGN_NAME)
    yield from settled(world)
    for job in world.rows.jobs().values():
        yield from wrong(job.state is State.FAILED, f"it is {job.state}: {job.reason}")


def lost_task(world: World, answer: str) -> Iterator[Violation]:
    """The function dies at the answer to the first create call of a quantum task: it is found by its tags where
    its token is forgotten, and by its token where no search tells of it.
    """
    world.provider.token_lifetime, world.provider.search_lag = TOKENS[answer]
    calls = count()
    world.wire.decide = lambda boundary: Fault.CRASH_AFTER if boundary.creates and next(calls) == 0 else None
    _sent(world, Kind.JOB, Api.QUANTUM_TASK)
    yield from settled(world)
    yield from ended(world)
    yield from wrong(len(world.provider.jobs) == 1, "not one provider job")


def _sent(world: World, kind: Kind, api: Api = API) -> str:
    document = document_of(api, 1)
    job_id = job_id_of(api, document["request"], None)
    world.send(document, Sent(kind, job_id))
    return job_id


def _answered(case: Case, answer: str) -> Case:
    named = update_wrapper(partial(case, answer=answer), case)  # type: ignore[call-arg]
    named.__name__ = f"{case.__name__}_{answer.replace(' ', '_')}"
    return named


CASES: tuple[Case, ...] = (
    refused_deletion,
    *(_answered(case, answer) for case in (lost_and_taken, foreign_and_taken) for answer in TAKEN),  # type: ignore[arg-type]
    *(_answered(lost_task, answer) for answer in TOKENS),  # type: ignore[arg-type]
)
