"""The facts that `jobchute jobs show` prints."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from jobchute.cli.attempt_words import attempts_in_words, facts_of_plan
from jobchute.cli.deployment import Deployment
from jobchute.cli.facts.lines import PoolLine
from jobchute.cli.job_sources import api_of, document_of
from jobchute.cli.line_words import facts_of_line
from jobchute.cli.output import counted
from jobchute.cli.result_facts import facts_of_end
from jobchute.cli.tables import Cell
from jobchute.job import Job, State, iso
from jobchute.ledger.plans import Variant
from jobchute.lifecycle.holding import words_of
from jobchute.status.console_links import links_of
from jobchute.status.documents import change_told, cost_told

NONE = PoolLine("")
"""Of a job that is in no queue."""
NEVER_STARTED = frozenset({State.QUEUED, State.CANCELLED, State.REJECTED})
EXECUTIONS_ARE_KEPT_SECONDS = 90 * 24 * 3600
"""Step Functions Developer Guide, "Quotas": execution history retention time."""


def facts_of(
    deployment: Deployment,
    job: Job,
    *,
    now: float,
    wait: Mapping[str, Any] | None = None,
    line: PoolLine = NONE,
    retries: Sequence[Job] = (),
    plan: Sequence[Variant] = (),
) -> list[tuple[str, Cell]]:
    """Names and values; None for a missing value. now: epoch seconds. wait: what the job waits for. line: its
    pool's queue. retries: the jobs that run it again. plan: its alternatives (jobchute.cli.job_plans).
    """
    links = links_of(job, deployment.state_machine_arn)
    execution = deployment.execution_of(job.job_id) if has_execution(job, now=now) else None
    if execution is None:
        links.pop("execution", None)
    return [
        ("job id", job.job_id),
        ("state", job.state),
        ("reason", job.reason),
        ("cause", job.cause),
        ("waits for", None if wait is None else words_of(wait)),
        *((f"attempt {number}", words) for number, words in enumerate(attempts_in_words(job), 1)),
        *facts_of_plan(job, plan),
        *(("refused", _refused(each)) for each in job.refused),
        ("refused in total", _times(job)),
        ("api", api_of(job)),
        ("name", job.name),
        ("pool", job.pool),
        ("priority", None if job.pool is None else str(job.priority)),
        *facts_of_line(line, now),
        *_dependencies(job),
        ("cost", _cost(job)),
        ("provider id", job.provider_id),
        ("provider status", job.native_status),
        ("output", job.output),
        ("logs", job.logs),
        *facts_of_end(job),
        *_labels(job),
        ("idempotency key", job.idempotency_key),
        *_retries(job, retries),
        *_source(deployment, job),
        ("execution", execution),
        *((f"link to {name}", link) for name, link in links.items()),
        ("created", job.created_at),
        ("updated", job.updated_at),
    ]


def _source(deployment: Deployment, job: Job) -> Iterator[tuple[str, Cell]]:
    yield "owner", job.owner
    yield "source", document_of(job)
    yield "version", job.source.version
    yield "status document", f"s3://{deployment.bucket}/{job.source.status_key}"


def _cost(job: Job) -> str | None:
    told = cost_told(job)
    if told is None:
        return None
    from jobchute.money.told import words_of

    return words_of(told)


def has_execution(job: Job, *, now: float) -> bool:
    """Whether there is an execution: a job that waits, or that ended while waiting, never had one."""
    if job.state is State.REJECTED:
        return False
    age = now - datetime.fromisoformat(job.updated_at).timestamp()
    if job.state.is_final and age > EXECUTIONS_ARE_KEPT_SECONDS:
        return False
    moved = bool(job.past) or any(State(entry["state"]) not in NEVER_STARTED for entry in job.history)
    return moved or bool(job.attempts or job.create_at) or (job.pool is None and not job.waits_for)


def _dependencies(job: Job) -> Iterator[tuple[str, Cell]]:
    yield from (("after", _after(job, each)) for each in job.after)
    yield from (("after the name", _awaited(job, each)) for each in job.awaits)
    yield "dependent jobs", counted(len(job.dependents), "job") if job.dependents else None


def _labels(job: Job) -> Iterator[tuple[str, Cell]]:
    """With the changes of its labels and of its priority."""
    yield "labels", _pairs(job.labels)
    yield from (("changed", _change(change_told(each))) for each in job.changes)


def _retries(job: Job, retries: Sequence[Job]) -> Iterator[tuple[str, Cell]]:
    yield "retry of", job.retry_of
    yield from (("retried by", f"{retry.job_id} {retry.state}") for retry in retries)


def _pairs(values: Mapping[str, Any]) -> str:
    return " ".join(f"{name}={value}" for name, value in sorted(values.items()))


def _change(entry: Mapping[str, Any]) -> str:
    """When and by which document the job's priority or labels were changed."""
    priority = f"priority {entry['priorityBefore']} to {entry['priority']}" if "priority" in entry else ""
    what = ", ".join(filter(None, (priority, _pairs(entry.get("labels", {})))))
    return f"{entry['at']}: {what}, by {entry['document']}"


def _refused(entry: Mapping[str, Any]) -> str:
    """One entry of the refusals: when, how often in a row, and the provider's message."""
    times = f" to {entry['until']}, {entry['times']} times" if "times" in entry else ""
    words = ": ".join(filter(None, (entry["code"], entry["message"])))
    return f"{entry['at']}{times}, {entry['kind']}: {words}"


def _times(job: Job) -> str | None:
    """How often the job was refused; None if the entries show it."""
    shown = sum(entry.get("times", 1) for entry in job.refused)
    return counted(job.times_refused, "time") if job.times_refused and job.times_refused > shown else None


def _after(job: Job, entry: Mapping[str, Any]) -> str:
    """A job that this one waits for, or has waited for, and the states that it requires."""
    still = ", which has not ended yet" if entry["job"] in job.waits_for else ""
    return f"{entry['job']} {' or '.join(entry['on'])}{still}"


def _awaited(job: Job, entry: Mapping[str, Any]) -> str:
    """A name that no job has yet, the states that are required, and how long the job waits for it."""
    wanted = f"{entry['name']} {' or '.join(entry['on'])}"
    if job.state.is_final or job.awaits_until is None:
        return f"{wanted}, which was never submitted"
    return f"{wanted}, not submitted yet; waiting until {iso(job.awaits_until)}"
