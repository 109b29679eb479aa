"""The status document of a file of several jobs, and the event for its end. Pure."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from jobchute.job import State, iso, sha256
from jobchute.ledger.files import OUTCOMES, FileRow
from jobchute.status.sources import combination_source, document_source

if TYPE_CHECKING:
    from jobchute.requests.objective import Best

MAX_LISTED = 1000
"""The number of documents that are listed for a file that is read in one call."""

Listed = Mapping[str, Any]


def file_status_of(row: FileRow, listed: Sequence[Listed] | None) -> dict[str, Any]:
    """How far a file has been read, and the outcomes of its documents so far.

    listed: the answers to the first documents, if they are known.
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
    """The detail of the event for the end of a file. status: the key of its status document.

    `id` is the same in every repetition: one version of a file has one end.
    """
    status = file_status_of(row, None)
    status.pop("rejectedDocuments", None)
    owner = {} if row.source.owner is None else {"owner": row.source.owner}
    return {"id": f"{file_id_of(row)}:ended", **owner, **status, "status": row.source.status_key}


def file_id_of(row: FileRow) -> str:
    """The id of one version of a file."""
    source = row.source
    return f"file-{sha256(f'{source.uri}?version={source.version or source.sequencer or row.etag}')}"


def source_of_file(row: FileRow) -> dict[str, Any]:
    return {"uri": row.source.uri, "version": row.source.version}


def _counted(row: FileRow) -> dict[str, Any]:
    """What the reconciler has counted, and for a cancelled file the effect of the cancellation."""
    if row.counted_at is None:
        return {}
    states = {str(state): row.states[state] for state in State if row.states.get(state)}
    counted: dict[str, Any] = {"states": states, "countedAt": row.counted_at, "sweep": sweep_command(row)}
    if row.best is not None and row.best.job_id:
        counted["best"] = _best(row.best)
    if row.ended_at is not None:
        counted["endedAt"] = row.ended_at
    if row.cancelled_at is not None:
        counted["cancellation"] = {
            "at": iso(row.cancelled_at),
            "jobs": states.get(State.CANCELLED, 0),
            "unreadDocuments": row.documents - row.reading.position.index,
        }
    return counted


def sweep_command(row: FileRow) -> str:
    """The command that compares the jobs of the file."""
    from shlex import quote

    return f"jobchute sweep {quote(row.source.uri)}"


def _best(best: "Best") -> dict[str, Any]:
    found = {
        "jobId": best.job_id,
        "metric": best.metric,
        "goal": best.goal,
        "value": best.value,
        "document": best.document,
    }
    return found if best.combination is None else {**found, "combination": best.combination}


def _rejection(row: FileRow, which: str) -> dict[str, Any]:
    index, _, combination = which.partition("/")
    source = document_source(row.source, int(index))
    found = {"document": int(index)}
    if combination:
        source = combination_source(source, int(combination))
        found["combination"] = int(combination)
    return {**found, "status": source.status_key}
