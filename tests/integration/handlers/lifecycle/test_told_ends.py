"""Causes and facts of ends on their way: from the provider into the row, the status document and the event."""

import io
import json
from typing import Any

import pytest
import urllib3

from jobchute import metrics
from jobchute.job import Api, State, job_id_for_key
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import Observation
from tests.apis import REQUESTS
from tests.integration.handlers.world import LEASE, RUN, World, keyed

pytestmark = pytest.mark.sampled

CAUSES = {
    "fail": Cause.CODE,
    "stop": Cause.CANCELLED,
    "timeout": Cause.TIMED_OUT,
    "capacity": Cause.CAPACITY,
    "interrupted": Cause.INTERRUPTED,
    "internal": Cause.INTERNAL,
    "throttled": Cause.THROTTLED,
    "code": Cause.CODE,
    "input": Cause.INPUT,
    "permission": Cause.PERMISSION,
    "unknown": Cause.UNKNOWN,
}
NO_SPOT = (
    *(Api.BEDROCK_JOB, Api.CUSTOMIZATION_JOB, Api.BRAKET_JOB, Api.QUANTUM_TASK),
    *(Api.PROCESSING_JOB, Api.TRANSFORM_JOB),
)
OTHERWISE = {
    (Api.BEDROCK_JOB, "fail"): Cause.INPUT,
    (Api.BEDROCK_JOB, "timeout"): Cause.CAPACITY,
    (Api.BEDROCK_JOB, "code"): Cause.UNKNOWN,
    (Api.CUSTOMIZATION_JOB, "fail"): Cause.INPUT,
    (Api.CUSTOMIZATION_JOB, "timeout"): Cause.INPUT,
    (Api.CUSTOMIZATION_JOB, "code"): Cause.UNKNOWN,
    **{(api, "interrupted"): Cause.CAPACITY for api in NO_SPOT},
    **{(Api.FIREWORKS_JOB, how): Cause.UNKNOWN for how in CAUSES if how != "stop"},
    **{(Api.TUNING_JOB, how): Cause.UNKNOWN for how in CAUSES if how not in ("stop", "timeout", "internal")},
    **{(Api.QUANTUM_TASK, how): Cause.UNKNOWN for how in ("fail", "timeout", "code")},
    # It has no time limit of its own, so the simulator lets it fail.
    (Api.TRANSFORM_JOB, "timeout"): Cause.CODE,
    (Api.FIREWORKS_INFERENCE_JOB, "fail"): Cause.INPUT,
    (Api.FIREWORKS_INFERENCE_JOB, "interrupted"): Cause.CAPACITY,
    (Api.FIREWORKS_INFERENCE_JOB, "throttled"): Cause.CAPACITY,
    (Api.FIREWORKS_INFERENCE_JOB, "code"): Cause.UNKNOWN,
}


def ended(world: World, api: Api, simulate: str) -> str:
    job_id = world.submit(api, simulate=simulate)
    world.dispatch(job_id)
    for _ in range(5):
        world.sweep(after=RUN)
    return job_id


def told(world: World, job_id: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Its status document, and the last event."""
    assert world.announce() == []
    events = [event["detail"] for event in world.heard() if event["detail"]["jobId"] == job_id]
    last = max(events, key=lambda detail: int(detail["id"].partition(":")[2]))
    return world.status(world.job(job_id).source.status_key), last


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize("how", CAUSES)
def test_an_end_has_its_cause_wherever_it_is_shown(world: World, api: Api, how: str) -> None:
    job_id = ended(world, api, how)
    cause = OTHERWISE.get((api, how), CAUSES[how])
    status, event = told(world, job_id)
    job = world.job(job_id)
    assert job.state.is_final
    assert (job.cause, status["cause"], event["cause"]) == (cause, cause, cause)
    assert status["result"] == event["result"] == job.result


def test_an_end_is_counted_by_its_cause(world: World, log: io.StringIO) -> None:
    job_id = ended(world, Api.TRAINING_JOB, "capacity")
    ended(world, Api.BRAKET_JOB, "succeed")
    log.truncate(log.seek(0))
    assert world.announce() == []
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    (line,) = [line for line in lines if metrics.UNSUCCESSFUL in line]
    assert (line["job_id"], line["cause"], line[metrics.UNSUCCESSFUL]) == (job_id, "CAPACITY", 1)
    (directive,) = line["_aws"]["CloudWatchMetrics"]
    assert directive["Dimensions"] == [["function_name", "cause"]]


@pytest.mark.parametrize("api", Api)
def test_a_success_has_no_cause_and_a_result(world: World, api: Api) -> None:
    job_id = ended(world, api, "succeed")
    status, event = told(world, job_id)
    assert (status["state"], "cause" in status, "cause" in event) == ("SUCCEEDED", False, False)
    facts = status["result"]
    assert facts["version"] == 1
    assert facts["queuedAt"] <= facts["endedAt"]
    assert "truncated" not in facts


def test_an_open_job_has_neither(world: World) -> None:
    job_id = ended(world, Api.TRAINING_JOB, "capacity")
    assert world.announce() == []
    for event in world.heard():
        is_end = State(event["detail"]["state"]).is_final
        assert ("cause" in event["detail"], "result" in event["detail"]) == (is_end, is_end)
    world.parts.reteller.retell_by_id(job_id)
    assert world.announce() == []
    repeated = world.heard()
    assert len(repeated) == len(world.job(job_id).history)
    for event in repeated:
        is_end = State(event["detail"]["state"]).is_final
        assert ("cause" in event["detail"], "result" in event["detail"]) == (is_end, is_end)


@pytest.mark.parametrize(
    ("how", "cause"), [("throttle", "THROTTLED"), ("quota", "CAPACITY"), ("unavailable", "INTERNAL")]
)
def test_a_job_that_was_refused_until_its_time_was_over(world: World, how: str, cause: str) -> None:
    urllib3.request("POST", f"{world.url}/_simulator/settings", json={"refusals": 1000})
    job_id = world.submit(Api.TRAINING_JOB, simulate=how)
    world.dispatch(job_id)
    world.pass_time(world.job(job_id).deadline - world.now)
    for _ in range(3):
        world.sweep(after=world.parts.timing.hidden)
    job = world.job(job_id)
    assert (job.state, job.cause) == (State.TIMED_OUT, cause)


def test_a_job_that_never_got_its_turn_has_timed_out(world: World) -> None:
    first = world.submit(Api.TRAINING_JOB)
    job_id = world.submit(Api.TRAINING_JOB, after=[first])
    world.sweep(after=world.job(job_id).deadline + 1 - world.now)
    job = world.job(job_id)
    assert (job.state, job.cause, job.result) == (State.TIMED_OUT, Cause.TIMED_OUT, None)


def test_a_cancelled_job_says_so(world: World) -> None:
    waiting, running = world.submit(Api.TRAINING_JOB), world.submit(Api.BRAKET_JOB)
    world.dispatch(running)
    world.sweep(after=RUN)
    for job_id in (waiting, running):
        world.receive({"cancel": job_id})
    for _ in range(3):
        world.sweep(after=LEASE)
    for job_id in (waiting, running):
        job = world.job(job_id)
        assert (job.state, job.cause) == (State.CANCELLED, Cause.CANCELLED)
    assert world.job(running).result is not None


@pytest.mark.parametrize(("passed", "cause"), [(0.0, Cause.CAPACITY), (RUN + 1.0, Cause.TIMED_OUT)])
def test_a_job_that_jobchute_stops_has_timed_out_if_it_ran(world: World, passed: float, cause: Cause) -> None:
    """A job that its provider kept waiting for all of its time got no capacity."""
    job_id = world.submit(Api.BRAKET_JOB, simulate="never-event+slow")
    world.dispatch(job_id)
    world.sweep(after=passed)
    world.now = world.job(job_id).deadline + 1
    for _ in range(3):
        world.sweep()
        world.now += LEASE
        world.simulator.advance(passed)
    world.simulator.advance(RUN)
    world.sweep()
    job = world.job(job_id)
    assert (job.state, job.cause) == (State.TIMED_OUT, cause)


def test_a_rejection_is_one_of_the_input(world: World) -> None:
    assert world.receive(keyed("k", request={})) == []
    assert world.announce() == []
    (event,) = world.heard()
    assert (event["detail"]["state"], event["detail"]["cause"]) == ("REJECTED", "INPUT")


def test_a_job_after_one_that_failed_is_cancelled(world: World) -> None:
    first = world.submit(Api.TRAINING_JOB, simulate="fail")
    job_id = world.submit(Api.TRAINING_JOB, after=[first])
    world.dispatch(first)
    for _ in range(5):
        world.sweep(after=RUN)
    assert world.announce() == []
    job = world.job(job_id)
    assert (job.state, job.cause) == (State.CANCELLED, Cause.CANCELLED)


@pytest.mark.parametrize("state", [State.SUCCEEDED, State.FAILED])
def test_an_exit_message_has_no_secrets(world: World, state: State) -> None:
    secret = "pa55-" + "word" * 4
    request = {**REQUESTS[Api.PROCESSING_JOB], "Environment": {"API_TOKEN": secret}}
    document = {"api": Api.PROCESSING_JOB, "request": request, "idempotencyKey": "secret"}
    assert world.receive(document) == []
    job_id = job_id_for_key("secret")
    world.dispatch(job_id)
    reason = f"could not log in with {secret}" if state is State.FAILED else None
    facts = Result(exit_message=f"logged in with {secret}", output="s3://out/put")
    seen = Observation(native="ended", state=state, reason=reason, result=facts)
    job = world.parts.observer.apply(world.job(job_id), seen)
    assert job.state is state
    assert secret not in str(job)
    assert (job.result or {})["exitMessage"] == "logged in with ***"


def test_a_job_that_its_provider_forgot_has_no_known_cause(world: World) -> None:
    job_id = world.submit(Api.BRAKET_JOB, simulate="never-event+slow")
    world.dispatch(job_id)
    urllib3.request("POST", f"{world.url}/_simulator/reset")
    world.now = world.job(job_id).deadline + 1
    world.sweep()
    assert world.job(job_id).state is State.CANCELLING, "one answer is no proof"
    for _ in range(4):
        world.sweep(after=world.parts.timing.unknown / 4)
    job = world.job(job_id)
    assert (job.state, job.cause, job.result) == (State.FAILED, Cause.UNKNOWN, None)
