"""A job's log, followed while it is written, in simulated time."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from jobchute.aws.log_events import LogEvent, LogEvents
from jobchute.cli import log_reading
from jobchute.cli.log_following import MAX_FAILURES, Follower
from jobchute.cli.log_reading import LogReader
from jobchute.job import Job, State, iso
from jobchute.runtime import Clock as Time
from tests.builders import NOW, a_job
from tests.fakes.clock import Clock
from tests.fakes.log_events import FakeLogs, Line

STREAMS = ("churn/algo-1-1795000000", "churn/algo-2-1795000001", "churn/algo-1-1795000060")
ARN = "arn:aws:sagemaker:us-east-1:123456789012:training-job/churn"
RUNNING = a_job(state=State.RUNNING, provider_id=ARN)


def written(
    number: int, seconds: float, delay: Callable[[], float] = lambda: 0.0, seed: int = 1
) -> Iterator[Line]:
    """Lines of three streams over so many seconds. A stream is shown in the order in which it is written."""
    chance = random.Random(seed)
    shown = dict.fromkeys(STREAMS, 0.0)
    moments = sorted(NOW + round(chance.uniform(0, seconds), 3) for _ in range(number))
    for count, at in enumerate(moments):
        stream = chance.choice(STREAMS if at > NOW + seconds / 2 else STREAMS[:2])
        shown[stream] = max(shown[stream], at + delay())
        yield Line(f"{count:056}", stream, at, shown[stream], f"line {count}")


class World:
    """A follower of a job that ends at a moment, over the fake logs."""

    def __init__(self, lines: Sequence[Line] = (), *, ends_at: float = NOW, **options: Any) -> None:
        self.clock = Clock(float(NOW))
        self.logs = FakeLogs(self.clock, list(lines), **options)
        self.ends_at = ends_at
        self.said: list[str] = []
        self.read: list[tuple[float, LogEvent]] = []

    def job(self) -> Job:
        if self.clock.now < self.ends_at:
            return RUNNING
        return a_job(state=State.SUCCEEDED, provider_id=ARN, updated_at=iso(self.ends_at))

    def sleep(self, seconds: float) -> None:
        self.clock.run(self.clock.now + seconds)

    def follower(self, look: Callable[[], Job] | None = None, **options: Any) -> Follower:
        return Follower(
            look=look or self.job,
            events=lambda streams: LogEvents(self.logs, *streams),
            clock=Time(now=lambda: self.clock.now, sleep=self.sleep),
            **options,
        )

    def reader(self, **options: Any) -> LogReader:
        events = LogEvents(self.logs, "group", "churn/")
        return LogReader(events, NOW * 1000, **options)

    def follow(self, **options: Any) -> list[LogEvent]:
        follower = self.follower(**options)
        for batch in follower.follow(follower.look(), self.said.append):
            self.read += ((self.clock.now, event) for event in batch)
        return [event for _, event in self.read]


def ids(events: Sequence[LogEvent]) -> list[str]:
    return [event.event_id for event in events]


def most_out_of_order(events: Sequence[LogEvent]) -> int:
    """In milliseconds: how much older a line is than one before it."""
    latest, most = 0, 0
    for event in events:
        latest = max(latest, event.timestamp)
        most = max(most, latest - event.timestamp)
    return most


@pytest.mark.parametrize("page_size", [10_000, 97])
def test_ten_thousand_lines_come_once_and_in_order(page_size: int) -> None:
    lines = list(written(10_000, 120, partial(random.Random(2).uniform, 0.1, 0.9)))
    world = World(lines, ends_at=NOW + 121, page_size=page_size)
    read = world.follow()

    assert Counter(ids(read)) == Counter(line.event_id for line in lines)
    for stream in STREAMS:
        of_stream = [event.event_id for event in read if event.stream == stream]
        assert of_stream == [line.event_id for line in lines if line.stream == stream]
    assert most_out_of_order(read) <= 1000


def test_a_line_is_given_out_within_two_seconds() -> None:
    lines = list(written(300, 300, partial(random.Random(2).uniform, 0.1, 0.9)))
    world = World(lines, ends_at=NOW + 301, seconds=0.2)
    world.follow()
    shown_at = {line.event_id: line.shown_at for line in lines}
    assert max(at - shown_at[event.event_id] for at, event in world.read) <= 2


def test_lines_that_come_late_are_not_lost() -> None:
    late = random.Random(3)
    lines = list(written(3000, 300, lambda: 90.0 if late.random() < 0.05 else 0.5))
    world = World(lines, ends_at=NOW + 301)
    assert Counter(ids(world.follow())) == Counter(line.event_id for line in lines)
    assert world.clock.now >= NOW + 301 + 90


def test_a_clock_that_is_ahead_does_not_hide_the_lines_of_others() -> None:
    lines = [
        Line(f"{number:056}", STREAMS[number % 2], NOW + number + 600 * (number % 2), NOW + number + 0.5)
        for number in range(200)
    ]
    world = World(lines, ends_at=NOW + 201)
    assert Counter(ids(world.follow())) == Counter(line.event_id for line in lines)


def test_the_memory_of_a_follower_is_bounded() -> None:
    lines = list(written(6000, 2000))
    world = World(lines)
    reader = world.reader()
    most = 0
    while world.clock.now < NOW + 2100:
        reader.recent()
        most = max(most, reader.kept)
        world.sleep(5)
    assert most <= 1.2 * len(lines) / 2000 * log_reading.LATE_MS / 1000


def test_lines_that_are_there_are_in_order_of_time() -> None:
    lines = list(written(5000, 20_000))
    world = World(lines, page_size=50)
    world.clock.run(NOW + 20_001)
    batches = list(world.reader(max_in_span=500).until((NOW + 20_001) * 1000))
    read = [event for batch in batches for event in batch]
    assert Counter(ids(read)) == Counter(line.event_id for line in lines)
    assert most_out_of_order(read) == 0
    assert max(map(len, batches)) <= 500


def test_a_second_with_too_many_lines_is_read_nevertheless() -> None:
    world = World(list(written(200, 0.5)))
    world.clock.run(NOW + 10)
    batches = world.reader(max_in_span=50).until((NOW + 10) * 1000)
    assert sum(map(len, batches)) == 200


def test_a_group_that_does_not_exist_yet_is_waited_for() -> None:
    world = World(list(written(10, 30)), ends_at=NOW + 31, has_group=False)
    world.clock.at(NOW + 20, lambda: setattr(world.logs, "has_group", True))
    assert len(world.follow()) == 10


def test_a_job_that_its_provider_does_not_have_yet_is_waited_for() -> None:
    world = World(list(written(10, 30)), ends_at=NOW + 31)

    def look() -> Job:
        return a_job(state=State.QUEUED) if world.clock.now < NOW + 10 else world.job()

    assert len(world.follow(look=look)) == 10
    assert world.said[0] == f"{RUNNING.job_id} is QUEUED; its provider does not have it yet"


def test_a_job_that_ends_without_its_provider_has_no_lines() -> None:
    world = World()
    assert world.follow(look=lambda: a_job(state=State.CANCELLED)) == []


def test_lines_before_since_are_left_out() -> None:
    lines = list(written(100, 100))
    world = World(lines, ends_at=NOW + 101)
    assert ids(world.follow(since=NOW + 50.0)) == [line.event_id for line in lines if line.at >= NOW + 50]


def test_a_job_that_ended_long_ago_is_not_waited_for() -> None:
    world = World(list(written(10, 30)), ends_at=NOW + 31)
    world.clock.run(NOW + 1000)
    assert len(world.follow()) == 10
    assert world.clock.now < NOW + 1002


class TestRefused:
    def test_throttling_does_not_end_a_follower(self) -> None:
        world = World(list(written(100, 100)), ends_at=NOW + 101)
        world.clock.at(NOW + 20, lambda: world.logs.refusals.extend(["ThrottlingException"] * 4))
        assert len(world.follow()) == 100

    def test_nor_does_it_end_the_read_of_what_is_there(self) -> None:
        world = World(list(written(100, 100)))
        world.clock.run(NOW + 3600)
        world.logs.refusals.extend(["ThrottlingException"] * 4)
        assert len(world.follow()) == 100

    @pytest.mark.parametrize(
        ("code", "number"), [("AccessDeniedException", 1), ("ThrottlingException", MAX_FAILURES)]
    )
    def test_what_does_not_pass_does(self, code: str, number: int) -> None:
        world = World(list(written(100, 100)), ends_at=NOW + 101)
        world.clock.at(NOW + 20, lambda: world.logs.refusals.extend([code] * number))
        with pytest.raises(ClientError, match=code):
            world.follow()


def test_the_lines_of_the_next_attempt_follow() -> None:
    """The first attempt fails after a minute, the second one begins a minute later under its own name."""
    second = "churn-0badcafe-2"
    lines = [
        Line(f"{number:056}", f"{name}/algo-1-1", at, at, f"of {name}")
        for number, (name, at) in enumerate([("churn", NOW + 30.0), (second, NOW + 150.0)])
    ]
    world = World(lines)
    past = ({"name": "churn", "state": "FAILED", "moves": [], "id": ARN},)
    waits = a_job(attempt=2, past=past, name=second)
    runs = a_job(attempt=2, past=past, name=second, state=State.RUNNING, provider_id=f"{ARN}-2")
    ended = replace(runs, state=State.SUCCEEDED, updated_at=iso(NOW + 200))

    def look() -> Job:
        ages = {60: RUNNING, 120: waits, 200: runs}
        age = world.clock.now - NOW
        return next((job for until, job in ages.items() if age < until), ended)

    assert [event.message for event in world.follow(look=look)] == ["of churn", f"of {second}"]
    assert any(said.startswith("attempt 2 of jc-") for said in world.said)
