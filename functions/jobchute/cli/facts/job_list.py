"""One page of a list of jobs: filtered and sorted, with a bounded number of reads.

The ledger's indexes give the order of the latest moves, and, for a file, message or label, that of creation. In
that order, a list goes on as far as a person wants, MAX_READ jobs at a time. Any other order is one of the
latest MAX_READ jobs, and says so.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from jobchute.cli.job_filters import Wanted, candidates
from jobchute.cli.job_sources import api_of, document_of
from jobchute.job import Job, State
from jobchute.ledger.jobs import Ledger

MAX_READ = 1_000
"""Jobs that are read for one page: ten reads."""
PAGE_SIZE = 50
LATEST = "latest"
STATE_ORDER = {state: number for number, state in enumerate(State)}
SORTS: dict[str, Callable[[Job], object]] = {
    "name": lambda job: (job.name or document_of(job)).casefold(),
    "state": lambda job: STATE_ORDER[job.state],
    "created": lambda job: job.created_at,
    "api": lambda job: str(api_of(job) or ""),
    "cause": lambda job: str(job.cause or ""),
}


class Cursor(NamedTuple):
    """Where a page begins. until: the jobs that moved then or before. skipped: of those that moved at this very
    time, how many were shown. offset: in a list that has another order.
    """

    until: str | None = None
    skipped: int = 0
    offset: int = 0


class Ask(NamedTuple):
    """What a list shows. text: a part of a name, id, reason, source, label or provider id. sort: LATEST, or one
    of SORTS, with `-` before it for the opposite order. size: of a page. max_read: jobs that are read for one.
    """

    wanted: Wanted = Wanted()
    text: str = ""
    sort: str = LATEST
    cursor: Cursor = Cursor()
    size: int = PAGE_SIZE
    max_read: int = MAX_READ

    @property
    def is_by_moves(self) -> bool:
        """Whether the index gives the order, and any page of it."""
        return self.sort == LATEST and self.wanted.label is None and self.wanted.source is None

    def fits(self, job: Job) -> bool:
        return self.wanted.fits(job) and (not self.text or _has_text(job, self.text.casefold()))


class JobList(NamedTuple):
    """read: how many jobs were compared. back_to: when the last one of them moved. following: where the next
    page begins; None at the end. total: of the matching jobs that were read, in an order of their own.
    is_partial: whether there may be more than were read.
    """

    jobs: tuple[Job, ...]
    read: int
    back_to: str | None = None
    following: Cursor | None = None
    total: int | None = None
    is_partial: bool = False


def job_list(ledger: Ledger, ask: Ask) -> JobList:
    """A query for each list of states, 26 at most, and at most ten reads of rows."""
    return _by_moves(ledger, ask) if ask.is_by_moves else _sorted(ledger, ask)


def _by_moves(ledger: Ledger, ask: Ask) -> JobList:
    rows = islice(_after(candidates(ledger, ask.wanted, until=ask.cursor.until), ask.cursor), ask.max_read)
    shown: list[Job] = []
    read: list[Job] = []
    for job in rows:
        if len(shown) == ask.size:
            return JobList(tuple(shown), len(read), shown[-1].updated_at, _next(read, ask.cursor))
        read.append(job)
        if ask.fits(job):
            shown.append(job)
    back_to = read[-1].updated_at if read else None
    if len(read) < ask.max_read:
        return JobList(tuple(shown), len(read), back_to)
    return JobList(tuple(shown), len(read), back_to, _next(read, ask.cursor), is_partial=True)


def _after(jobs: Iterator[Job], cursor: Cursor) -> Iterator[Job]:
    """Without those that earlier pages have read."""
    left = cursor.skipped
    for job in jobs:
        if left and job.updated_at == cursor.until:
            left -= 1
            continue
        yield job


def _next(read: Sequence[Job], cursor: Cursor) -> Cursor:
    """Behind all that were read. A time that has more jobs than a page is gone through by counting them."""
    last = read[-1].updated_at
    at_once = sum(1 for job in read if job.updated_at == last)
    return Cursor(last, at_once + (cursor.skipped if cursor.until == last else 0))


def _sorted(ledger: Ledger, ask: Ask) -> JobList:
    read = [*islice(candidates(ledger, ask.wanted), ask.max_read + 1)]
    is_partial = len(read) > ask.max_read
    read = read[: ask.max_read]
    found = in_order([job for job in read if ask.fits(job)], ask.sort)
    end = ask.cursor.offset + ask.size
    following = Cursor(offset=end) if len(found) > end else None
    shown = tuple(found[ask.cursor.offset : end])
    return JobList(shown, len(read), None, following, len(found), is_partial)


def in_order(jobs: Sequence[Job], sort: str) -> list[Job]:
    """Jobs that are alike by the sort keep their order."""
    key = SORTS.get(sort.removeprefix("-"))
    return [*jobs] if key is None else sorted(jobs, key=key, reverse=sort.startswith("-"))  # type: ignore[arg-type]


def _has_text(job: Job, text: str) -> bool:
    labels = (f"{name}={value}" for name, value in job.labels.items())
    texts = (job.name, job.job_id, job.reason, document_of(job), job.provider_id, job.idempotency_key, *labels)
    return any(text in each.casefold() for each in texts if each)
