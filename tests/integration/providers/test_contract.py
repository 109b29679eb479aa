"""What every adapter promises, over all APIs as the provider simulator plays them."""

import re
from collections import Counter
from dataclasses import replace

import pytest

from jobchute.errors import (
    AmbiguousError,
    NameTakenError,
    NotFoundError,
    PermanentError,
    ProviderError,
    QuotaError,
    RefusedError,
    ThrottledError,
)
from jobchute.job import Api, Job, State
from jobchute.providers.adapter import Observation
from tests.integration.providers.conftest import (
    BACK_ENDS,
    QUEUE,
    RUN,
    STOP,
    Provider,
    adapters_at,
)

FIREWORKS_ALONE = pytest.mark.parametrize(
    "provider", [(back_end, Api.FIREWORKS_JOB) for back_end in BACK_ENDS], indirect=True, ids=BACK_ENDS
)


class TestObserve:
    def test_a_job_goes_from_submitted_over_running_to_succeeded(self, provider: Provider) -> None:
        job = provider.submitted(provider.job())
        states = [provider.adapter.observe(job).state]
        for seconds in (QUEUE + RUN / 2, QUEUE + RUN):
            provider.simulator.advance(seconds)
            states.append(provider.adapter.observe(job).state)
        first = State.SUBMITTED if provider.values.tells_waiting else State.RUNNING
        assert states == [first, State.RUNNING, State.SUCCEEDED]

    def test_an_ended_job_has_the_provider_s_words_for_it(self, provider: Provider) -> None:
        seen = self.ended(provider, "succeed")
        assert provider.there()[0]["status"] in seen.native

    def test_says_where_output_and_logs_are(self, provider: Provider) -> None:
        job = provider.submitted(provider.job())
        provider.simulator.advance(QUEUE + RUN)
        seen = provider.adapter.observe(job)
        logs = provider.values.logs
        assert seen.logs == (logs and logs.format(last=str(job.provider_id).rsplit("/", 1)[-1]))
        if provider.values.tells_outputs:
            assert str(seen.output).startswith("s3://")

    def test_a_failed_job_says_why(self, provider: Provider) -> None:
        seen = self.ended(provider, "fail")
        assert (seen.state, seen.reason) == (State.FAILED, provider.there()[0]["reason"])
        assert seen.reason

    def test_a_job_past_its_time_is_timed_out(self, provider: Provider) -> None:
        expected = State.TIMED_OUT if provider.values.tells_time_outs else State.FAILED
        assert self.ended(provider, "timeout").state is expected

    def test_a_job_that_its_provider_stopped_is_cancelled(self, provider: Provider) -> None:
        assert self.ended(provider, "stop").state is State.CANCELLED

    def test_a_partial_success_is_told_apart_where_the_provider_does(self, provider: Provider) -> None:
        seen = self.ended(provider, "partial")
        if not provider.values.has_partial_success:
            assert seen.state is State.SUCCEEDED
            return
        assert seen.state is State.PARTIAL
        assert seen.reason is not None
        assert re.fullmatch(r"\d+ of \d+ (records|shots) succeeded, \d+ failed", seen.reason)

    def test_a_job_that_the_provider_does_not_know_is_not_found(self, provider: Provider) -> None:
        job = provider.submitted(provider.job())
        provider.simulator.advance(QUEUE + RUN)
        gone = replace(job, provider_id=f"{str(job.provider_id)[:-3]}xyz", name="churn-xyz")
        with pytest.raises(NotFoundError):
            provider.adapter.observe(gone)

    def test_a_job_that_was_not_submitted_is_not_found(self, provider: Provider) -> None:
        with pytest.raises(NotFoundError):
            provider.adapter.observe(provider.job())

    def ended(self, provider: Provider, how: str) -> Observation:
        job = provider.submitted(provider.job(simulate=how))
        provider.simulator.advance(QUEUE + RUN + STOP)
        return provider.adapter.observe(job)


class TestListStates:
    @pytest.mark.parametrize("seconds", [0, QUEUE + RUN / 2], ids=["queued", "running"])
    def test_tells_what_observe_tells_of_open_jobs(self, provider: Provider, seconds: float) -> None:
        jobs = [provider.submitted(provider.job(name)) for name in ("a", "b", "c")]
        provider.simulator.advance(seconds)
        expected = {job.provider_id: provider.adapter.observe(job).state for job in jobs}
        assert provider.adapter.list_states(jobs) == expected

    @pytest.mark.parametrize("how", ["succeed", "fail", "timeout"])
    def test_a_job_that_has_ended_is_not_told_to_run(self, provider: Provider, how: str) -> None:
        job = provider.submitted(provider.job(simulate=how))
        provider.simulator.advance(QUEUE + RUN + STOP)
        state = provider.adapter.list_states([job]).get(str(job.provider_id), State.FAILED)
        assert state is not None
        assert state.is_final

    def test_leaves_out_unknown_and_unwanted_jobs(self, provider: Provider) -> None:
        job, other = (provider.submitted(provider.job(name)) for name in ("a", "b"))
        missing = replace(job, provider_id=f"{str(job.provider_id)[:-3]}xyz", name="never")
        assert provider.adapter.list_states([missing, other]).keys() == {other.provider_id}

    def test_of_no_jobs_nobody_is_asked(self, provider: Provider) -> None:
        before = provider.calls()
        assert provider.adapter.list_states([]) == {}
        assert provider.calls() == before

    def test_one_call_tells_of_all_of_them(self, provider: Provider) -> None:
        jobs = [provider.submitted(provider.job(f"job-{number}")) for number in range(9)]
        before = Counter(provider.calls())
        assert len(provider.adapter.list_states(jobs)) == 9
        assert (Counter(provider.calls()) - before).total() == 1

    def test_a_provider_that_does_not_answer_is_an_error(self, provider: Provider) -> None:
        job = provider.submitted(provider.job())
        nowhere = adapters_at("http://127.0.0.1:9")
        with pytest.raises(ProviderError):
            nowhere.adapters[provider.api].list_states([job])
        nowhere.close()

    @FIREWORKS_ALONE
    def test_a_fireworks_list_of_several_pages_is_read_as_needed(self, provider: Provider) -> None:
        jobs = [provider.submitted(provider.job("oldest"))]
        jobs += [provider.submitted(provider.job(f"job {number}")) for number in range(209)]
        assert len(provider.adapter.list_states(jobs)) == 210
        assert provider.calls()["fireworks:ListBatchJobs"] == 2
        provider.adapter.list_states(jobs[-5:])
        assert provider.calls()["fireworks:ListBatchJobs"] == 3


class TestSubmit:
    def test_returns_what_the_provider_knows_the_job_by(self, provider: Provider) -> None:
        job = provider.submitted(provider.job())
        (there,) = provider.there()
        expected = there["arn"] if provider.spec.service else there["id"]
        assert job.provider_id == expected
        assert there["tags"][provider.values.tagging.proof] == provider.values.tagging.proof_of(job)

    def test_the_same_call_again_makes_no_second_job_at_aws(self, provider: Provider) -> None:
        job = provider.job()
        first = provider.adapter.submit(provider.call(job))
        if is_safe_to_repeat(provider):
            second = adopted(provider, job)
        else:
            second = provider.adapter.find(job, provider.request())
        assert second == first
        assert len(provider.there()) == 1

    def test_a_repeated_call_after_its_job_s_end_makes_no_second_job(self, provider: Provider) -> None:
        job = provider.job()
        first = provider.adapter.submit(provider.call(job))
        provider.simulator.advance(QUEUE + RUN)
        if is_safe_to_repeat(provider):
            assert adopted(provider, job) == first
            assert len(provider.there()) == 1

    def test_a_name_of_another_job_is_taken_where_names_are_unique(self, provider: Provider) -> None:
        foreign, job = provider.submit_foreign(), provider.job()
        if provider.values.names_are_unique:
            with pytest.raises(NameTakenError):
                provider.adapter.submit(provider.call(job))
        else:
            assert provider.adapter.submit(provider.call(job)) != foreign

    def test_throttling_is_no_end(self, provider: Provider) -> None:
        with pytest.raises(ThrottledError):
            provider.adapter.submit(provider.call(provider.job(simulate="throttle")))
        assert provider.there() == []

    def test_a_full_quota_is_no_end(self, provider: Provider) -> None:
        error = QuotaError if provider.values.tells_quotas else RefusedError
        with pytest.raises(error, match=r"(?i)quota|limit"):
            provider.adapter.submit(provider.call(provider.job(simulate="quota")))
        assert provider.there() == []

    @pytest.mark.parametrize("how", ["unavailable", "lost-answer"])
    def test_after_a_server_error_nobody_knows(self, provider: Provider, how: str) -> None:
        with pytest.raises(AmbiguousError):
            provider.adapter.submit(provider.call(provider.job(simulate=how)))

    def test_a_refused_body_is_an_end_with_the_provider_s_words(self, provider: Provider) -> None:
        body = {**provider.request(), "roleArn": 7, "RoleArn": 7, "numRanks": "many"}
        with pytest.raises(PermanentError) as caught:
            provider.adapter.submit(provider.adapter.request_for(provider.job(), body))
        assert not isinstance(caught.value, NotFoundError | NameTakenError)
        assert caught.value.message
        assert caught.value.code

    def test_a_connection_that_cannot_be_made_is_no_end(self, provider: Provider) -> None:
        nowhere = adapters_at("http://127.0.0.1:9")
        with pytest.raises(RefusedError):
            nowhere.adapters[provider.api].submit(provider.call(provider.job()))
        nowhere.close()


def is_safe_to_repeat(provider: Provider) -> bool:
    """Whether a second create call cannot make a second job: the provider has a token, or names are unique."""
    return bool(provider.spec.token) or provider.values.names_are_unique


def is_known_by_name(provider: Provider) -> bool:
    """Whether a job is found by its name, since there is no token."""
    return not provider.spec.token and provider.values.names_are_unique


def adopted(provider: Provider, job: Job) -> str | None:
    """What a second attempt of the same submission comes to: its token is replayed, or its name is in use."""
    try:
        return provider.adapter.submit(provider.call(job))
    except NameTakenError:
        return provider.adapter.find(job, provider.request(job.name))


class TestFind:
    def test_nothing_where_there_is_nothing(self, provider: Provider) -> None:
        provider.submitted(provider.job("other"))
        assert provider.adapter.find(provider.job(), provider.request()) is None

    @pytest.mark.parametrize("after", [0, QUEUE + RUN + STOP], ids=["new", "ended"])
    def test_our_job_among_others(self, provider: Provider, after: float) -> None:
        job = provider.job()
        others = [provider.submitted(provider.job(name)) for name in ("churn-2", "other")]
        found = provider.adapter.submit(provider.call(job))
        provider.simulator.advance(after)
        assert provider.adapter.find(job, provider.request()) == found
        assert found not in [other.provider_id for other in others]

    def test_the_job_whose_answer_was_lost(self, provider: Provider) -> None:
        job = provider.job(simulate="lost-answer")
        with pytest.raises(AmbiguousError):
            provider.adapter.submit(provider.call(job))
        (there,) = provider.there()
        assert provider.adapter.find(job, provider.request()) in (there["arn"], there["id"])

    def test_never_a_job_of_somebody_else(self, provider: Provider) -> None:
        provider.submit_foreign()
        if is_known_by_name(provider):
            with pytest.raises(NameTakenError, match=f"another {provider.spec.name.member}"):
                provider.adapter.find(provider.job(), provider.request())
        else:
            assert provider.adapter.find(provider.job(), provider.request()) is None

    def test_never_another_job_of_ours_under_the_same_name(self, provider: Provider) -> None:
        provider.submitted(provider.job())
        rival = replace(provider.job(), job_id=provider.job("another").job_id)
        if is_known_by_name(provider):
            with pytest.raises(NameTakenError):
                provider.adapter.find(rival, provider.request())
        else:
            assert provider.adapter.find(rival, provider.request()) is None

    def test_an_error_is_one_of_ours(self, provider: Provider) -> None:
        nowhere = adapters_at("http://127.0.0.1:9")
        with pytest.raises(ProviderError) as caught:
            nowhere.adapters[provider.api].find(provider.job(), provider.request())
        nowhere.close()
        assert not isinstance(caught.value, PermanentError)
