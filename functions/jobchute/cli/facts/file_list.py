"""The files of several documents: how far each was read, and what became of its jobs."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import NamedTuple

from jobchute.cli.job_filters import Wanted, all_found
from jobchute.job import FINAL_STATES, Source, State
from jobchute.ledger.files import FileRow, FileRows
from jobchute.ledger.jobs import Ledger
from jobchute.requests.objective import Best

MAX_OPEN = 100
MAX_JOBS = 200
"""The latest jobs among which the sources of further files are looked for."""
MAX_SOURCES = 100


class FileFacts(NamedTuple):
    """One version of a file. read: how many of its documents were taken; the four figures say what became of
    them, with each combination of a matrix counted by itself.

    states: its jobs and rejections by state, at the latest count. note: why reading has stopped.
    """

    source: Source
    documents: int
    read: int
    accepted: int
    duplicate: int
    rejected: int
    answered: int
    states: Mapping[State, int]
    is_read: bool
    is_cancelled: bool
    note: str | None
    counted_at: str | None
    updated_at: str
    ended_at: str | None
    best: Best | None

    @property
    def jobs(self) -> int:
        return sum(self.states.values())

    @property
    def ended(self) -> int:
        return sum(number for state, number in self.states.items() if state in FINAL_STATES)

    @property
    def progress(self) -> str:
        """In a few words."""
        if self.ended_at is not None:
            return "ended"
        if self.is_cancelled:
            return "cancelled"
        return "its jobs run" if self.is_read else "being read"


class FileList(NamedTuple):
    """files: those that are not over first, then the latest. is_partial: whether there may be more that are not
    over.
    """

    files: tuple[FileFacts, ...]
    is_partial: bool = False


def file_list(ledger: Ledger) -> FileList:
    """Files that are not over, and those of the latest jobs. At most 31 queries and reads."""
    rows = FileRows(ledger.client, ledger.table)
    still_open = [*rows.open(MAX_OPEN + 1)]
    known = {_file_of(row.source) for row in still_open}
    recent = [source for source in _recent_sources(ledger) if source not in known]
    found = [*still_open[:MAX_OPEN], *rows.of_sources(recent)]
    files = sorted(map(facts_of, found), key=_newest_last, reverse=True)
    return FileList(tuple(files), len(still_open) > MAX_OPEN)


def file_at(rows: FileRows, uri: str) -> FileFacts | None:
    """The newest version of a file; None for a file of one document."""
    newest = max(rows.versions(uri), key=lambda row: row.source.sequencer, default=None)
    return None if newest is None else facts_of(newest)


def facts_of(row: FileRow) -> FileFacts:
    reading = row.reading
    return FileFacts(
        source=row.source,
        documents=row.documents,
        read=row.documents if reading.finished else reading.position.index,
        accepted=reading.accepted,
        duplicate=reading.duplicate,
        rejected=reading.rejected,
        answered=reading.answered,
        states={state: row.states[state] for state in State if row.states.get(state)},
        is_read=reading.finished,
        is_cancelled=row.cancelled_at is not None,
        note=reading.note,
        counted_at=row.counted_at,
        updated_at=row.updated_at,
        ended_at=row.ended_at,
        best=row.best if row.best is not None and row.best.job_id else None,
    )


def _newest_last(file: FileFacts) -> tuple[bool, str]:
    return file.ended_at is None, file.ended_at or file.updated_at


def _recent_sources(ledger: Ledger) -> Iterable[Source]:
    """The sources of the latest jobs, as their files have them: without the place of a document."""
    jobs = islice(all_found(ledger, Wanted()), MAX_JOBS)
    sources = (_file_of(job.source) for job in jobs if job.source.uri.startswith("s3://"))
    return islice(dict.fromkeys(sources), MAX_SOURCES)


def _file_of(source: Source) -> Source:
    """The same for all documents of a file."""
    return Source(
        uri=source.uri,
        status_key="",
        version=source.version,
        sequencer=source.sequencer,
        owner=source.owner,
    )
