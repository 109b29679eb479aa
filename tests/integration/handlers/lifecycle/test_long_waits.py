"""A job that its provider keeps waiting is not stopped by its run time limit, and keeps its execution."""

import copy
import json
from typing import Any

import pytest

from jobchute.job import Api, State
from jobchute.providers.spec import DAY
from tests.apis import REQUESTS
from tests.integration.handlers.world import World, provider_calls

pytestmark = pytest.mark.slow

HOUR = 3600


def limited(api: Api, member: str, limit: dict[str, int]) -> dict[str, Any]:
    """The sample with a limit of its run time."""
    return {**copy.deepcopy(REQUESTS[api]), member: limit}


TRAINING = limited(Api.TRAINING_JOB, "StoppingCondition", {"MaxRuntimeInSeconds": 2 * HOUR})
BRAKET = limited(Api.BRAKET_JOB, "stoppingCondition", {"maxRuntimeInSeconds": HOUR})


def wait_there(world: World, job_id: str, *, hours: int, every: int = 1) -> None:
    """The provider keeps the job waiting for so many hours, while the schedule goes on."""
    world.dispatch(job_id)
    for _ in range(hours // every):
        world.sweep(after=every * HOUR)


@pytest.mark.parametrize(
    ("api", "request_", "hours", "native"),
    [
        (Api.TRAINING_JOB, TRAINING, 30, ("InProgress", "Pending")),
        (Api.BRAKET_JOB, BRAKET, 26, ("QUEUED", "QUEUED_FOR_EXECUTION")),
    ],
    ids=["of a training plan", "of a QPU"],
)
def test_waiting_is_not_running(
    world: World, api: Api, request_: Any, hours: int, native: tuple[str, str]
) -> None:
    job_id = world.submit(api, simulate="pending", request=request_)
    wait_there(world, job_id, hours=hours)
    job = world.job(job_id)
    assert (job.state, job.stop_cause) == (State.SUBMITTED, None)
    (there,) = world.there(api)
    assert (there["status"], there["detail"]) == native
    assert job.time_limit <= 2 * HOUR
    assert {name for name in provider_calls(world) if "Stop" in name or "Cancel" in name} == set()


def test_a_job_pending_for_20_days_has_its_execution(world: World) -> None:
    """moto runs no executions: the time-out of the task that waits is in the execution's input."""
    job_id = world.submit(Api.TRAINING_JOB, simulate="pending", request=TRAINING)
    wait_there(world, job_id, hours=20 * 24, every=24)
    assert world.job(job_id).state is State.SUBMITTED
    machine = world.aws["stepfunctions"]
    (found,) = machine.list_executions(stateMachineArn=world.machine)["executions"]
    given = json.loads(machine.describe_execution(executionArn=found["executionArn"])["input"])
    assert given["timeoutSeconds"] > 20 * DAY + 2 * HOUR
