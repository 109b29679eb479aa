"""The status document of a file of several jobs, and the event that tells of its end. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from jobchute.job import State, iso, sha256
from jobchute.ledger.files import OUTCOMES, FileRow
from jobchute.status.sources import combination_source, document_source

MAX_LISTED = 1000
"""A file that is read in one call has so many of its documents listed."""

Listed = Mapping[str, Any]


def file_status_of(row: FileRow, listed: Sequence[Listed] | None) -> dict[str, Any]:
    """How far a file has been read, and what became of its documents so far.

    listed: the answers to the first documents, where they are known.
    """
    reading = row.reading
    status: dict[str, Any] = {
        "source": source_of_file(row),
        **{outcome: getattr(reading, outcome) for outcome in OUTCOMES},
        "progress": {
            "documents": row.documents,
            "done": reading.position.index,
            "finished": reading.finished,
            "cancelled": row.cancelled_at is not None,
        },
        **_counted(row),
    }
    if reading.note:
        status["note"] = reading.note
    if reading.rejections:
        status["rejectedDocuments"] = [_rejection(row, each) for each in reading.rejections]
    return status if listed is None else {**status, "documents": list(listed)}


def file_event_of(row: FileRow) -> dict[str, Any]:
    """The detail of the event that a file has ended. status: where its status document is.

    `id` is the same at every repetition: one version of a file has one end.
    """
    status = file_status_of(row, None)
    status.pop("rejectedDocuments", None)
    owner = {} if row.source.owner is None else {"owner": row.source.owner}
    return {"id": f"{file_id_of(row)}:ended", **owner, **status, "status": row.source.status_key}


def file_id_of(row: FileRow) -> str:
    """One version of a file, and no other."""
    source = row.source
    return f"file-{sha256(f'{source.uri}?version={source.version or source.sequencer or row.etag}')}"


def source_of_file(row: FileRow) -> dict[str, Any]:
    return {"uri": row.source.uri, "version": row.source.version}


def _counted(row: FileRow) -> dict[str, Any]:
    """What the sweep has counted. Of a cancelled file also what became of it by that."""
    if row.counted_at is None:
        return {}
    states = {str(state): row.states[state] for state in State if row.states.get(state)}
    counted: dict[str, Any] = {"states": states, "countedAt": row.counted_at}
    if row.ended_at is not None:
        counted["endedAt"] = row.ended_at
    if row.cancelled_at is not None:
        counted["cancellation"] = {
            "at": iso(row.cancelled_at),
            "jobs": states.get(State.CANCELLED, 0),
            "unreadDocuments": row.documents - row.reading.position.index,
        }
    return counted


def _rejection(row: FileRow, which: str) -> dict[str, Any]:
    index, _, combination = which.partition("/")
    source = document_source(row.source, int(index))
    found = {"document": int(index)}
    if combination:
        source = combination_source(source, int(combination))
        found["combination"] = int(combination)
    return {**found, "status": source.status_key}
