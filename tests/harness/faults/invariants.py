"""What must hold when a World has come to rest: the invariants, as a list of what breaks them."""

from collections import Counter, defaultdict
from collections.abc import Iterator

from jobchute.attempts import whole_history
from jobchute.job import OPEN_STATES, Job, State
from tests.fakes.dynamodb import Change
from tests.fakes.provider import UNKNOWN, ProviderJob
from tests.fakes.queues import MAX_RECEIVES
from tests.harness.faults import changes, told, waiting
from tests.harness.faults.attempts import attempts_of, next_attempt, one_at_a_time
from tests.harness.faults.budget_sums import budgets
from tests.harness.faults.files import ends_of_files, is_cancelled, is_unread
from tests.harness.faults.outcomes import outcomes
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Rows, Violation, short
from tests.harness.faults.world import World

STOPPED = frozenset({State.CANCELLED, State.TIMED_OUT})
ENDS = {
    "COMPLETED": frozenset({State.SUCCEEDED}),
    "FAILED": frozenset({State.FAILED}),
    "CANCELLED": STOPPED,
    "STOPPED": STOPPED,
    UNKNOWN: frozenset({State.FAILED}),
}
"""What a provider's last status may be called in the ledger."""

OURS = frozenset({"tags", "Tags", "annotations", "clientToken", "clientRequestToken"})
"""What an adapter changes of a body."""


def violations(world: World, *, has_settled: bool) -> list[Violation]:
    """has_settled: what World.settle returned."""
    rows = world.rows.jobs()
    found = [] if has_settled else list(_stuck(world, rows))
    found += _fates(world, rows)
    found += _provider(world, rows)
    found += _executions(world, rows)
    found += _moves(world, rows)
    found += outcomes(world)
    found += told.status_documents(world, rows)
    found += told.notifications(world, rows)
    found += told.wishes(world, rows)
    found += told.limits(world, rows)
    found += told.cancellations(world, rows)
    found += told.labels(world, rows)
    found += ends_of_files(world, rows)
    found += waiting.leases(world)
    found += waiting.crowds(world, rows)
    found += budgets(world, rows)
    return found


def _stuck(world: World, rows: Rows) -> Iterator[Violation]:
    for job_id in world.open:
        job = rows[job_id]
        yield Violation("stuck", short(job_id), f"open in {job.state} since {job.updated_at}: {job.reason}")
    waiting = (world.stream.pending, world.intake.pending, world.events.pending)
    if world.rows.files_ending():
        yield Violation("stuck", "files", "the sweep still counts jobs of files that are read")
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
    if is_unread(world, sent) and is_cancelled(world, sent):
        return
    if sent.kind is not Kind.POISON:
        # What nothing hurt so often is not given up.
        is_dead = is_dead and len(world.wire.hit) >= MAX_RECEIVES
    match sent.kind:
        case Kind.JOB | Kind.FOREIGN_NAME if job is None and not is_dead:
            yield Violation("lost", about, "no job came of it, and no dead letter")
        case Kind.JOB | Kind.FOREIGN_NAME if rejected:
            yield Violation("wrong", about, "a valid request was rejected")
        case Kind.OF_BUDGET if bool(rejected) == (job is not None) and not is_dead:
            yield Violation("wrong", about, f"it is a job: {job is not None}; rejected: {rejected}")
        case Kind.ONE_OF_KEY if not is_dead:
            is_its_own = job is not None and job.digest == sent.digest
            if job is None:
                if not (rejected and _is_key_dead(world, sent, dead)):
                    yield Violation("lost", about, "no job came of any body under its key")
            elif bool(rejected) == is_its_own:
                yield Violation("wrong", about, f"its own body is the job: {is_its_own}; rejected: {rejected}")
        case Kind.INVALID if not rejected and not is_dead:
            yield Violation("lost", about, "neither a rejection nor a dead letter")
        case Kind.MISTYPED if own:
            yield Violation("wrong", about, "a wrong cancellation left a row")
        case Kind.POISON if not is_dead:
            yield Violation("lost", about, "no dead letter that the ledger knows of")
    if own - rejected - {sent.job_id}:
        yield Violation("wrong", about, f"jobs that it did not ask for: {own}")


def _is_key_dead(world: World, sent: Sent, dead: set[str]) -> bool:
    """Another body took its key and is a dead letter, which becomes the job when it is redriven."""
    return any(other.job_id == sent.job_id and dead & set(other.messages) for other in world.sent)


def _provider(world: World, rows: Rows) -> Iterator[Violation]:
    of_owner: dict[str, list[ProviderJob]] = defaultdict(list)
    for made in world.provider.jobs:
        if made.owner is not None:
            of_owner[made.owner].append(made)
    for owner, jobs in of_owner.items():
        yield from one_at_a_time(owner, jobs)
        row = rows.get(owner)
        for made in jobs:
            yield from _agreement(world, rows, made, row)
    for row in rows.values():
        yield from attempts_of(row, of_owner[row.job_id])
        if row.provider_id is None:
            continue
        known = world.provider.by_id.get(row.provider_id)
        if known is None or known.owner != row.job_id:
            yield Violation("wrong", short(row.job_id), "it adopted a job that is not its own")


def _agreement(world: World, rows: Rows, made: ProviderJob, row: Job | None) -> Iterator[Violation]:
    about = short(made.owner or "")
    if row is not None and made.attempt < row.attempt:
        return
    if row is None or row.provider_id != made.provider_id:
        known = "no row" if row is None else f"{row.state} with {row.provider_id}"
        yield Violation("orphaned", about, f"{made.provider_id} is {made.native}; the ledger: {known}")
        return
    native = made.native.partition("/")[0].upper()
    if row.state.is_final and not made.is_gone and row.state not in ENDS.get(native, frozenset()):
        yield Violation("orphaned", about, f"{made.native} at the provider, {row.state} in the ledger")
    body = world.rows.request(row)
    changed = {key for key, value in body.items() if made.call.get(key) != value and key not in OURS}
    if changed:
        yield Violation("wrong", about, f"{changed} of what was validated is not what was submitted")


def _executions(world: World, rows: Rows) -> Iterator[Violation]:
    counts = Counter(execution.job_id for execution in world.states.executions)
    for job_id, count in counts.items():
        if count > 1:
            yield Violation("double", short(job_id), f"{count} executions")
    for execution in world.states.executions:
        job = rows[execution.job_id]
        last = max(world.written_at[job.job_id, job.moves], execution.begun_at) + world.slack
        if job.state.is_final and (execution.is_running or execution.closed_at > last):
            yield Violation("stuck", short(job.job_id), "its execution outlived it")


def _moves(world: World, rows: Rows) -> Iterator[Violation]:
    for change in world.rows.changes:
        yield from _forward(change)
    for job in rows.values():
        states = [entry["state"] for entry in job.history]
        moves = len(whole_history(job))
        if len(set(states)) != len(states) or moves != job.moves or states[-1] != job.state:
            yield Violation("wrong", short(job.job_id), f"its history is {states} in {job.moves} moves")


def _forward(change: Change) -> Iterator[Violation]:
    """Of two images of a row, as they are stored."""
    old, new = change.old, change.new
    if old is None or new is None:
        return
    about = short(change.keys["pk"]["S"])
    before, after = State(old["state"]["S"]), State(new["state"]["S"])
    yield from changes.places(old, new, about)
    if "attempt" in new and old.get("attempt") != new["attempt"]:
        yield from next_attempt(old, new, about)
        return
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
