"""Rows of jobs are read again only if they may have changed."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from jobchute.cli.facts.known_jobs import MAX_AGE_SECONDS, MAX_KNOWN, KnownJobs
from jobchute.job import Job, State, iso
from jobchute.ledger.job_queries import Listed
from tests.builders import NOW, a_job


class FakeLedger:
    """reads: the ids of each call."""

    def __init__(self, *jobs: Job) -> None:
        self.jobs = {job.job_id: job for job in jobs}
        self.reads: list[list[str]] = []

    def get_many(self, job_ids: Iterable[str]) -> Iterator[Job]:
        ids = [*job_ids]
        self.reads.append(ids)
        return (self.jobs[job_id] for job_id in ids if job_id in self.jobs)


ENDED = replace(a_job("ended", state=State.SUCCEEDED), updated_at=iso(NOW))
OPEN = replace(a_job("open", state=State.RUNNING), updated_at=iso(NOW))


def listed(*jobs: Job) -> list[Listed]:
    return [Listed(job.job_id, job.updated_at) for job in jobs]


def test_an_ended_job_is_read_once() -> None:
    ledger: Any = FakeLedger(ENDED)
    now = [0.0]
    known = KnownJobs(lambda: now[0])
    for at in (0.0, 1e6):
        now[0] = at
        assert known.read(ledger, listed(ENDED)) == [ENDED]
    assert ledger.reads == [[ENDED.job_id]]


def test_a_job_that_has_moved_is_read_again() -> None:
    ledger: Any = FakeLedger(OPEN, ENDED)
    known = KnownJobs(lambda: 0.0)
    known.read(ledger, listed(OPEN, ENDED))
    moved = replace(OPEN, state=State.FAILED, updated_at=iso(NOW + 1))
    ledger.jobs[OPEN.job_id] = moved
    assert known.read(ledger, listed(moved, ENDED)) == [moved, ENDED]
    assert ledger.reads[1:] == [[OPEN.job_id]]


def test_an_open_job_is_read_again_after_a_while() -> None:
    ledger: Any = FakeLedger(OPEN)
    now = [0.0]
    known = KnownJobs(lambda: now[0])
    for at in (0.0, MAX_AGE_SECONDS - 1, MAX_AGE_SECONDS + 1):
        now[0] = at
        known.read(ledger, listed(OPEN))
    assert len(ledger.reads) == 2


def test_what_never_changes_is_read_once() -> None:
    ledger: Any = FakeLedger(OPEN)
    now = [0.0]
    known = KnownJobs(lambda: now[0])
    for at in (0.0, 1e6):
        now[0] = at
        assert known.read_once(ledger, [OPEN.job_id]) == [OPEN]
    assert len(ledger.reads) == 1


def test_a_row_that_is_gone_is_left_out() -> None:
    ledger: Any = FakeLedger()
    assert KnownJobs().read(ledger, listed(ENDED)) == []
    assert KnownJobs().read_once(ledger, [ENDED.job_id]) == []


@pytest.mark.parametrize("read", ["read", "read_once"])
def test_nothing_is_asked_for_nothing(read: str) -> None:
    ledger: Any = FakeLedger()
    assert getattr(KnownJobs(), read)(ledger, []) == []
    assert ledger.reads == []


def test_not_all_jobs_are_kept_for_ever() -> None:
    jobs = [replace(ENDED, job_id=f"jc-{number}") for number in range(MAX_KNOWN + 1)]
    ledger: Any = FakeLedger(*jobs)
    known = KnownJobs()
    known.read(ledger, listed(*jobs[:MAX_KNOWN]))
    known.read(ledger, listed(jobs[MAX_KNOWN]))
    known.read(ledger, listed(jobs[0]))
    assert [len(ids) for ids in ledger.reads] == [MAX_KNOWN, 1, 1]
