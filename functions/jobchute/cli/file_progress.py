"""The progress of a file of several documents, in one line."""

from jobchute.cli.columns import short_id
from jobchute.cli.output import counted
from jobchute.job import State
from jobchute.ledger.files import FileRow, FileRows


def file_row(rows: FileRows, uri: str, version: str | None) -> FileRow | None:
    """The newest version of a file, or the named one; None for a file of one document."""
    found = [row for row in rows.versions(uri) if version in (None, row.source.version)]
    return max(found, key=lambda row: row.source.sequencer, default=None)


def file_line(row: FileRow) -> str:
    """How far it was read, its jobs by state at the latest count, and when all had ended."""
    if row.reading.finished:
        parts = [f"{counted(row.documents, 'document')} read"]
    else:
        parts = [f"{row.reading.position.index} of {counted(row.documents, 'document')} read"]
    if row.cancelled_at is not None:
        parts[0] += ", cancelled"
    states = [f"{row.states[state]} {state}" for state in State if row.states.get(state)]
    if row.counted_at is None:
        parts.append("its jobs have not been counted yet")
    else:
        parts.append(f"{', '.join(states) or 'no jobs of its own'} (counted {row.counted_at})")
    if row.best is not None and row.best.job_id:
        parts.append(f"best {short_id(row.best.job_id)} {row.best.metric}={row.best.value:g}")
    if row.ended_at is not None:
        parts.append(f"ended {row.ended_at}")
    return f"{row.source.uri}: {'; '.join(parts)}"
