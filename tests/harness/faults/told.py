"""What people must have been told, and when jobs must have ended: the other half of the invariants."""

import json
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from jobchute.attempts import whole_history
from jobchute.dead_letters.messages import DeadLetterKind
from jobchute.job import Job, State, iso
from jobchute.status.documents import duplicate_status_of, status_of
from tests.harness.faults import changes
from tests.harness.faults.files import FILE_EVENT, is_unread
from tests.harness.faults.schedule import MINUTE
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Rows, Violation, short
from tests.harness.faults.world import World

SWEEPS = 900.0
"""Seconds: of the sweeps after a deadline, so many may meet faults."""
MAX_DEATHS = 45
"""Reconciliations that died after a deadline each extend the allowed time by a minute, up to this number."""


def status_documents(world: World, rows: Rows) -> Iterator[Violation]:
    """Each document's newest version has an answer, and it says what the ledger says."""
    newest: dict[str, Sent] = {}
    for sent in world.sent:
        place = sent.uri or sent.references[-1]
        known = newest.get(place)
        if known is None or known.sequencer < sent.sequencer:
            newest[place] = sent
    for sent in newest.values():
        yield from _answer(world, rows, sent)


def _is_dead(world: World, sent: Sent) -> bool:
    """Whether its message is a dead letter still: each redrive of it failed."""
    return any(message in world.dead[DeadLetterKind.INTAKE] for message in sent.messages)


def _answer(world: World, rows: Rows, sent: Sent) -> Iterator[Violation]:
    document = world.s3.status(sent.status_keys[-1])
    about = f"{sent.kind} at {sent.status_keys[-1]}"
    while document is not None and "redriven" in document:
        # The tool died once the message was sent again: its id is told here alone.
        document = world.s3.status(document["redriven"]["status"])
    if document is None and is_unread(world, sent):
        return
    if document is None:
        yield Violation("lost", about, "no status document")
        return
    job = rows.get(document.get("jobId", ""))
    if "deadLetter" in document and _is_dead(world, sent):
        return
    if sent.kind is Kind.MISTYPED or (sent.kind in (Kind.CANCEL, Kind.SET) and job is None):
        is_of_file = sent.kind is Kind.CANCEL and "file" in document
        if not is_of_file and ("errors" not in document or "jobId" in document):
            yield Violation("wrong", about, f"a wrong cancellation is answered {document}")
        return
    if job is None:
        if "deadLetter" not in document:
            yield Violation("wrong", about, f"it speaks of no row: {document}")
        return
    if "cancel" in document:
        return
    if sent.kind is Kind.SET:
        yield from changes.answered(rows, sent, document)
        return
    if sent.kind in (Kind.JOB, Kind.FOREIGN_NAME) and job.job_id != sent.job_id:
        yield Violation("wrong", about, "it speaks of another job, or of an older version")
    expected = duplicate_status_of(job) if document.get("duplicate") else status_of(job)
    if document != expected:
        told = {key: value for key, value in document.items() if expected.get(key) != value}
        yield Violation("wrong", about, f"it is behind the ledger ({job.state}): {told}")


def notifications(world: World, rows: Rows) -> Iterator[Violation]:
    told: dict[str, set[str]] = defaultdict(set)
    for detail in world.bus.heard:
        if detail["id"].startswith((FILE_EVENT, "budget:")):
            continue
        told[detail["id"]].add(detail["state"])
    true = {
        f"{job.job_id}:{number}": entry["state"]
        for job in rows.values()
        for number, entry in enumerate(whole_history(job), start=1)
    }
    for move, state in true.items():
        if told.get(move) != {state}:
            yield Violation("lost" if move not in told else "wrong", short(move), f"told as {told.get(move)}")
    for move in told.keys() - true.keys():
        yield Violation("wrong", short(move), "was told and did not happen")


def wishes(world: World, rows: Rows) -> Iterator[Violation]:
    """A job that somebody wanted stopped is stopped, unless it ended by itself soon."""
    for job_id, wished_at in world.wished_at.items():
        job = rows[job_id]
        made = world.provider.by_id.get(job.provider_id or "")
        if made is None or made.ended_at is None or made.stopped_at is not None:
            continue
        if made.ended_at > wished_at + world.slack:
            yield Violation("stuck", short(job_id), f"was to be stopped at {iso(wished_at)} and ran on")


def cancellations(world: World, rows: Rows) -> Iterator[Violation]:
    """No attempt begins once the cancellation of its job, or of its file, has been answered."""
    for sent in world.sent:
        answer = world.s3.statuses.get(sent.status_keys[-1]) if sent.kind is Kind.CANCEL else None
        document = {} if answer is None else json.loads(answer.data)
        if answer is None or "cancel" not in document or not document.get("finished", True):
            continue
        for job in _cancelled_by(document, rows):
            begun = [move["at"] for move in whole_history(job) if move["state"] == State.QUEUED]
            if begun[-1] > iso(answer.written_at + 1) and len(begun) > 1:
                yield Violation(
                    "wrong", short(job.job_id), f"attempt {len(begun)} began though it was cancelled"
                )


def _cancelled_by(document: dict[str, Any], rows: Rows) -> Iterator[Job]:
    if document.get("jobId") in rows:
        yield rows[document["jobId"]]
    if "file" in document:
        version = document.get("version")
        jobs = (
            job
            for job in rows.values()
            if job.source.uri == document["file"] and job.state is not State.REJECTED
        )
        yield from (job for job in jobs if version in (None, job.source.version))


def limits(world: World, rows: Rows) -> Iterator[Violation]:
    """No job is open beyond its time limit, a few sweeps and the time that its provider takes to stop it."""
    for job in rows.values():
        if job.state is State.REJECTED:
            continue
        asked_at = world.wished_at.get(job.job_id)
        ended_at = world.written_at[job.job_id, job.moves]
        begun_to_end = min(ended_at, asked_at or ended_at)
        deaths = sum(job.deadline < died_at < begun_to_end for died_at in world.deaths)
        if begun_to_end > job.deadline + SWEEPS + MINUTE * min(deaths, MAX_DEATHS):
            yield Violation("stuck", short(job.job_id), f"was open {begun_to_end - job.deadline:.0f} s over")


def labels(world: World, rows: Rows) -> Iterator[Violation]:
    """Every job is found under each of its labels, unless its request became a dead letter half-way."""
    dead = any(world.dead.values())
    labelled = world.rows.labelled()
    for job in rows.values():
        for name, value in job.labels.items():
            if not dead and (f"LABEL#{name}={value}", job.job_id) not in labelled:
                yield Violation("lost", short(job.job_id), f"it is not found under {name}={value}")
