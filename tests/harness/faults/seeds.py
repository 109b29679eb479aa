"""A world of chance: fifty requests, each event one to five times and out of order, one call in ten failing."""

import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Any

from jobchute.attempts import MAX_BEGIN_SECONDS
from jobchute.job import Api, digest_of, job_id_for_key, job_id_of
from jobchute.ledger.pool_items import LANE
from jobchute.pools.limits import Limits
from tests.fakes.provider import Course, ProviderJob
from tests.fakes.wire import Boundary, Crash, Fault
from tests.harness.faults.counted import Line, lines_of, upload_lines
from tests.harness.faults.documents import document_of, invalid
from tests.harness.faults.result import Result, result_of
from tests.harness.faults.retries import INTERNAL, NO_CAPACITY
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.world import ROOMY, World
from tests.scarcity import alternatives

REQUESTS = 50
WINDOW = 2 * 3600.0
"""Seconds in which the requests come."""
FILES = 1
FAILING = 0.1
"""The share of calls."""
TIGHT = {str(api): Limits(limit=2, rate=0.2) for api in Api}
POOLS: tuple[Mapping[str, Limits], ...] = (ROOMY, {}, TIGHT)
"""What they wait for: nothing, the defaults, or two jobs at a time and a create call every five seconds."""
HOUR = 3600.0
DAY = 24 * HOUR
FAULTS = tuple(Fault)
PATIENCE = MAX_BEGIN_SECONDS + World.patience
"""Seconds: attempts may begin for MAX_BEGIN_SECONDS, and the last may take as long as a job without retries."""


@dataclass
class Traffic:
    """All that people do in one world. chance: of all but the faults and the attempts; again: of these."""

    world: World
    chance: Random
    again: Random
    job_ids: list[str] = field(default_factory=list)

    def begin(self) -> None:
        for number in range(REQUESTS):
            self._at_some_time(self._request(number))
        for _ in range(REQUESTS // 10):
            self._at_some_time(self._cancel)
            self._at_some_time(self._cancel)
            self._at_some_time(self._meddle)
        for number in range(FILES):
            self._at_some_time(partial(self._file, REQUESTS + 100 * number))
        self.world.busy_until = self.world.clock.now + 3 * DAY
        for day in (1, 2):
            self.world.clock.after(day * DAY, self._redrive)

    def _at_some_time(self, act: Callable[[], object]) -> None:
        self.world.clock.after(self.chance.uniform(0, WINDOW), act)

    def _delays(self) -> tuple[float, ...]:
        """When one event is delivered: one to five times."""
        return tuple(self.chance.uniform(0, 600) for _ in range(self.chance.randint(1, 5)))

    def _request(self, number: int) -> Callable[[], object]:
        api = self.chance.choice(list(Api))
        share = self.chance.random()
        if share < 0.04:
            return partial(self._drop, number, invalid(number), Sent(Kind.INVALID))
        if share < 0.06:
            return partial(self._poison, number, document_of(api, number))
        envelope: dict[str, Any] = {"labels": {"team": "growth"}} if share < 0.15 else {}
        envelope |= self._retries(api)
        if share > 0.9:
            return partial(self._of_one_key, number, api)
        document = document_of(api, number, **envelope)
        self.job_ids.append(job_id_of(api, document["request"], None))
        return partial(self._drop, number, document, Sent(Kind.JOB, self.job_ids[-1]))

    def _retries(self, api: Api) -> dict[str, Any]:
        """Half of the jobs may be tried again, or with alternatives, or both."""
        kinds = self.again.choice(("neither", "neither", "neither", "retry", "alternatives", "both"))
        found: dict[str, Any] = {}
        if kinds in ("retry", "both"):
            found["retry"] = {"attempts": self.again.randint(3, 6), "after": self.again.choice((0, 60, 1800))}
        if kinds in ("alternatives", "both"):
            found |= {"alternatives": alternatives(api), "patience": self.again.choice((60, 600, 3600))}
        return found

    def _drop(self, number: int, document: dict[str, Any], sent: Sent) -> None:
        """By message, or as a file, which may be replaced by another version with the same request."""
        if self.chance.random() < 0.5:
            self.world.send(document, sent, delays=self._delays())
            return
        key = f"requests/{number}.json"
        self.world.upload(key, document, sent, delays=self._delays())
        if self.chance.random() < 0.2:
            again = Sent(sent.kind, sent.job_id, sent.digest)
            self.world.upload(key, document, again, delays=self._delays())

    def _file(self, first: int) -> None:
        """A file of several documents, half of them with retries, which may be cancelled at some time."""
        lines = [self._with_retries(line) for line in lines_of(self.chance.randint(2, 8), first=first)]
        key = f"requests/{first}.jsonl"
        upload_lines(self.world, lines, key=key, delays=self._delays())
        if self.chance.random() < 0.3:
            self.world.send({"cancel": key}, Sent(Kind.CANCEL), delays=self._delays())

    def _with_retries(self, line: Line) -> Line:
        document, sent = line
        if sent.kind is not Kind.JOB:
            return line
        return {**document, "labels": {"team": "growth"}, **self._retries(Api(document["api"]))}, sent

    def _poison(self, number: int, document: dict[str, Any]) -> None:
        """A file that the function may not read."""
        key = f"requests/forbidden/{number}.json"
        self.world.s3.forbidden.add(key)
        self.world.upload(key, document, Sent(Kind.POISON), delays=(0.0,))

    def _of_one_key(self, number: int, api: Api) -> None:
        """Two bodies under one key: one becomes the job, the other a rejection."""
        key = f"nightly-{number}"
        self.job_ids.append(job_id_for_key(key))
        for body in (number, number + 1000):
            document = document_of(api, body, idempotencyKey=key)
            sent = Sent(Kind.ONE_OF_KEY, self.job_ids[-1], digest_of(api, document["request"]))
            self.world.send(document, sent, delays=self._delays())

    def _cancel(self) -> None:
        """Of any job, whether it is there yet, runs or has ended."""
        job_id = self.chance.choice(self.job_ids)
        self.world.send({"cancel": job_id}, Sent(Kind.CANCEL, job_id), delays=self._delays())

    def _meddle(self) -> None:
        """An execution is aborted by hand, and perhaps redriven, perhaps twice."""
        job_id = self.chance.choice(self.job_ids)
        self.world.states.abort(job_id)
        for _ in range(self.chance.randint(0, 2)):
            self.world.clock.after(self.chance.uniform(0, HOUR), lambda: self.world.states.redrive(job_id))

    def _redrive(self) -> None:
        """By an operator, whose tool may fail as all else."""
        with contextlib.suppress(Exception, Crash):
            self.world.redrive()


def world_of(seed: int) -> World:
    chance = Random(seed)
    lane_size = Random(f"lanes of {seed}").choice((LANE, 2, 1))
    world = World(seed, chance.choice(POOLS), lane_size)
    world.patience = PATIENCE
    world.skew = chance.choice((0.0, 0.0, 2.0))
    world.late_by = (1.0, 50.0)
    lag = chance.choice((0.0, 0.0, 0.3))
    world.is_lagging = lambda: chance.random() < lag
    drops = chance.choice((0.0, 0.1, 1.0))

    def event_delays() -> list[float]:
        if chance.random() < drops:
            return []
        return [chance.uniform(0, 600) for _ in range(chance.randint(1, 5))]

    world.provider_events.delays = event_delays
    provider = world.provider
    provider.token_lifetime = chance.choice((float("inf"), 300.0))
    provider.search_lag = chance.choice((0.0, 5.0))
    provider.quota = chance.choice((None, None, 3))
    again = Random(f"attempts of {seed}")
    courses: dict[str, Course] = {}

    def course(job: ProviderJob) -> Course:
        return courses.setdefault(job.provider_id, _with_cause(_course(chance), again))

    provider.course = course
    faults = Random(f"faults of {seed}")

    def decide(boundary: Boundary) -> Fault | None:
        return faults.choice(FAULTS) if faults.random() < FAILING else None

    world.wire.decide = decide
    Traffic(world, chance, again).begin()
    return world


def _course(chance: Random) -> Course:
    """One in fifty never ends by itself."""
    if chance.random() < 0.02:
        return Course(seconds=90 * DAY)
    return Course(
        seconds=chance.uniform(1, 3 * HOUR), is_good=chance.random() < 0.8, stop_seconds=chance.uniform(1, 300)
    )


def _with_cause(course: Course, again: Random) -> Course:
    """Half of the failures are ones that may be tried again; one job in four waits for long."""
    if again.random() < 0.25:
        pending = again.uniform(0, 3 * HOUR)
        course = replace(course, pending=pending, seconds=course.seconds + pending)
    failures = (NO_CAPACITY, INTERNAL, "insufficient capacity", "", "", "")
    return replace(course, is_good=course.is_good and again.random() < 0.7, failure=again.choice(failures))


def run(seed: int) -> Result:
    return result_of(f"seed:{seed}", world_of(seed))


def replay(name: str) -> Result:
    return run(int(name.partition(":")[2]))
