"""The providers as the simulator plays them: in this process, on loopback, at a time that the tests move."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from random import Random
from typing import Any, cast

import pytest
import urllib3
from botocore.config import Config

from infra.local.simulator import Settings, Simulator
from jobchute.errors import NotFoundError
from jobchute.job import Api, Job, State
from jobchute.providers.adapter import Adapter, Connections, ProviderRequest
from jobchute.providers.adapters import Adapters
from jobchute.providers.fireworks.account import Account
from jobchute.providers.registry import SPECS
from jobchute.providers.spec import ApiSpec
from tests.apis import REQUESTS, VALUES
from tests.apis.values import ApiValues
from tests.aws import client as aws_client
from tests.builders import NOW, a_job
from tests.fakes.adapters import adapters_over
from tests.fakes.clock import Clock
from tests.fakes.provider import Course
from tests.fakes.provider import Provider as FakeProvider
from tests.fakes.wire import Fault, Wire

QUEUE, RUN, STOP = 90, 100, 10
"""Seconds that a simulated job is queued, runs, takes to stop."""


@dataclass
class Provider:
    """One API at the simulator, and the means to look behind its adapter."""

    api: Api
    adapter: Adapter
    simulator: Simulator
    url: str

    @property
    def spec(self) -> ApiSpec:
        return SPECS[self.api]

    @property
    def values(self) -> ApiValues:
        return VALUES[self.api]

    def request(self, name: str | None = "churn") -> dict[str, Any]:
        """The sample, with a name or without one, as where jobs have none."""
        member = self.spec.name.member
        request = {key: value for key, value in REQUESTS[self.api].items() if key != member}
        return {**request, member: name} if member and name is not None else request

    def job(self, name: str = "churn", *, simulate: str = "succeed", **changes: Any) -> Job:
        """A job about to be submitted; simulate: what becomes of it."""
        labels = {"team": "growth", "simulate": simulate}
        return a_job(name, **{"api": self.api, "state": State.SUBMITTING, "labels": labels, **changes})

    def call(self, job: Job) -> ProviderRequest:
        return self.adapter.request_for(job, self.request(job.name))

    def submitted(self, job: Job) -> Job:
        """The job after its submission, as the ledger would hold it."""
        provider_id = self.adapter.submit(self.call(job))
        return a_job(job.name, api=self.api, state=State.SUBMITTED, labels=job.labels, provider_id=provider_id)

    def submit_foreign(self, name: str = "churn") -> str:
        """A job that somebody else made, with the same body and name; its provider id."""
        stranger = self.adapter.request_for(a_job("somebody else's", name=name), self.request(name))
        stranger |= self.values.tagging.members_with({})
        if self.spec.token:
            stranger[self.spec.token] = "somebody-else"
        return self.adapter.submit(stranger)

    def there(self) -> list[dict[str, Any]]:
        """The jobs of this API at the provider."""
        return [job for job in self.simulator.jobs() if job["api"] == self.api]

    def calls(self) -> dict[str, int]:
        """How often each operation was called."""
        answer = urllib3.request("GET", f"{self.url}/_simulator/calls")
        counted: dict[str, int] = answer.json()["calls"]
        return counted


@pytest.fixture(scope="session")
def simulator() -> Simulator:
    return Simulator(Settings(queue_seconds=QUEUE, run_seconds=RUN, stop_seconds=STOP, refusals=1))


@pytest.fixture(scope="session")
def running(simulator: Simulator) -> Iterator[str]:
    with simulator.serve() as url:
        yield url


@pytest.fixture(scope="session")
def adapters(running: str) -> Iterator[Mapping[Api, Adapter]]:
    made = adapters_at(running)
    yield made.adapters
    made.close()


@dataclass
class ClosedAfterwards:
    adapters: Mapping[Api, Adapter]
    close: Callable[[], None]


def adapters_at(url: str) -> ClosedAfterwards:
    """All adapters over unmodified clients that do not try again by themselves."""
    config = Config(retries={"total_max_attempts": 1}, connect_timeout=2, read_timeout=5)
    clients = {
        service: aws_client(service, endpoint_url=url, config=config)
        for service in {spec.service for spec in SPECS.values() if spec.service}
    }
    pool = urllib3.PoolManager(timeout=urllib3.Timeout(connect=2, read=5))

    def close() -> None:
        pool.clear()
        for client in clients.values():
            client.close()

    connections = Connections(
        creator=clients.__getitem__,
        client=clients.__getitem__,
        http=lambda: pool,
        account=lambda: Account(url, "acme", "fw-test"),
        forget_account=lambda: None,
        manifest=lambda uri: None,  # noqa: ARG005
    )
    return ClosedAfterwards(Adapters(connections), close)


BACK_ENDS = ("simulator", "fakes")


@pytest.fixture(params=[(back_end, api) for back_end in BACK_ENDS for api in Api], ids="-".join)
def provider(
    request: pytest.FixtureRequest, running: str, simulator: Simulator, adapters: Mapping[Api, Adapter]
) -> Provider:
    """An API as the simulator plays it, and as the fakes of the fault harness do."""
    back_end, api = request.param
    if back_end == "fakes":
        if reason := NOT_PLAYED.get(request.node.originalname):
            pytest.skip(reason)
        return faked(api)
    urllib3.request("POST", f"{running}/_simulator/reset", json={})
    return Provider(api, adapters[api], simulator, running)


NOT_PLAYED = {
    "test_a_job_past_its_time_is_timed_out": "the fakes' jobs end by themselves or are stopped by API",
    "test_a_job_that_its_provider_stopped_is_cancelled": "the fakes' jobs are stopped through the API alone",
    "test_a_partial_success_is_told_apart_where_the_provider_does": "the fakes' jobs succeed or fail",
    "test_a_refused_body_is_an_end_with_the_provider_s_words": "the fakes take every body",
}


class FakeTime:
    """What the tests use of a Simulator, over the fakes."""

    def __init__(self, clock: Clock, provider: FakeProvider) -> None:
        self.clock = clock
        self.provider = provider

    def advance(self, seconds: float) -> None:
        self.clock.run(self.clock.now + seconds)

    def jobs(self) -> list[dict[str, Any]]:
        return [
            {
                "api": job.api,
                "arn": job.provider_id,
                "id": job.provider_id,
                "status": job.native.partition("/")[0],
                "reason": job.reason,
                "tags": VALUES[job.api].tagging.tags_in(job.call),
            }
            for job in self.provider.jobs
        ]


@dataclass
class FakedProvider(Provider):
    """The last job's `simulate` says what becomes of the next call that creates one."""

    fake: FakeProvider
    wire: Wire

    def job(self, name: str = "churn", *, simulate: str = "succeed", **changes: Any) -> Job:
        course = Course(seconds=QUEUE + RUN, is_good=simulate != "fail", stop_seconds=STOP)
        self.fake.course = lambda _: course
        self.fake.quota = 0 if simulate == "quota" else None
        faults = {"throttle": Fault.REFUSED, "unavailable": Fault.REFUSED, "lost-answer": Fault.LOST}
        self.wire.decide = lambda boundary: faults.get(simulate) if boundary.creates else None
        # Every third refusal is a server error.
        self.wire.names[:] = ["a call"] if simulate == "throttle" else []
        return super().job(name, simulate=simulate, **changes)

    def calls(self) -> dict[str, int]:
        names = {"fireworks:list": "fireworks:ListBatchJobs", "fireworks:get": "fireworks:GetBatchJob"}
        return Counter(names.get(name, name) for name in self.wire.names)


def faked(api: Api) -> Provider:
    clock = Clock(NOW)
    fake = FakeProvider(clock, Random(0))
    wire = Wire()
    simulator = cast("Simulator", FakeTime(clock, fake))
    return FakedProvider(api, adapters_over(fake, wire)[api], simulator, "", fake, wire)


def stopping(job: Job) -> Job:
    """The job as the ledger has it when its provider is asked to stop it."""
    return replace(job, state=State.CANCELLING, stop_cause=State.CANCELLED)


def stopped(provider: Provider, job: Job) -> Job:
    """The job as the ledger has it once its provider was asked to stop it. What was deleted may be gone."""
    with suppress(NotFoundError):
        if provider.adapter.cancel(job):
            return replace(job, stopped_at=job.updated_at)
    return job
