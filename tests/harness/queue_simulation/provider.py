# ruff: noqa: ARG002 - the arguments are an adapter's
"""A provider of all pools at once, and the adapter to it: jobs that take as long as the plan says."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from jobchute.errors import AmbiguousError, NotFoundError, QuotaError, ThrottledError
from jobchute.job import Document, Job, State, Submitted
from jobchute.providers.adapter import Observation, ProviderRequest, name_for, provider_id_of
from tests.fakes.clock import Clock
from tests.fakes.wire import Wire, ignore
from tests.harness.queue_simulation.plan import Plan, Request

STOPPING = 30.0
"""Seconds from a stop to the end."""
TIME_LIMIT = 48 * 3600
T = TypeVar("T")


@dataclass(slots=True)
class Made:
    """A job at the provider. state: SUCCEEDED, FAILED or CANCELLED once it has ended."""

    job_id: str
    request: Request
    created_at: float
    ended_at: float | None = None
    state: State | None = None
    is_stopping: bool = False


@dataclass
class SimulatedProvider:
    """A create under a token that it knows makes no second job. created, ended: are told of each."""

    clock: Clock
    plan: Plan
    begin: float
    created: Callable[[Made], object] = ignore
    ended: Callable[[Made], object] = ignore
    jobs: dict[str, Made] = field(default_factory=dict)
    open: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)

    def create(self, job_id: str, number: int) -> str:
        """Raises QuotaError."""
        if job_id in self.jobs:
            return job_id
        request = self.plan.requests[number]
        pool = request.pool.name
        if self.open[pool] >= self._quota(request):
            self.refused[pool] += 1
            raise QuotaError("no more of these now", code="ResourceLimitExceeded")
        made = self.jobs[job_id] = Made(job_id, request, self.clock.now)
        self.open[pool] += 1
        last = State.SUCCEEDED if request.is_good else State.FAILED
        self.clock.after(request.seconds, lambda: self._end(made, last))
        self.created(made)
        return job_id

    def stop(self, job_id: str) -> None:
        made = self.jobs[job_id]
        if not made.is_stopping:
            made.is_stopping = True
            self.clock.after(STOPPING, lambda: self._end(made, State.CANCELLED))

    def _end(self, made: Made, state: State) -> None:
        if made.ended_at is None:
            made.ended_at, made.state = self.clock.now, state
            self.open[made.request.pool.name] -= 1
            self.ended(made)

    def _quota(self, request: Request) -> float:
        pool = request.pool
        if pool.quota is None:
            return float("inf")
        first, last, most = pool.quota
        part = (self.clock.now - self.begin) / self.plan.spans[pool.name]
        return most if first <= part < last else float("inf")


@dataclass(frozen=True, slots=True)
class SimulatedJobs:
    """The adapter. Its provider's clients ask once, so no call is repeated by its client."""

    provider: SimulatedProvider
    wire: Wire

    def name_of(self, job_id: str, request: Document) -> str:
        return name_for(job_id)

    def time_limit(self, request: Document) -> int:
        return TIME_LIMIT

    def pending_limit(self, request: Document) -> int:
        return TIME_LIMIT

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        return {"jobId": job.job_id, "number": request["number"]}

    def submit(self, call: ProviderRequest) -> str:
        return self._call("create", lambda: self.provider.create(call["jobId"], call["number"]))

    def find(self, job: Job, request: Document) -> str | None:
        return self._call("find", lambda: job.job_id if job.job_id in self.provider.jobs else None)

    def observe(self, job: Submitted) -> Observation:
        return self._call("observe", lambda: self._seen(provider_id_of(job)))

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        return self._call("list", lambda: {job.job_id: self._seen(job.job_id).state for job in jobs})

    def cancel(self, job: Job) -> None:
        self._call("cancel", lambda: self.provider.stop(provider_id_of(job)))

    def _seen(self, provider_id: str) -> Observation:
        made = self.provider.jobs.get(provider_id)
        if made is None:
            raise NotFoundError(f"no job {provider_id}")
        if made.state is None:
            return Observation(native="RUNNING", state=State.RUNNING)
        return Observation(native=str(made.state), state=made.state)

    def _call(self, name: str, effect: Callable[[], T]) -> T:
        return self.wire.call(
            f"provider:{name}",
            effect,
            refuse=_throttle,
            lose=_lose,
            creates=name == "create",
            repeats=False,
        )


def _throttle(place: int) -> NoReturn:
    raise ThrottledError("too many calls", code="ThrottlingException")


def _lose() -> NoReturn:
    raise AmbiguousError("the answer was lost")
