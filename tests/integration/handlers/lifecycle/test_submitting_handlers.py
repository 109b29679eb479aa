"""The handlers that submit, cancel and answer an expired wait."""

from collections.abc import Callable
from typing import Any

import pytest

from jobchute.errors import ThrottledError
from jobchute.job import Api, State
from jobchute.lifecycle.submit import Submitter
from tests.integration.handlers.world import OVER, RUN, SETTLE, World

pytestmark = pytest.mark.sampled


def sleeping(world: World, sleep: Callable[[float], None]) -> Submitter:
    """The submitter, with another way to wait for create slots."""
    submitter = world.parts.submitter
    return submitter._replace(creator=submitter.creator._replace(sleep=sleep))


@pytest.mark.parametrize("api", Api)
class TestDispatch:
    def test_it_submits_once_and_remembers_the_provider_s_id(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        assert world.dispatch(job_id) == "SUBMITTED"
        (there,) = world.there()
        assert world.job(job_id).provider_id in (there["arn"], there["id"])
        assert [entry["state"] for entry in world.job(job_id).history] == ["QUEUED", "SUBMITTING", "SUBMITTED"]

    def test_a_second_dispatch_leaves_its_token_and_makes_no_job(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id, token="first")
        assert world.dispatch(job_id, token="second") == "SUBMITTED"
        assert len(world.there()) == 1
        assert {*world.parts.task_tokens.all(job_id)} == {"first", "second"}
        assert world.job(job_id).late_tokens is None

    def test_two_dispatches_at_once_make_one_job(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """The rival runs while the first one's call to the provider is on its way."""
        job_id = world.submit(api)
        adapter = type(world.parts.adapters[api])
        submit, rival = adapter.submit, list[str]()

        def submit_slowly(self: Any, call: Any) -> str:
            rival.append(world.dispatch(job_id, "rival"))
            return submit(self, call)

        monkeypatch.setattr(adapter, "submit", submit_slowly)
        assert world.dispatch(job_id, "first") == "SUBMITTED"
        assert rival == ["SUBMITTING"]
        assert len(world.there()) == 1

    def test_a_lost_answer_is_adopted_and_not_submitted_again(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="lost-answer")
        assert world.dispatch(job_id) == "SUBMITTING"
        assert "waiting after" in str(world.job(job_id).reason)
        assert world.sweep(after=SETTLE - 2) == 0
        assert world.sweep(after=3) == 1
        (there,) = world.there()
        job = world.job(job_id)
        assert (job.state, job.attempts, job.reason) == (State.SUBMITTED, 2, None)
        assert job.provider_id in (there["arn"], there["id"])

    def test_after_a_crash_before_the_call_the_reconciler_submits(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        with monkeypatch.context() as crashing:
            crashing.setattr(type(world.parts.adapters[api]), "submit", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                world.dispatch(job_id)
        assert world.job(job_id).state is State.SUBMITTING
        world.sweep(after=OVER + 1)
        assert world.job(job_id).state is State.SUBMITTED
        assert len(world.there()) == 1

    def test_after_a_crash_behind_the_call_the_reconciler_adopts(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        adapter = type(world.parts.adapters[api])
        submit = adapter.submit

        def submit_and_die(self: Any, call: Any) -> str:
            submit(self, call)
            raise ZeroDivisionError

        with monkeypatch.context() as crashing:
            crashing.setattr(adapter, "submit", submit_and_die)
            with pytest.raises(ZeroDivisionError):
                world.dispatch(job_id)
        world.sweep(after=OVER + 1)
        assert world.job(job_id).state is State.SUBMITTED
        assert len(world.there()) == 1

    @pytest.mark.usefixtures("hurried")
    @pytest.mark.parametrize("how", ["throttle", "quota", "unavailable"])
    def test_what_passes_is_waited_for(self, world: World, api: Api, how: str) -> None:
        job_id = world.submit(api, simulate=how)
        assert world.dispatch(job_id) == "SUBMITTING"
        world.sweep(after=OVER + 601)
        assert world.job(job_id).state is State.SUBMITTED
        assert len(world.there()) == 1

    def test_a_create_call_that_came_too_early_is_repeated_later(self, world: World, api: Api) -> None:
        waits: list[float] = []
        patient = sleeping(world, waits.append)
        world.parts.submitter = patient
        job_id = world.submit(api, simulate="throttle")
        assert world.dispatch(job_id) == "SUBMITTED"
        assert waits
        assert all(0 < wait <= patient.creator.patience for wait in waits)
        assert world.job(job_id).attempts == len(world.there()) == 1

    def test_a_job_that_comes_before_its_moment_waits_it_out(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.parts.ledger.note(job_id, create_at=int((world.now + 3) * 1000))
        waits: list[float] = []
        patient = sleeping(world, waits.append)
        world.parts.submitter = patient
        assert world.dispatch(job_id) == "SUBMITTED"
        (wait,) = waits
        assert 0 < wait <= 3

    @pytest.mark.parametrize("how", [None, "throttle"])
    def test_a_job_cancelled_before_its_create_slot_is_not_submitted(
        self, world: World, api: Api, how: str | None
    ) -> None:
        job_id = world.submit(api, **({} if how is None else {"simulate": how}))
        ledger = world.parts.ledger
        if how is None:
            ledger.note(job_id, create_at=int((world.now + 3) * 1000))

        def cancel(_: float) -> None:
            ledger.note(job_id, stop_cause=State.CANCELLED)

        cancelling = sleeping(world, cancel)
        world.parts.submitter = cancelling
        assert world.dispatch(job_id) == "CANCELLED"
        assert world.there() == []

    def test_a_refused_request_ends_failed_with_the_provider_s_words(
        self, world: World, api: Api, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        job_id = world.submit(api)
        adapter = type(world.parts.adapters[api])
        wrong = {"roleArn": 7, "RoleArn": 7, "numRanks": "x"}
        monkeypatch.setattr(adapter, "request_for", lambda *given: {**given[2], **wrong})
        assert world.dispatch(job_id) == "FAILED"
        job = world.job(job_id)
        assert job.reason
        assert [entry["state"] for entry in job.history] == ["QUEUED", "SUBMITTING", "FAILED"]
        assert world.there() == []


class TestExpire:
    def expire(self, world: World, job_id: str) -> Any:
        return world.invoke("expire", {"jobId": job_id})

    @pytest.mark.parametrize("api", Api)
    def test_a_job_that_has_ended_meanwhile_is_seen_to_have(self, world: World, api: Api) -> None:
        job_id = world.submit(api)
        world.dispatch(job_id)
        world.pass_time(2 * RUN)
        assert self.expire(world, job_id)["state"] == "SUCCEEDED"

    @pytest.mark.parametrize("api", Api)
    def test_a_job_past_its_deadline_is_stopped(self, world: World, api: Api) -> None:
        job_id = world.submit(api, simulate="slow")
        world.dispatch(job_id)
        world.now = world.job(job_id).deadline + 1
        assert self.expire(world, job_id)["state"] == "CANCELLING"
        assert not any(job["status"] in ("RUNNING", "InProgress") for job in world.there())

    def test_a_job_within_its_time_goes_on(self, world: World) -> None:
        job_id = world.submit(Api.TRAINING_JOB, simulate="slow")
        world.dispatch(job_id)
        answer = self.expire(world, job_id)
        assert answer["state"] == "SUBMITTED"
        assert answer["reason"]

    def test_a_job_that_was_never_submitted_stays_as_it_is(self, world: World) -> None:
        assert self.expire(world, world.submit(Api.TRAINING_JOB))["state"] == "QUEUED"


def test_a_refused_look_up_of_a_used_name_proves_no_absence(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The table was restored to before the job was submitted, so its first attempt meets its own job."""
    job_id = world.submit(Api.TRAINING_JOB)
    creator = world.parts.submitter.creator
    adapter = creator.adapters[Api.TRAINING_JOB]
    adapter.submit(adapter.request_for(world.job(job_id), creator.requests.get(job_id)))

    def refuse(*_: Any) -> None:
        raise ThrottledError("Rate exceeded", code="ThrottlingException")

    with monkeypatch.context() as throttled:
        throttled.setattr(type(adapter), "find", refuse)
        assert world.dispatch(job_id) == "SUBMITTING"
    world.receive({"cancel": job_id})
    world.sweep(after=OVER)
    (there,) = world.there()
    assert world.job(job_id).provider_id == there["arn"]
    assert world.job(job_id).state is State.CANCELLING
