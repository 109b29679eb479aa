"""What every provider does with jobs: it makes them, moves them through their native states, stops them.

One Provider holds the jobs of all APIs; the clients in provider_clients.py and fireworks.py speak for it.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from random import Random
from typing import Any

from jobchute.job import ATTEMPT_TAG, Api
from jobchute.providers.fireworks.batch_job.adapter import ATTEMPT_ANNOTATION
from tests.apis import VALUES
from tests.fakes.clock import Clock
from tests.fakes.wire import ignore

UNKNOWN = "ARCHIVED"
"""A native status that no adapter knows."""


@dataclass(slots=True)
class ProviderJob:
    """owner: the job id in its tag. begun_at: when it began to run. ended_at: when it ended. stopped_at: when a
    stop was first asked for. hidden_until: until then, who asks for it is told that there is none.

    failure: the reason if it fails, where it is not the usual one.
    """

    api: Api
    provider_id: str
    name: str
    owner: str | None
    token: str | None
    call: Mapping[str, Any]
    created_at: float
    native: str
    begun_at: float | None = None
    stopped_at: float | None = None
    ended_at: float | None = None
    is_gone: bool = False
    hidden_until: float = 0.0
    failure: str = ""

    @property
    def reason(self) -> str | None:
        """Why it failed."""
        natives = VALUES[self.api].natives
        return (self.failure or natives.reason) if self.native == natives.bad else None

    @property
    def attempt(self) -> int:
        """The number in its tag."""
        tags = VALUES[self.api].tagging.tags_in(self.call)
        return int(tags.get(ATTEMPT_TAG) or tags.get(ATTEMPT_ANNOTATION) or 1)

    @property
    def is_over(self) -> bool:
        return self.ended_at is not None


@dataclass(frozen=True, slots=True)
class Course:
    """How a job goes on if nobody stops it. seconds: from its creation to its end.

    pending: of these, so many before it leaves its first state; 0 for a share of them. end: its native status
    in the end, where it is neither the good nor the bad one. failure: the reason of a bad one.
    """

    seconds: float = 600.0
    pending: float = 0.0
    end: str = ""
    is_good: bool = True
    failure: str = ""
    stop_seconds: float = 30.0


def usual(job: ProviderJob) -> Course:
    return Course()


def lacks_nothing(api: Api, call: Mapping[str, Any]) -> bool:
    return False


@dataclass
class Provider:
    """token_lifetime: seconds after which an idempotency token is forgotten. search_lag: after which a new job
    is found by List and Search. quota: so many jobs of an API may be open. lacks: whether it refuses a
    create call for want of quota for what it asks for; is_full_first: whether it looks at that before names
    that are taken. denied_until: until then, Fireworks refuses list calls. is_unreachable: its host has no
    address. has_empty_pages: Fireworks begins its lists with a page without jobs (AIP-158 allows it
    anywhere). taken, refuses_deletion: how Fireworks answers to an id that is taken, and whether it deletes
    no job that runs; neither is documented. owner_of: the job id that a mark stands for, where a job
    carries no id. emit: is told of every native state.
    """

    clock: Clock
    random: Random
    emit: Callable[[ProviderJob], None] = ignore
    course: Callable[[ProviderJob], Course] = usual
    token_lifetime: float = float("inf")
    search_lag: float = 0.0
    has_empty_pages: bool = False
    quota: int | None = None
    lacks: Callable[[Api, Mapping[str, Any]], bool] = lacks_nothing
    is_full_first: bool = False
    is_down: bool = False
    is_unreachable: bool = False
    denied_until: float = 0.0
    taken: str = "conflict"
    refuses_deletion: bool = False
    owner_of: Callable[[str], str] = str
    jobs: list[ProviderJob] = field(default_factory=list)
    by_api: dict[Api, list[ProviderJob]] = field(default_factory=lambda: defaultdict(list))
    by_id: dict[str, ProviderJob] = field(default_factory=dict)
    by_name: dict[tuple[Api, str], ProviderJob] = field(default_factory=dict)
    by_token: dict[tuple[Api, str], ProviderJob] = field(default_factory=dict)

    def of_token(self, api: Api, token: str | None) -> ProviderJob | None:
        """The job that a token made, while the token is remembered."""
        job = self.by_token.get((api, token)) if token else None
        is_fresh = job is not None and self.clock.now - job.created_at <= self.token_lifetime
        return job if is_fresh else None

    def is_full(self, api: Api, call: Mapping[str, Any]) -> bool:
        has_quota = self.quota is None or len(list(self.open(api))) < self.quota
        return not has_quota or self.lacks(api, call)

    def open(self, api: Api) -> Iterator[ProviderJob]:
        return (job for job in self.jobs if job.api is api and not job.is_over)

    def listed(self, api: Api, *, since: float = 0.0) -> Iterator[ProviderJob]:
        """What List and Search show of the jobs that were created since then, newest first."""
        for job in reversed(self.by_api[api]):
            if job.created_at < since:
                return
            if not job.is_gone and self.clock.now - job.created_at >= self.search_lag:
                yield job

    def create(
        self, api: Api, name: str, call: Mapping[str, Any], *, owner: str | None, token: str | None = None
    ) -> ProviderJob:
        number = len(self.jobs) + 1
        job = ProviderJob(
            api=api,
            provider_id=VALUES[api].provider_id.format(number=number, name=name),
            name=name,
            owner=owner,
            token=token,
            call=call,
            created_at=self.clock.now,
            native=VALUES[api].natives.begin[0],
        )
        self._begin(job)
        self.jobs.append(job)
        self.by_api[api].append(job)
        self.by_id[job.provider_id] = self.by_name[api, name] = job
        if token:
            self.by_token[api, token] = job
        self._set_out(job)
        return job

    def stop(self, job: ProviderJob) -> None:
        """Accepted at any time before the end; it takes a while."""
        if job.stopped_at is None:
            job.stopped_at = self.clock.now
            self._move(job, VALUES[job.api].natives.stopping)
            stopped = VALUES[job.api].natives.stopped
            self.clock.after(self.course(job).stop_seconds, lambda: self._end(job, stopped))

    def hide(self, job: ProviderJob, seconds: float) -> None:
        """For so long, who asks for a job is told that there is none. Lists show it, and its name is taken."""
        job.hidden_until = self.clock.now + seconds

    def shown(self, job: ProviderJob | None) -> ProviderJob | None:
        """A job for those who ask for it; None if they are told that there is none."""
        return None if job is None or self.clock.now < job.hidden_until else job

    def _set_out(self, job: ProviderJob) -> None:
        natives, course = VALUES[job.api].natives, self.course(job)
        self.clock.after(0, lambda: self.emit(job))
        for place, native in enumerate(natives.begin[1:], start=1):
            left = course.seconds - course.pending
            share = course.pending + left * (place - bool(course.pending)) / (2 * len(natives.begin))
            self.clock.after(share, partial(self._go_on, job, native))
        job.failure = course.failure
        last = course.end or (natives.good if course.is_good else natives.bad)
        self.clock.after(course.seconds, lambda: self._finish(job, last))

    def _go_on(self, job: ProviderJob, native: str) -> None:
        if job.stopped_at is None:
            self._move(job, native)

    def _finish(self, job: ProviderJob, native: str) -> None:
        if job.stopped_at is None:
            self._end(job, native)

    def _end(self, job: ProviderJob, native: str) -> None:
        job.ended_at = self.clock.now
        self._move(job, native)

    def _move(self, job: ProviderJob, native: str) -> None:
        job.native = native
        self._begin(job)
        self.emit(job)

    def _begin(self, job: ProviderJob) -> None:
        """A job runs from its last native state before an end."""
        if job.native == VALUES[job.api].natives.begin[-1]:
            job.begun_at = self.clock.now
