"""The status document of a file of several jobs. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobchute.file_rows import OUTCOMES, FileRow
from jobchute.sources import combination_source, document_source

MOST_LISTED = 1000
"""A file that is read in one call has so many of its documents listed."""

Listed = Mapping[str, Any]


def file_status_of(row: FileRow, listed: Sequence[Listed] | None) -> dict[str, Any]:
    """How far a file has been read, and what became of its documents so far.

    listed: the answers to the first documents, where they are known.
    """
    reading = row.reading
    status: dict[str, Any] = {
        "source": {"uri": row.source.uri, "version": row.source.version},
        **{outcome: getattr(reading, outcome) for outcome in OUTCOMES},
        "progress": {
            "documents": row.documents,
            "done": reading.position.index,
            "finished": reading.finished,
            "cancelled": row.cancelled_at is not None,
        },
    }
    if reading.note:
        status["note"] = reading.note
    if reading.rejections:
        status["rejectedDocuments"] = [_rejection(row, each) for each in reading.rejections]
    return status if listed is None else {**status, "documents": list(listed)}


def _rejection(row: FileRow, which: str) -> dict[str, Any]:
    index, _, combination = which.partition("/")
    source = document_source(row.source, int(index))
    found = {"document": int(index)}
    if combination:
        source = combination_source(source, int(combination))
        found["combination"] = int(combination)
    return {**found, "status": source.status_key}
