"""Rows that were read before, so that a view that is read again and again reads what has changed."""

import time
from collections.abc import Callable, Iterable, Mapping
from threading import Lock

from jobchute.job import Job
from jobchute.ledger.job_queries import Listed
from jobchute.ledger.jobs import Ledger

MAX_KNOWN = 3_000
MAX_AGE_SECONDS = 30
"""Of an open job: its row also changes where it does not move."""


class KnownJobs:
    """now: seconds of any clock."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._jobs: dict[str, tuple[float, Job]] = {}
        self._lock = Lock()

    def read(self, ledger: Ledger, listed: Iterable[Listed]) -> list[Job]:
        """The jobs, in this order, each once. One read for 100 that are not known or have moved."""
        wanted = {each.job_id: each.updated_at for each in listed}
        with self._lock:
            known = dict(self._jobs)
        missing = [job_id for job_id, at in wanted.items() if not self._is_newest(known.get(job_id), at)]
        read = {job.job_id: job for job in ledger.get_many(missing)} if missing else {}
        self._keep(read)
        found = (read.get(job_id) or self._job_of(known, job_id) for job_id in wanted)
        return [job for job in found if job is not None]

    def read_once(self, ledger: Ledger, job_ids: Iterable[str]) -> list[Job]:
        """The same, for what never changes of a job: a known row is not read again."""
        wanted = list(dict.fromkeys(job_ids))
        with self._lock:
            known = {job_id: self._jobs[job_id] for job_id in wanted if job_id in self._jobs}
        missing = [job_id for job_id in wanted if job_id not in known]
        read = {job.job_id: job for job in ledger.get_many(missing)} if missing else {}
        self._keep(read)
        return [*(job for _, job in known.values()), *read.values()]

    def _is_newest(self, kept: tuple[float, Job] | None, updated_at: str) -> bool:
        if kept is None or kept[1].updated_at < updated_at:
            return False
        return kept[1].state.is_final or self._now() - kept[0] < MAX_AGE_SECONDS

    def _job_of(self, known: Mapping[str, tuple[float, Job]], job_id: str) -> Job | None:
        return known[job_id][1] if job_id in known else None

    def _keep(self, read: Mapping[str, Job]) -> None:
        with self._lock:
            if len(self._jobs) + len(read) > MAX_KNOWN:
                self._jobs.clear()
            self._jobs |= {job_id: (self._now(), job) for job_id, job in read.items()}
