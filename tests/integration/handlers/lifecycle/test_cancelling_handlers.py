"""The handlers' cancellations: of jobs that wait, that run, and of which nobody knows yet."""

from typing import Any

import pytest

from jobchute.job import Api, State
from tests.integration.handlers.world import OVER, RUN, World

pytestmark = pytest.mark.sampled


class TestCancel:
    def cancel(self, world: World, target: str) -> Any:
        record = world.drop("requests/cancel.json", {"cancel": target})
        assert world.receive({"Records": [record]}) == []
        world.announce()
        return world.status("cancel.json.json")

    @pytest.mark.parametrize("api", Api)
    def test_a_queued_job_is_never_submitted(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        assert self.cancel(world, job_id)["state"] == "CANCELLED"
        assert world.dispatch(job_id) == "CANCELLED"
        assert world.there() == []

    def test_it_takes_the_idempotency_key_too(self, world: World) -> None:
        world.submit(Api.TRAINING_JOB, idempotencyKey="nightly")
        assert self.cancel(world, "nightly")["state"] == "CANCELLED"

    @pytest.mark.parametrize("api", Api)
    @pytest.mark.parametrize("after", [0, RUN + RUN // 2], ids=["submitted", "running"])
    def test_a_job_at_its_provider_is_stopped_there(self, world: World, api: Api, after: int) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        world.pass_time(after)
        world.sweep(after=1)
        assert self.cancel(world, job_id)["state"] == "CANCELLING"
        assert world.job(job_id).stop_cause is State.CANCELLED
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED

    @pytest.mark.parametrize("api", Api)
    def test_a_job_of_unclear_submission_is_looked_for_and_stopped(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="lost-answer")
        world.dispatch(job_id)
        assert self.cancel(world, job_id)["state"] == "SUBMITTING"
        world.sweep(after=OVER + 1)
        assert world.job(job_id).state is State.CANCELLING
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED
        assert len(world.there()) == 1

    @pytest.mark.usefixtures("hurried")
    @pytest.mark.parametrize("api", Api)
    def test_a_job_that_was_refused_for_now_is_never_submitted(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="throttle")
        world.dispatch(job_id)
        self.cancel(world, job_id)
        world.sweep(after=OVER + 601)
        assert world.job(job_id).state is State.CANCELLED
        assert world.there() == []

    @pytest.mark.parametrize("api", Api)
    def test_a_cancel_during_the_create_call_is_not_lost(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        adapter = type(world.parts.adapters[api])
        submit = adapter.submit

        def submit_slowly(self_: Any, call: Any) -> str:
            self.cancel(world, job_id)
            return submit(self_, call)

        monkeypatch.setattr(adapter, "submit", submit_slowly)
        assert world.dispatch(job_id) == "CANCELLING"
        world.sweep(after=3600)
        assert world.job(job_id).state is State.CANCELLED

    @pytest.mark.parametrize("api", Api)
    def test_an_ended_job_keeps_its_state(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        world.pass_time(2 * RUN)
        self.cancel(world, job_id)
        world.sweep(after=3600)
        assert world.job(job_id).state is State.SUCCEEDED
        answer = self.cancel(world, job_id)
        assert (answer["state"], "SUCCEEDED" in answer["note"]) == ("SUCCEEDED", True)

    @pytest.mark.parametrize("api", Api)
    def test_twice_is_as_good_as_once(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        for _ in range(2):
            assert self.cancel(world, job_id)["state"] == "CANCELLING"
        world.sweep(after=3600)
        assert self.cancel(world, job_id)["state"] == "CANCELLED"

    def test_of_a_job_that_is_not_there_is_a_rejection(self, world: World) -> None:
        answer = self.cancel(world, "jc-nobody")
        assert (answer["state"], answer["errors"][0]["code"]) == ("REJECTED", "UNKNOWN_JOB")
