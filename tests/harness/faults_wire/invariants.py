"""What must hold at the end, whatever failed. Pure: from what was read out to a list of violations."""

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from jobchute.attempts import whole_history
from jobchute.aws.executions import ERRORS
from jobchute.job import JOB_ID_TAG, OPEN_STATES, Api, Job, State, digest_of, job_id_for_key
from jobchute.providers.fireworks.batch_job.adapter import JOB_ID_ANNOTATION
from tests.harness.faults_wire.traffic import Kind
from tests.harness.faults_wire.world import Sent

STOPPED = frozenset({State.CANCELLED, State.TIMED_OUT})
ENDS = {
    "COMPLETED": frozenset({State.SUCCEEDED, State.PARTIAL}),
    "Completed": frozenset({State.SUCCEEDED}),
    "PartiallyCompleted": frozenset({State.PARTIAL}),
    "FAILED": frozenset({State.FAILED, State.TIMED_OUT}),
    "Failed": frozenset({State.FAILED, State.TIMED_OUT}),
    "Expired": frozenset({State.TIMED_OUT}),
    "EXPIRED": frozenset({State.TIMED_OUT}),
    "CANCELLED": STOPPED,
    "Stopped": STOPPED,
}
"""What a provider's final status may be called in the ledger."""


GOOD = frozenset({State.SUCCEEDED, State.PARTIAL})
NEEDS_A_PROVIDER = frozenset(state for state in State if state.is_final) - {State.REJECTED, State.CANCELLED}


class Violation(NamedTuple):
    """kind: lost, double, orphaned, stuck or wrong."""

    kind: str
    about: str
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """All that was read out. told: states by move id. executions: names and statuses. dead: sources."""

    sent: list[Sent]
    statuses: Mapping[str, Mapping[str, Any]]
    jobs: Mapping[str, Job]
    at_provider: list[dict[str, Any]]
    executions: list[tuple[str, str]]
    told: Mapping[str, set[str]]
    dead: frozenset[str]


def violations(seen: Seen) -> list[Violation]:
    return [
        *_documents(seen),
        *_rows(seen),
        *_provider(seen),
        *_executions(seen),
        *_notifications(seen),
    ]


def _documents(seen: Seen) -> Iterator[Violation]:
    for sent in seen.sent:
        status = seen.statuses.get(sent.status_key)
        about = f"{sent.document.kind} {sent.document.key} at {sent.status_key}"
        if sent.source in seen.dead:
            continue
        if status is None or ("redriven" in status and not sent.status_key.startswith("status-messages/")):
            yield Violation("lost", about, f"no answer: {status}")
        elif "redriven" not in status:
            yield from (Violation("wrong", about, what) for what in _answer(sent, status, seen.jobs))


def _answer(sent: Sent, status: Mapping[str, Any], jobs: Mapping[str, Job]) -> Iterator[str]:
    """What is wrong with a document's answer."""
    document = sent.document
    if "deadLetter" in status:
        yield "still says that it is a dead letter"
        return
    if document.kind is Kind.CANCEL:
        if "cancel" not in status and _codes(status) != {"UNKNOWN_JOB"}:
            yield f"a cancellation was answered {status}"
        return
    job = jobs.get(job_id_for_key(document.key))
    if document.kind is Kind.INVALID:
        if status.get("state") != State.REJECTED or job is not None:
            yield f"an invalid request is {status.get('state')}"
        return
    if job is None:
        yield "answered, but there is no row"
    elif job.digest != digest_of(Api(document.value["api"]), document.value["request"]):
        if _codes(status) != {"KEY_USED"}:
            yield f"another body under a used key was answered {status.get('state')} {_codes(status)}"
    elif status.get("state") != job.state or len(status.get("history", ())) != len(whole_history(job)):
        yield f"the status document says {status.get('state')}, the ledger {job.state}"


def _codes(status: Mapping[str, Any]) -> set[str]:
    return {error["code"] for error in status.get("errors", ())}


def _rows(seen: Seen) -> Iterator[Violation]:
    known = {job_id_for_key(sent.document.key) for sent in seen.sent}
    dead = {job_id_for_key(sent.document.key) for sent in seen.sent if sent.source in seen.dead}
    wanted = {job_id_for_key(sent.document.key) for sent in seen.sent if sent.document.kind is Kind.JOB}
    yield from (Violation("lost", job_id, "no row") for job_id in wanted - dead - seen.jobs.keys())
    for job in seen.jobs.values():
        if job.api is not None and job.job_id not in known:
            yield Violation("orphaned", job.job_id, "a row that nobody asked for")
        if not job.state.is_final:
            yield Violation("stuck", job.job_id, f"{job.state} since {job.updated_at}, {job.api}: {job.reason}")
        yield from (Violation("wrong", job.job_id, what) for what in _history(job))


def _history(job: Job) -> Iterator[str]:
    history = whole_history(job)
    states = [State(entry["state"]) for entry in history]
    order = [*OPEN_STATES, None]
    places = [
        (entry.get("attempt", 1), order.index(None if state.is_final else state))
        for entry, state in zip(history, states, strict=True)
    ]
    if places != sorted(set(places)):
        yield f"its history does not go forward: {history}"
    if job.moves != len(states) or not states or states[-1] is not job.state:
        yield f"{job.moves} moves to {job.state}, its history says {states}"


def _provider(seen: Seen) -> Iterator[Violation]:
    made = defaultdict(list)
    handles = set()
    for there in seen.at_provider:
        own = {there["arn"], there["id"]}
        handles |= own
        job = seen.jobs.get(job_id_at(there, seen.jobs))
        made["" if job is None else job.job_id].append(there)
        known = [] if job is None else [*(each.get("id") for each in job.past), job.provider_id]
        about = f"{there['api']} {there['name']}"
        if job is None or own.isdisjoint(known):
            yield Violation("orphaned", about, f"{there['status']} at its provider, the row knows {known}")
        elif not there["final"]:
            yield Violation("stuck", about, f"{there['status']} at its provider")
        elif job.provider_id in own and job.state not in ENDS[there["status"]]:
            yield Violation("wrong", about, f"{there['status']} at its provider, {job.state} in the ledger")
        elif job.provider_id not in own and ENDS[there["status"]] & GOOD:
            yield Violation("wrong", about, f"an attempt is {there['status']}, and another followed")
    for job_id, jobs in made.items():
        if job_id:
            yield from _attempts(seen.jobs[job_id], jobs)
    for job in seen.jobs.values():
        if job.provider_id is not None and job.provider_id not in handles:
            yield Violation("orphaned", job.job_id, f"its provider has no {job.provider_id}")
        if job.provider_id is None and job.state in NEEDS_A_PROVIDER:
            yield Violation("lost", job.job_id, f"{job.state} and never submitted: {job.reason}")


def _attempts(job: Job, jobs: list[dict[str, Any]]) -> Iterator[Violation]:
    """At most one provider job for each attempt, and one after the other."""
    if len(jobs) > job.attempt:
        yield Violation("double", job.job_id, f"{len(jobs)} provider jobs in {job.attempt} attempts")
    in_order = sorted(jobs, key=lambda each: each["createdAt"])
    for before, after in itertools.pairwise(in_order):
        if before["endedAt"] is None or before["endedAt"] > after["createdAt"]:
            yield Violation("double", job.job_id, f"{before['id']} and {after['id']} are alive at once")


def job_id_at(there: Mapping[str, Any], known: Iterable[str]) -> str:
    """By its tag; by its mark, which is the beginning of an id, at a provider without tags."""
    tags: dict[str, str] = there["tags"]
    mark = tags.get("jobchute/mark")
    marked = next((job_id for job_id in known if mark and job_id.startswith(mark)), "")
    return tags.get(JOB_ID_TAG) or tags.get(JOB_ID_ANNOTATION) or marked


def _executions(seen: Seen) -> Iterator[Violation]:
    counts = Counter(name for name, _ in seen.executions)
    yield from (Violation("double", name, f"{n} executions") for name, n in counts.items() if n > 1)
    for name, status in seen.executions:
        job = seen.jobs.get(name)
        if status == "RUNNING":
            yield Violation("stuck", name, f"its execution is RUNNING, the job is {job and job.state}")
        elif job is None:
            yield Violation("orphaned", name, "an execution without a row")
        elif job.state.is_final and (status == "SUCCEEDED") is (job.state in ERRORS):
            yield Violation("wrong", name, f"its execution {status}, the job is {job.state}")


def _notifications(seen: Seen) -> Iterator[Violation]:
    for job in seen.jobs.values():
        for number, entry in enumerate(whole_history(job), start=1):
            said = seen.told.get(f"{job.job_id}:{number}", set())
            if said != {entry["state"]}:
                yield Violation("wrong", job.job_id, f"move {number} to {entry['state']} was told as {said}")
    moves = {f"{job.job_id}:{number + 1}" for job in seen.jobs.values() for number in range(job.moves)}
    yield from (Violation("wrong", move, "told, and never happened") for move in seen.told.keys() - moves)


def counted(found: Iterable[Violation]) -> dict[str, int]:
    counts = Counter(violation.kind for violation in found)
    return {kind: counts[kind] for kind in ("lost", "double", "orphaned", "stuck", "wrong")}
