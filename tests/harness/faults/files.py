"""What files of several documents must say at rest: the true counts, and whether all has ended."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import reduce
from typing import Any

from jobchute.job import FINAL_STATES, Job, State
from jobchute.ledger.files import FileRow, file_row_of
from jobchute.requests.objective import Best, better_of, reached
from jobchute.status.files import file_id_of, file_status_of
from tests.harness.faults.sent import Sent
from tests.harness.faults.violation import Rows, Violation
from tests.harness.faults.world import World

FILE_EVENT = "file-"
"""The ids of events that tell of files begin so, and no others."""


def ends_of_files(world: World, rows: Rows) -> Iterator[Violation]:
    told: dict[str, list[Mapping[str, Any]]] = {}
    for detail in world.bus.heard:
        if detail["id"].startswith(FILE_EVENT):
            told.setdefault(detail["id"], []).append(detail)
    for item in world.rows.files.values():
        row = file_row_of(item)
        yield from _file(world, rows, row, told.pop(f"{file_id_of(row)}:ended", []))
    for event in told:
        yield Violation("wrong", event, "tells of a file that is not there")


def _file(world: World, rows: Rows, row: FileRow, told: list[Mapping[str, Any]]) -> Iterator[Violation]:
    about = f"file {row.source.uri}?{row.source.version}"
    true = Counter(str(job.state) for job in rows.values() if _is_of(row, job))
    is_over = row.reading.finished or row.cancelled_at is not None
    if not is_over:
        if told or row.ended_at is not None:
            yield Violation("wrong", about, "it has ended before it was read")
        return
    if not told:
        yield Violation("lost", about, "no event told of its end")
    for detail in told:
        if detail["states"] != true or not {*map(State, detail["states"])} <= FINAL_STATES:
            yield Violation("wrong", about, f"its end was told with {detail['states']}; it has {dict(true)}")
        if detail["endedAt"] != row.ended_at:
            yield Violation("wrong", about, f"it ended at {row.ended_at} and is told {detail['endedAt']}")
    if dict(row.states) != true or row.ended_at is None:
        yield Violation("wrong", about, f"its row counts {dict(row.states)}, the ledger {dict(true)}")
    yield from _best(rows, row, about)
    yield from _document(world, row, about)


def _best(rows: Rows, row: FileRow, about: str) -> Iterator[Violation]:
    """Of jobs with one value, each may be the best: those of one moment have no order."""
    jobs = sorted((job for job in rows.values() if _is_of(row, job)), key=lambda job: job.created_at)
    true: Best | None = reduce(better_of, jobs, None)
    found, expected = (None if each is None else each.value for each in (row.best, true))
    named = "" if row.best is None else row.best.job_id
    reaches = named in rows and true is not None and reached(rows[named], true.metric) == found
    if found != expected or bool(named) != reaches:
        yield Violation("wrong", about, f"its row says that the best is {row.best}; it is {true}")


def _document(world: World, row: FileRow, about: str) -> Iterator[Violation]:
    """Of a file's newest version."""
    newest = world.rows.items.get((f"SOURCE#{row.source.uri}", "NEWEST"))
    if newest is not None and newest["version"]["S"] != row.source.version:
        return
    document = world.s3.status(row.source.status_key)
    if document is None:
        yield Violation("lost", about, "no status document")
        return
    expected = json.loads(json.dumps(file_status_of(row, None)))
    told = {name: document.get(name) for name in expected if name != "source"}
    wrong = {name: value for name, value in told.items() if value != expected[name]}
    if wrong:
        yield Violation("wrong", about, f"its status document says {wrong}")


def _is_of(row: FileRow, job: Job) -> bool:
    mine, its = row.source, job.source
    if (mine.uri, mine.owner, mine.version) != (its.uri, its.owner, its.version):
        return False
    return bool(mine.version) or mine.sequencer == its.sequencer


def is_unread(world: World, sent: Sent) -> bool:
    """Whether a document of a file was not read, or lately: its file was cancelled, or its message is dead."""
    uri, _, index = sent.uri.partition("#")
    if not index:
        return False
    version = sent.references[-1].partition("?version=")[2].partition("#")[0]
    row = world.rows.files.get(f"FILE#{uri} VERSION#{version}")
    return row is None or int(index) >= file_row_of(row).reading.position.index


def is_cancelled(world: World, sent: Sent) -> bool:
    uri = sent.uri.partition("#")[0]
    return any(
        name.startswith(f"FILE#{uri} ") and "cancelledAt" in row for name, row in world.rows.files.items()
    )
