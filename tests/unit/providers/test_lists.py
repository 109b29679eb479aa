"""What it takes to look for jobs in an account that has had many: calls, counted over the fakes."""

from collections import Counter
from random import Random
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute.job import JOB_ID_TAG, Api, Job, State, iso
from jobchute.providers.fireworks.batch_job.adapter import JOB_ID_ANNOTATION
from tests.builders import a_job
from tests.fakes.adapters import adapters_over
from tests.fakes.clock import Clock
from tests.fakes.fireworks import FakeFireworks
from tests.fakes.provider import Course, Provider
from tests.fakes.provider_clients import FakeBraket
from tests.fakes.wire import Wire

NOW = 1_795_000_000.0
DAY = 24 * 3600.0
OLD_JOBS = 5_000
TAGS = [{"Key": JOB_ID_TAG, "Value": "of another"}]
TASK = {"deviceArn": "arn:device", "shots": 1, "outputS3Bucket": "b", "outputS3KeyPrefix": "p"}
CALL = {"tags": {}, "Tags": TAGS, "jobTags": [], "annotations": {}, "outputDataConfig": {}, **TASK}


class Account:
    """An account whose jobs of the last months have ended, and one job that our first attempt made."""

    def __init__(self, api: Api) -> None:
        clock = Clock(NOW - 100 * DAY)
        self.provider = Provider(clock, Random(1), course=lambda _: Course(seconds=60))
        for number in range(OLD_JOBS):
            clock.run(NOW - 100 * DAY + 90 * DAY * number / OLD_JOBS)
            self.provider.create(api, f"old-{number}", CALL, owner=None)
        clock.run(NOW)
        self.wire = Wire()
        self.adapter = adapters_over(self.provider, self.wire)[api]
        self.job = job_of(api)

    def make(self) -> str:
        """The job, as an attempt whose answer was lost has made it."""
        job = self.job
        call: dict[str, Any] = {
            **CALL,
            "tags": {JOB_ID_TAG: job.job_id},
            "Tags": [{"Key": JOB_ID_TAG, "Value": job.job_id}],
            "jobTags": [{"key": JOB_ID_TAG, "value": job.job_id}],
            "annotations": {JOB_ID_ANNOTATION: job.job_id},
            "displayName": job.job_id[:19],
        }
        assert job.api is not None
        made = self.provider.create(job.api, job.name, call, owner=job.job_id, token=job.token)
        return made.provider_id

    @property
    def calls(self) -> Counter[str]:
        return Counter(self.wire.names)


def job_of(api: Api) -> Job:
    """It waited ten days for its turn, was refused once, and waits for its second turn since."""
    attempted = {"state": str(State.SUBMITTING), "at": iso(NOW - 600)}
    return a_job(
        api=api,
        state=State.SUBMITTING,
        created_at=iso(NOW - 10 * DAY),
        create_at=int((NOW + 2 * DAY) * 1000),
        history=({"state": str(State.QUEUED), "at": iso(NOW - 10 * DAY)}, attempted),
    )


@pytest.mark.parametrize("api", Api)
def test_a_job_that_is_not_there_is_looked_for_in_few_calls(api: Api) -> None:
    account = Account(api)
    assert account.adapter.find(account.job, CALL) is None
    assert account.calls.total() == 1


@pytest.mark.parametrize("api", Api)
def test_a_job_of_a_first_attempt_is_found_however_late(api: Api) -> None:
    account = Account(api)
    provider_id = account.make()
    assert account.adapter.find(account.job, CALL) == provider_id
    assert account.calls.total() <= 2


@pytest.mark.parametrize("api", Api)
def test_states_are_listed_in_few_calls_even_if_a_job_is_gone(api: Api) -> None:
    account = Account(api)
    provider_id = account.make()
    there = a_job(api=api, state=State.RUNNING, provider_id=provider_id, history=account.job.history)
    gone = a_job(api=api, state=State.RUNNING, provider_id="gone", history=account.job.history)
    assert set(account.adapter.list_states([there, gone])) == {provider_id}
    assert account.calls.total() <= 2


@pytest.mark.parametrize("api", Api)
def test_jobs_ended_since_the_oldest_open_one_are_not_listed(api: Api) -> None:
    """Two jobs were submitted before 5,000 others, which have ended: it would take 50 pages to find them."""
    account = Account(api)
    since = ({"state": str(State.SUBMITTING), "at": iso(NOW - 100 * DAY)},)
    jobs = [a_job(api=api, state=State.RUNNING, provider_id=name, history=since) for name in ("a", "b")]
    assert account.adapter.list_states(jobs) == {}
    assert account.calls.total() <= len(jobs) + 1


@pytest.mark.parametrize("api", Api)
def test_nothing_is_asked_where_there_is_no_job(api: Api) -> None:
    account = Account(api)
    assert account.adapter.list_states([]) == {}
    assert not account.calls


def test_fireworks_jobs_without_a_time_are_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = FakeFireworks.shown
    monkeypatch.setattr(FakeFireworks, "shown", lambda *of: {**shown(*of), "createTime": "soon"})
    account = Account(Api.FIREWORKS_JOB)
    assert account.adapter.find(account.job, {}) is None
    assert account.calls.total() == OLD_JOBS / 200


@pytest.mark.parametrize(("api", "search"), [(Api.BRAKET_JOB, "_search"), (Api.QUANTUM_TASK, "_search_tasks")])
def test_all_of_braket_is_read_where_time_is_ignored(
    api: Api, search: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = Account(api)
    provider_id = account.make()
    searched = getattr(FakeBraket, search)

    def refuse(self: FakeBraket, filters: Any) -> Any:
        if any(each["name"] == "createdAt" for each in filters):
            response: Any = {"Error": {"Code": "ValidationException", "Message": "createdAt"}}
            raise ClientError(response, "Search")
        return searched(self, filters)

    monkeypatch.setattr(FakeBraket, search, refuse)
    assert account.adapter.find(account.job, CALL) == provider_id


def test_a_task_is_looked_for_on_its_own_device() -> None:
    account = Account(Api.QUANTUM_TASK)
    provider_id = account.make()
    assert account.adapter.find(account.job, {"deviceArn": "arn:other"}) is None
    assert account.adapter.find(account.job, CALL) == provider_id
