import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial
from io import StringIO
from typing import Any, cast

import pytest
from rich.console import Console

from jobchute.cli.following import Awaited, Clock, Row, follow, look
from jobchute.cli.live_view import board
from jobchute.cli.tables import elapsed
from jobchute.errors import UnknownJobError
from jobchute.job import Api, Job, Source, State, iso, rejection_id_of
from jobchute.ledger.jobs import Ledger

SOURCE = Source(uri="s3://bucket/requests/a.json", status_key="status/a.json.json", version="v2", index=1)
JOB = Job(
    job_id="jc-1",
    api=Api.BRAKET_JOB,
    state=State.QUEUED,
    created_at="2026-11-21T10:00:00.000Z",
    updated_at="2026-11-21T10:00:00.000Z",
    source=SOURCE,
    name="one",
    digest="d1",
)
AWAITED = Awaited(title="a.json#1", api=Api.BRAKET_JOB, source=SOURCE, job_id="jc-1", digest="d1")


@dataclass
class Rows:
    """A ledger of rows in memory, for reading."""

    jobs: dict[str, Job] = field(default_factory=dict)

    def get(self, job_id: str) -> Job:
        if job_id not in self.jobs:
            raise UnknownJobError(job_id)
        return self.jobs[job_id]

    def put(self, *jobs: Job) -> None:
        self.jobs |= {job.job_id: job for job in jobs}


@dataclass
class Time:
    """Time that passes only while somebody waits; what happens then is a step at a time."""

    steps: Iterator[Callable[[], None]]
    now: float = 0.0

    def clock(self, **options: Any) -> Clock:
        return Clock(now=lambda: self.now, pause=self._pause, **options)

    def _pause(self, seconds: float) -> None:
        self.now += seconds
        next(self.steps, lambda: None)()


def rejection(source: Source) -> Job:
    return replace(JOB, job_id=rejection_id_of(source), api=None, state=State.REJECTED, digest="")


def followed(rows: Rows, clock: Clock) -> list[list[State | None]]:
    seen = follow(cast("Ledger", rows), [AWAITED], clock)
    return [[row.job.state if row.job else None for row in each] for each in seen]


def test_a_job_is_followed_from_nothing_to_its_end() -> None:
    rows = Rows()
    states = [State.QUEUED, State.RUNNING, State.SUCCEEDED]
    time = Time(iter([partial(rows.put, replace(JOB, state=state)) for state in states]))
    assert followed(rows, time.clock()) == [[None], [State.QUEUED], [State.RUNNING], [State.SUCCEEDED]]


def test_what_never_ends_is_given_up_when_the_time_is_over() -> None:
    rows = Rows()
    rows.put(JOB)
    time = Time(iter(()))
    assert followed(rows, time.clock(interval=0.5, timeout=2)) == [[State.QUEUED]] * 5
    assert time.now == 2


def test_a_job_that_had_ended_needs_one_look() -> None:
    rows = Rows()
    rows.put(replace(JOB, state=State.FAILED))
    assert followed(rows, Time(iter(())).clock()) == [[State.FAILED]]


def test_a_job_of_another_body_under_the_id_is_not_the_answer() -> None:
    rows = Rows()
    rows.put(replace(JOB, digest="another", state=State.SUCCEEDED))
    assert look(cast("Ledger", rows), AWAITED) is None
    rows.put(rejection(SOURCE))
    answer = look(cast("Ledger", rows), AWAITED)
    assert answer is not None
    assert answer.state is State.REJECTED


@pytest.mark.parametrize("other", [replace(SOURCE, index=2), replace(SOURCE, version="")])
def test_the_rejection_of_another_document_is_not_the_answer(other: Source) -> None:
    rows = Rows()
    rows.put(rejection(other))
    assert look(cast("Ledger", rows), AWAITED) is None


def shown(*looks: list[Row], is_terminal: bool) -> str:
    output = StringIO()
    with board(Console(file=output, force_terminal=is_terminal, width=200)) as show:
        for rows in looks:
            show(rows)
    return output.getvalue()


def test_without_a_terminal_each_change_is_one_line() -> None:
    job = replace(JOB, created_at=iso(time.time()))
    queued, failed = (
        Row(AWAITED, job),
        Row(AWAITED, replace(job, state=State.FAILED, reason="out of\x1b memory")),
    )
    text = shown([Row(AWAITED)], [queued], [queued], [failed], is_terminal=False)
    lines = [line.split() for line in text.splitlines()]
    assert [line[1:4] for line in lines] == [
        ["QUEUED", "one", "braket:CreateJob"],
        ["FAILED", "one", "braket:CreateJob"],
    ]
    assert "\x1b" not in text


def test_on_a_terminal_the_table_is_drawn_with_colours() -> None:
    text = shown([Row(AWAITED, replace(JOB, state=State.SUCCEEDED))], is_terminal=True)
    assert "\x1b[32mSUCCEEDED" in text
    assert "PROVIDER ID" in text


def test_of_many_jobs_the_open_ones_are_drawn_and_all_counted() -> None:
    ended = [Row(AWAITED, replace(JOB, name="ended", state=State.SUCCEEDED))] * 50
    text = shown([*ended, Row(AWAITED, replace(JOB, name="moving"))], is_terminal=True)
    assert "moving" in text
    assert "ended" not in text
    assert "51 in total: 1 QUEUED, 50 SUCCEEDED" in text


@pytest.mark.parametrize(
    ("end", "text"),
    [
        ("2026-11-21T10:00:00.900Z", "0s"),
        ("2026-11-21T10:01:05.000Z", "1m 5s"),
        ("2026-11-21T12:00:30.000Z", "2h 30s"),
        ("2026-11-26T10:20:00.000Z", "5d 20m"),
    ],
)
def test_the_time_a_job_took(end: str, text: str) -> None:
    assert elapsed(replace(JOB, state=State.SUCCEEDED, updated_at=end)) == text
