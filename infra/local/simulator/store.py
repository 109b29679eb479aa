"""All jobs, and the clockwork that moves them."""

import random
import threading
from collections.abc import Callable, Iterator
from typing import Any

from jobchute.job import Api

from .clock import Clock, Timeline
from .jobs import Job, Phase, Step
from .scenarios import Outcome
from .settings import Settings
from .storage import Storage

Announce = Callable[[Job], None]


class Jobs:
    """Finds jobs and takes them from step to step; every change of state is announced.

    entered: is called after every step.

    `lock` guards it: hold it over a search and what follows from it. Timers take it on their own.
    """

    def __init__(
        self,
        *,
        timeline: Timeline,
        clock: Clock,
        settings: Callable[[], Settings],
        randomness: random.Random,
        announce: Announce,
        entered: Announce,
        storage: Storage,
    ) -> None:
        self.lock = threading.RLock()
        self._timeline = timeline
        self._clock = clock
        self._settings = settings
        self._random = randomness
        self._announce = announce
        self._entered = entered
        self._storage = storage
        self._by_key: dict[tuple[Api, str], Job] = {}
        self._by_token: dict[tuple[Api, str], Job] = {}
        self._by_name: dict[tuple[Api, str], Job] = {}

    def __iter__(self) -> Iterator[Job]:
        """The jobs in the order of their creation."""
        with self.lock:
            return iter(list(self._by_key.values()))

    def of(self, api: Api) -> list[Job]:
        return [job for job in self if job.kind.api is api]

    def get(self, api: Api, key: str) -> Job | None:
        with self.lock:
            return self._by_key.get((api, key))

    def with_token(self, api: Api, token: str) -> Job | None:
        with self.lock:
            return self._by_token.get((api, token))

    def named(self, api: Api, name: str) -> Job | None:
        with self.lock:
            return self._by_name.get((api, name))

    def in_flight(self, api: Api) -> int:
        return sum(not job.is_final for job in self.of(api))

    def start(self, job: Job) -> None:
        """Keep the job and set it going."""
        api = job.kind.api
        with self.lock:
            self._by_key[api, job.key] = job
            self._by_name[api, job.name] = job
            if job.token:
                self._by_token[api, job.token] = job
            self._enter(job, job.kind.first, job.created)
            paths = job.kind.paths
            self._plan(job, paths.get(job.scenario.outcome, paths[Outcome.FAIL]), job.created)

    def stop(self, job: Job) -> None:
        """Give the job the way that a stop by the user takes; its first step is taken before return."""
        with self.lock:
            job.plan += 1
            now = self._clock.now()
            self._enter(job, job.kind.stop[0], now)
            self._plan(job, job.kind.stop[1:], now)

    def remove(self, job: Job) -> None:
        with self.lock:
            job.plan += 1
            for index in self._indexes():
                for entry in [entry for entry, kept in index.items() if kept is job]:
                    del index[entry]

    def clear(self) -> None:
        with self.lock:
            for job in self:
                job.plan += 1
            for index in self._indexes():
                index.clear()

    def _indexes(self) -> tuple[dict[Any, Job], ...]:
        return self._by_key, self._by_token, self._by_name

    def _plan(self, job: Job, steps: tuple[Step, ...], since: float) -> None:
        if not steps:
            return
        due = since + self._seconds(steps[0], job)
        plan = job.plan
        self._timeline.at(due, lambda: self._arrive(job, plan, steps, due))

    def _arrive(self, job: Job, plan: int, steps: tuple[Step, ...], due: float) -> None:
        step = self._worked(job, plan, steps[0])
        with self.lock:
            if job.plan != plan:
                return
            self._enter(job, step, due)
            self._plan(job, () if job.is_final else steps[1:], due)

    def _worked(self, job: Job, plan: int, step: Step) -> Step:
        """The step to enter, after its work; outside of the lock, as that calls S3."""
        if job.kind.work is None or job.plan != plan:
            return step
        return job.kind.work(job, step, self._storage)

    def _enter(self, job: Job, step: Step, at: float) -> None:
        before = (job.status, job.detail)
        job.enter(step, at)
        after = (job.status, job.detail)
        self._entered(job)
        if before[0] != after[0] or (job.kind.announces_details and before != after):
            self._announce(job)

    def _seconds(self, step: Step, job: Job) -> float:
        settings = self._settings()
        match step.phase:
            case Phase.QUEUE:
                seconds = settings.queue_seconds
            case Phase.RUN:
                seconds = settings.run_seconds * job.scenario.pace
            case Phase.STOP:
                seconds = settings.stop_seconds
        return seconds * step.share * (1 + settings.jitter * self._random.uniform(-1, 1))
