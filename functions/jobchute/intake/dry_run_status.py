"""The status document of a dry run: the verdict, and the plan. Pure."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jobchute.attempts import Policy, policy_told
from jobchute.intake.dry_runs import Awaited, Plan, Pool
from jobchute.job import Source
from jobchute.masking import masked
from jobchute.problems import Problem
from jobchute.requests.sweep import Sweep
from jobchute.status.documents import cost_told, duplicate_status_of, source_of, status_of
from jobchute.status.matrices import job_in_sweep

MAX_CALL_BYTES = 4 * 1024 * 1024
"""So much of the calls of a matrix is answered; of what is beyond, each job's name and id."""
OUTCOMES = ("accepted", "duplicate", "rejected")
NEW_JOB = "Nothing was submitted. Without dryRun this would be a new job."


def plan_status_of(plan: Plan, source: Source) -> dict[str, Any]:
    """One job: the call that would be made for it, or the job that it is already."""
    job = plan.job
    document: dict[str, Any] = {
        "dryRun": True,
        "verdict": verdict_of(plan),
        "valid": True,
        "note": _note(plan),
        "jobId": job.job_id,
        "api": job.api,
        "name": job.name,
        "labels": dict(job.labels),
        "pool": job.pool,
        "priority": job.priority,
        "cost": cost_told(job),
        "owner": job.owner,
        "source": source_of(source),
        "notApplied": [*plan.not_applied],
        "pools": _pools([plan]),
        "after": [_awaited(each) for each in plan.after],
        "job": None if plan.existing is None else status_of(plan.existing),
        "call": None if plan.call is None else masked(plan.call),
        "alternatives": [each.document(masked(each.call)) for each in plan.alternatives],
    }
    attempts = {} if job.retry is None else policy_told(Policy.of(job))
    return {name: value for name, value in document.items() if value not in (None, {}, [])} | attempts


def sweep_plan_status_of(
    sweep: Sweep,
    plans: Sequence[Plan | Problem],
    source: Source,
    *,
    max_call_bytes: int = MAX_CALL_BYTES,
) -> dict[str, Any]:
    """A document with a matrix: what would become of each of its jobs."""
    counts = Counter(map(verdict_of, plans))
    found = [plan for plan in plans if isinstance(plan, Plan)]
    jobs, are_all_shown = _jobs(sweep, plans, source, max_call_bytes)
    template = sweep.template
    document: dict[str, Any] = {
        "dryRun": True,
        "verdict": next(iter(counts)) if len(counts) == 1 else "mixed",
        "valid": not counts["rejected"],
        "note": "Nothing was submitted. `counts` shows what the jobs would become without dryRun.",
        "api": template.api,
        "priority": template.priority,
        "owner": source.owner,
        "source": source_of(source),
        "combinations": sweep.size,
        "counts": {outcome: counts[outcome] for outcome in OUTCOMES if counts[outcome]},
        "pools": _pools(found),
        "after": [_awaited(each) for plan in found[:1] for each in plan.after],
        "callsLeftOut": not are_all_shown,
        "jobs": jobs,
    }
    return {name: value for name, value in document.items() if value not in (None, [])}


def verdict_of(plan: Plan | Problem) -> str:
    """One of OUTCOMES."""
    if isinstance(plan, Problem):
        return "rejected"
    return "accepted" if plan.existing is None else "duplicate"


def _jobs(
    sweep: Sweep, plans: Iterable[Plan | Problem], source: Source, max_call_bytes: int
) -> tuple[list[dict[str, Any]], bool]:
    """Each job with the call that it would make; and whether the calls of all are there."""
    jobs: list[dict[str, Any]] = []
    left = max_call_bytes
    for combination, plan in zip(sweep.combinations(), plans, strict=True):
        job = {**job_in_sweep(combination, source.owner), "verdict": verdict_of(plan), **_outcome(plan)}
        left -= len(json.dumps(job.get("call", "")))
        jobs.append(job if left >= 0 else {name: value for name, value in job.items() if name != "call"})
    return jobs, left >= 0


def _outcome(plan: Plan | Problem) -> Mapping[str, Any]:
    if isinstance(plan, Problem):
        return {"errors": [plan._asdict()]}
    if plan.existing is None:
        return {} if plan.call is None else {"call": masked(plan.call)}
    differing = {"notApplied": [*plan.not_applied]} if plan.not_applied else {}
    return {"state": plan.existing.state, **differing}


def _note(plan: Plan) -> str:
    if plan.existing is not None:
        note: str = duplicate_status_of(plan.existing, plan.not_applied)["note"]
        return note
    return NEW_JOB


def _pools(plans: Iterable[Plan]) -> list[dict[str, Any]]:
    return [_pool(each) for each in dict.fromkeys(plan.pool for plan in plans)]


def _pool(pool: Pool) -> dict[str, Any]:
    return {
        "pool": pool.name,
        "paused": pool.paused_by is not None,
        **({} if pool.paused_by is None else {"target": pool.paused_by}),
        "limit": pool.limit,
        "limitNow": pool.limit_now,
        "inFlight": pool.in_flight,
        "waiting": pool.waiting,
    }


def _awaited(awaited: Awaited) -> dict[str, Any]:
    known = {"job": awaited.job_id, "state": awaited.job.state} if awaited.job is not None else {}
    ends = sorted(map(str, awaited.dependency.on))
    return {"target": awaited.dependency.target, **known, "on": ends, "note": awaited.note}
