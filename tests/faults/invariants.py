"""What must hold when a World has come to rest: the ten invariants, as a list of what breaks them."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jobchute.job import OPEN_STATES, Job, State, iso
from jobchute.status import duplicate_status_of, status_of
from tests.fakes.dynamodb import Change
from tests.fakes.provider import ProviderJob
from tests.fakes.queues import MOST_RECEIVES
from tests.faults.sent import Kind, Sent
from tests.faults.world import World

STOPPED = frozenset({State.CANCELLED, State.TIMED_OUT})
ENDS = {
    "COMPLETED": frozenset({State.SUCCEEDED}),
    "FAILED": frozenset({State.FAILED}),
    "CANCELLED": STOPPED,
    "STOPPED": STOPPED,
}
"""What a provider's last status may be called in the ledger."""

SWEEPS = 900.0
"""Seconds: of the sweeps after a deadline, so many may meet faults."""

OURS = frozenset({"tags", "Tags", "annotations", "clientToken", "clientRequestToken"})
"""What an adapter changes of a body."""

SWEEPS = 900.0
"""Seconds: of the sweeps after a deadline, so many may meet faults."""

OURS = frozenset({"tags", "Tags", "annotations", "clientToken", "clientRequestToken"})
"""What an adapter changes of a body."""

SLACK = 3600.0 + 300.0
"""Seconds: the longest silence, and a sweep that meets faults."""


Rows = Mapping[str, Job]


class Violation(NamedTuple):
    """kind: lost, double, orphaned, stuck or wrong."""

    kind: str
    about: str
    what: str


def violations(world: World, *, has_settled: bool) -> list[Violation]:
    """has_settled: what World.settle returned."""
    rows = world.rows.jobs()
    found = [] if has_settled else list(_stuck(world, rows))
    found += _fates(world, rows)
    found += _provider(world, rows)
    found += _executions(world, rows)
    found += _moves(world, rows)
    found += _status_documents(world, rows)
    found += _notifications(world, rows)
    found += _wishes(world, rows)
    found += _limits(world, rows)
    found += _labels(world, rows)
    found += _leases(world)
    found += _crowds(world, rows)
    return found


def _stuck(world: World, rows: Rows) -> Iterator[Violation]:
    for job_id in world.open:
        job = rows[job_id]
        yield Violation("stuck", _short(job_id), f"open in {job.state} since {job.updated_at}: {job.reason}")
    waiting = (world.stream.pending, world.intake.pending, world.events.pending)
    if any(waiting):
        yield Violation("stuck", "queues", f"stream, intake, events still hold {waiting}")


def _fates(world: World, rows: Rows) -> Iterator[Violation]:
    """Each document is one of: a job, a rejection, a dead letter that the ledger knows of."""
    homes: dict[str, set[str]] = defaultdict(set)
    for job in rows.values():
        homes[job.source.reference].add(job.job_id)
    dead = {name for _, name in world.rows.known_letters()}
    for sent in world.sent:
        yield from _fate(world, rows, sent, homes, dead)


def _fate(
    world: World, rows: Rows, sent: Sent, homes: dict[str, set[str]], dead: set[str]
) -> Iterator[Violation]:
    about = f"{sent.kind} {sent.references[-1]}"
    own = {home for reference in sent.references for home in homes[reference]}
    rejected = {home for home in own if home.startswith("rj-")}
    job = rows.get(sent.job_id)
    is_dead = bool(dead & set(sent.messages)) or bool(sent.event and dead)
    if sent.kind is not Kind.POISON:
        # What nothing hurt so often is not given up.
        is_dead = is_dead and len(world.wire.hit) >= MOST_RECEIVES
    match sent.kind:
        case Kind.JOB | Kind.FOREIGN_NAME if job is None and not is_dead:
            yield Violation("lost", about, "no job came of it, and no dead letter")
        case Kind.JOB | Kind.FOREIGN_NAME if rejected:
            yield Violation("wrong", about, "a valid request was rejected")
        case Kind.ONE_OF_KEY if not is_dead:
            is_its_own = job is not None and job.digest == sent.digest
            if job is None:
                yield Violation("lost", about, "no job came of any body under its key")
            elif bool(rejected) == is_its_own:
                yield Violation("wrong", about, f"its own body is the job: {is_its_own}; rejected: {rejected}")
        case Kind.INVALID if not rejected and not is_dead:
            yield Violation("lost", about, "neither a rejection nor a dead letter")
        case Kind.POISON if not is_dead:
            yield Violation("lost", about, "no dead letter that the ledger knows of")
    if own - rejected - {sent.job_id}:
        yield Violation("wrong", about, f"jobs that it did not ask for: {own}")


def _provider(world: World, rows: Rows) -> Iterator[Violation]:
    of_owner: dict[str, list[ProviderJob]] = defaultdict(list)
    for made in world.provider.jobs:
        if made.owner is not None:
            of_owner[made.owner].append(made)
    for owner, jobs in of_owner.items():
        if len(jobs) > 1:
            yield Violation("double", _short(owner), f"{len(jobs)} jobs at the provider")
        row = rows.get(owner)
        for made in jobs:
            yield from _agreement(world, rows, made, row)
    for row in rows.values():
        if row.provider_id is None:
            continue
        known = world.provider.by_id.get(row.provider_id)
        if known is None or known.owner != row.job_id:
            yield Violation("wrong", _short(row.job_id), "it adopted a job that is not its own")


def _agreement(world: World, rows: Rows, made: ProviderJob, row: Job | None) -> Iterator[Violation]:
    about = _short(made.owner or "")
    if row is None or row.provider_id != made.provider_id:
        known = "no row" if row is None else f"{row.state} with {row.provider_id}"
        yield Violation("orphaned", about, f"{made.provider_id} is {made.native}; the ledger: {known}")
        return
    native = made.native.partition("/")[0].upper()
    if row.state.is_final and not made.is_gone and row.state not in ENDS.get(native, frozenset()):
        yield Violation("orphaned", about, f"{made.native} at the provider, {row.state} in the ledger")
    body = world.rows.request(row.job_id)
    changed = {key for key, value in body.items() if made.call.get(key) != value and key not in OURS}
    if changed:
        yield Violation("wrong", about, f"{changed} of what was validated is not what was submitted")


def _executions(world: World, rows: Rows) -> Iterator[Violation]:
    counts = Counter(execution.job_id for execution in world.states.executions)
    for job_id, count in counts.items():
        if count > 1:
            yield Violation("double", _short(job_id), f"{count} executions")
    for execution in world.states.executions:
        job = rows[execution.job_id]
        ended_at = world.written_at[job.job_id, job.moves]
        if job.state.is_final and (execution.is_running or execution.closed_at > ended_at + world.slack):
            yield Violation("stuck", _short(job.job_id), "its execution outlived it")


def _moves(world: World, rows: Rows) -> Iterator[Violation]:
    for change in world.rows.changes:
        yield from _forward(change)
    for job in rows.values():
        states = [entry["state"] for entry in job.history]
        if len(set(states)) != len(states) or len(states) != job.moves or states[-1] != job.state:
            yield Violation("wrong", _short(job.job_id), f"its history is {states} in {job.moves} moves")


def _forward(change: Change) -> Iterator[Violation]:
    """Of two images of a row, as they are stored."""
    old, new = change.old, change.new
    if old is None or new is None:
        return
    about = _short(change.keys["pk"]["S"])
    before, after = State(old["state"]["S"]), State(new["state"]["S"])
    if before.is_final and after is not before:
        yield Violation("wrong", about, f"moved from {before} to {after}")
    elif not after.is_final and OPEN_STATES.index(after) < OPEN_STATES.index(before):
        yield Violation("wrong", about, f"moved back from {before} to {after}")
    told = old["history"]["L"]
    if new["history"]["L"][: len(told)] != told:
        yield Violation("wrong", about, "its history was changed")
    if old.get("providerId") not in (None, new.get("providerId")):
        ids = (old["providerId"], new.get("providerId"))
        yield Violation("double", about, f"its provider id changed: {ids}")


def _status_documents(world: World, rows: Rows) -> Iterator[Violation]:
    """Each document's newest version has an answer, and it says what the ledger says."""
    newest: dict[str, Sent] = {}
    for sent in world.sent:
        place = sent.uri or sent.references[-1]
        known = newest.get(place)
        if known is None or known.sequencer < sent.sequencer:
            newest[place] = sent
    for sent in newest.values():
        yield from _answer(world, rows, sent)


def _answer(world: World, rows: Rows, sent: Sent) -> Iterator[Violation]:
    document = world.s3.status(sent.status_keys[-1])
    about = f"{sent.kind} at {sent.status_keys[-1]}"
    if document is None:
        yield Violation("lost", about, "no status document")
        return
    job = rows.get(document.get("jobId", ""))
    if job is None:
        if "deadLetter" not in document:
            yield Violation("wrong", about, f"it speaks of no row: {document}")
        return
    if "cancel" in document:
        return
    if sent.kind in (Kind.JOB, Kind.FOREIGN_NAME) and job.job_id != sent.job_id:
        yield Violation("wrong", about, "it speaks of another job, or of an older version")
    expected = duplicate_status_of(job) if document.get("duplicate") else status_of(job)
    if document != expected:
        told = {key: value for key, value in document.items() if expected.get(key) != value}
        yield Violation("wrong", about, f"it is behind the ledger ({job.state}): {told}")


def _notifications(world: World, rows: Rows) -> Iterator[Violation]:
    told: dict[str, set[str]] = defaultdict(set)
    for detail in world.bus.heard:
        told[detail["id"]].add(detail["state"])
    true = {
        f"{job.job_id}:{number}": entry["state"]
        for job in rows.values()
        for number, entry in enumerate(job.history, start=1)
    }
    for move, state in true.items():
        if told.get(move) != {state}:
            yield Violation("lost" if move not in told else "wrong", _short(move), f"told as {told.get(move)}")
    for move in told.keys() - true.keys():
        yield Violation("wrong", _short(move), "was told and did not happen")


def _wishes(world: World, rows: Rows) -> Iterator[Violation]:
    """A job that somebody wanted stopped is stopped, unless it ended by itself soon."""
    for job_id, wished_at in world.wished_at.items():
        job = rows[job_id]
        made = world.provider.by_id.get(job.provider_id or "")
        if made is None or made.ended_at is None or made.stopped_at is not None:
            continue
        if made.ended_at > wished_at + world.slack:
            yield Violation("stuck", _short(job_id), f"was to be stopped at {iso(wished_at)} and ran on")


def _limits(world: World, rows: Rows) -> Iterator[Violation]:
    """No job is open beyond its time limit, a few sweeps and the time that its provider takes to stop it."""
    for job in rows.values():
        if job.state is State.REJECTED:
            continue
        asked_at = world.wished_at.get(job.job_id)
        ended_at = world.written_at[job.job_id, job.moves]
        begun_to_end = min(ended_at, asked_at or ended_at)
        if begun_to_end > job.deadline + SWEEPS:
            yield Violation("stuck", _short(job.job_id), f"was open {begun_to_end - job.deadline:.0f} s over")


def _labels(world: World, rows: Rows) -> Iterator[Violation]:
    """Every job is found under each of its labels, unless its request became a dead letter half-way."""
    dead = any(world.dead.values())
    labelled = world.rows.labelled()
    for job in rows.values():
        for name, value in job.labels.items():
            if not dead and (f"LABEL#{name}={value}", job.job_id) not in labelled:
                yield Violation("lost", _short(job.job_id), f"it is not found under {name}={value}")


def _short(name: str) -> str:
    return name if len(name) < 20 else f"{name[:11]}…{name[67:]}"


def _leases(world: World) -> Iterator[Violation]:
    for pool, held in world.rows.leases().items():
        yield Violation("stuck", pool, f"{len(held)} leases are still held: {sorted(map(_short, held))[:3]}")


def _crowds(world: World, rows: Rows) -> Iterator[Violation]:
    """No pool ever has more jobs at its provider than its limit."""
    changes: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for made in world.provider.jobs:
        row = rows.get(made.owner or "")
        if row is not None and row.pool is not None:
            ended_at = float("inf") if made.ended_at is None else made.ended_at
            changes[row.pool] += [(made.created_at, 1), (ended_at, -1)]
    for pool, of_pool in changes.items():
        most = max(itertools.accumulate(change for _, change in sorted(of_pool)))
        if most > (limit := world.admission.rules().limit_of(pool)):
            yield Violation("wrong", pool, f"{most} jobs at its provider, {limit} allowed")
