"""When a job's time is over, and what is done of which its provider says what nobody knows."""

import json

import pytest

from jobchute.job import Api, State
from jobchute.providers.adapter import Observation
from jobchute.providers.spec import DAY
from tests.apis import VALUES
from tests.integration.handlers.world import RUN, World

pytestmark = pytest.mark.sampled

WAITING = [api for api, values in VALUES.items() if values.tells_waiting]


class TestLimits:
    @pytest.mark.parametrize("api", [api for api in WAITING if not VALUES[api].limits_waiting])
    def test_a_job_queued_at_its_provider_has_no_run_time_limit_yet(self, world: World, api: Api) -> None:
        """As a training job is Pending until its plan begins. The provider's time stands still."""
        job_id = world.submit(api)
        world.dispatch(job_id)
        job = world.job(job_id)
        world.now += min(job.time_limit + 2, job.pending_limit, 6 * DAY) + DAY - 1
        world.sweep()
        assert world.job(job_id).state is State.SUBMITTED

    @pytest.mark.parametrize("api", WAITING)
    def test_its_run_time_limit_counts_from_when_it_runs(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.now += 5 * DAY
        world.sweep(after=1.5 * RUN)
        job = world.job(job_id)
        assert (job.state, job.deadline) == (State.RUNNING, int(world.now) + job.time_limit + DAY)
        assert job.due == job.deadline + 1

    def test_an_execution_outlasts_every_limit_of_its_job(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB)
        machine = world.aws["stepfunctions"]
        (found,) = machine.list_executions(stateMachineArn=world.machine)["executions"]
        started = machine.describe_execution(executionArn=found["executionArn"])
        timeout = json.loads(started["input"])["timeoutSeconds"]
        job = world.job(job_id)
        assert timeout >= 14 * DAY + (28 * DAY + DAY) + (job.time_limit + DAY)

    def unknown(self, world: World, monkeypatch: pytest.MonkeyPatch, api: Api, native: str) -> str:
        """A job that was asked to stop at its time limit, of which its provider reports a word."""
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        adapter = type(world.parts.adapters[api])
        seen = Observation(native=native, state=None, is_known=native == "STOPPING")
        monkeypatch.setattr(adapter, "observe", lambda *_: seen)
        monkeypatch.setattr(adapter, "list_states", lambda *_: {})
        world.now = world.job(job_id).deadline + 1
        world.sweep()
        assert world.job(job_id).state is State.CANCELLING
        return job_id

    @pytest.mark.parametrize("api", Api)
    def test_a_job_of_unknown_state_ends_an_hour_after_the_stop(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = self.unknown(world, monkeypatch, api, "ARCHIVED")
        for _ in range(5):
            world.sweep(after=700)
        assert world.job(job_id).state is State.CANCELLING
        world.sweep(after=121)
        job = world.job(job_id)
        assert (job.state, job.native_status) == (State.FAILED, "ARCHIVED")
        assert "'ARCHIVED'" in str(job.reason)

    @pytest.mark.parametrize("api", Api)
    def test_a_job_without_a_reported_state_is_waited_for(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """As of an answer that is JSON and says nothing: the job may run on."""
        job_id = self.unknown(world, monkeypatch, api, "")
        world.sweep(after=2 * DAY)
        assert world.job(job_id).state is State.CANCELLING

    def test_a_job_that_is_being_stopped_is_waited_for(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = self.unknown(world, monkeypatch, Api.BRAKET_JOB, "STOPPING")
        world.sweep(after=30 * DAY)
        assert world.job(job_id).state is State.CANCELLING
