"""The state that all services share: settings, time, jobs, counters and the way an event leaves."""

import random
import string
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from .admission import Admission
from .clock import Clock, Timeline
from .container_logs import ContainerLogs
from .events import Publisher
from .jobs import Job, Kind
from .scenarios import Refusal, choose_scenario
from .settings import Settings
from .storage import NoStorage, Storage
from .store import Jobs

Identify = Callable[[], tuple[str, str]]


class Calls:
    """How often each operation was called, and with which errors. Safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()

    def count(self, operation: str) -> None:
        with self._lock:
            self._calls[operation] += 1

    def count_error(self, operation: str, code: str) -> None:
        with self._lock:
            self._errors[f"{operation} {code}"] += 1

    def as_json(self) -> dict[str, dict[str, int]]:
        with self._lock:
            return {"calls": dict(self._calls), "errors": dict(self._errors)}

    def clear(self) -> None:
        with self._lock:
            self._calls.clear()
            self._errors.clear()


class World:
    """`settings` may be replaced at any time; jobs already on their way keep the steps they have begun."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock,
        publisher: Publisher,
        log_writer: Publisher | None = None,
        storage: Storage | None = None,
    ) -> None:
        self.settings = settings
        self._first_settings = settings
        self._publisher = publisher
        self._random = random.Random(settings.seed)
        self.clock = clock
        self.timeline = Timeline(clock)
        self.calls = Calls()
        self.admission = Admission(clock, self.current_settings)
        logs = ContainerLogs(log_writer or Publisher(None), self.timeline, self.current_settings)
        self.jobs = Jobs(
            timeline=self.timeline,
            clock=clock,
            settings=self.current_settings,
            randomness=self._random,
            announce=self._announce,
            entered=logs.entered,
            storage=storage or NoStorage(),
        )

    def current_settings(self) -> Settings:
        return self.settings

    def launch(
        self,
        kind: Kind,
        *,
        name: str,
        request: Mapping[str, Any],
        tags: Mapping[str, str],
        identify: Identify,
        token: str = "",
    ) -> Job:
        """Make a job and set it going; `identify` gives its key and its ARN. Called under the jobs' lock.

        Raises the provider's error where the scenario or a quota refuses the create, or where its answer gets
        lost (the job is made then), and SettingsError where a tag asks for an unknown scenario.
        """
        scenario = choose_scenario(tags=tags, name=name, default=self.settings.scenario, request=request)
        refused = self.admission.check_turn(kind, name=name, scenario=scenario)
        self.admission.check_quota(kind, self.jobs.in_flight(kind.api))
        key, arn = identify()
        job = Job(
            kind=kind,
            key=key,
            name=name,
            arn=arn,
            request=request,
            scenario=scenario,
            created=self.clock.now(),
            token=token,
            tags=dict(tags),
            create_calls=refused + 1,
        )
        self.jobs.start(job)
        if scenario.loses_answer:
            raise kind.refusals[Refusal.UNAVAILABLE]()
        return job

    def advance(self, seconds: float) -> None:
        """Move the clock; every state change up to the new time has happened before return."""
        self.clock.move(seconds)
        self.timeline.run_due()

    def reset(self) -> None:
        """Forget jobs, counters and changed settings."""
        with self.jobs.lock:
            self.jobs.clear()
            self.admission.clear()
            self.calls.clear()
            self.settings = self._first_settings

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.settings.region}:{self.settings.account}:{resource}"

    def new_uuid(self) -> str:
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def new_word(self, length: int) -> str:
        """Lower-case letters and digits."""
        return "".join(self._random.choices(string.ascii_lowercase + string.digits, k=length))

    def _announce(self, job: Job) -> None:
        if job.kind.event is None:
            return
        settings = self.settings
        event = job.kind.event(job, settings)
        for _ in range(job.scenario.event_copies):
            self._publisher.publish(
                event.as_entry(source_prefix=settings.event_source_prefix, bus=settings.event_bus)
            )
