"""The overview as one JSON object."""

from typing import Any

from jobchute.cli.facts.failures import CauseGroup
from jobchute.cli.facts.pools import PoolFacts
from jobchute.cli.facts.spending import BudgetFacts
from jobchute.cli.facts.waiting import WaitingElsewhere, WaitingInPool
from jobchute.cli.line_words import document_of
from jobchute.cli.terminal.reading import Overview
from jobchute.job import iso
from jobchute.money.amounts import dollars_of
from jobchute.money.budgets import DEFAULT


def as_json(overview: Overview) -> dict[str, Any]:
    """jobs: open ones as they are now, ended ones since the time that was asked for."""
    counts, waits, spending = overview.counts.of_states, overview.waits, overview.spending
    return {
        "at": iso(overview.now),
        "since": iso(overview.since),
        "jobs": {str(count.state): count.number for count in counts},
        "atLeast": [str(count.state) for count in counts if count.is_at_least],
        "failures": [*map(_failure, overview.failures.groups)],
        "waiting": [*map(_in_pool, waits.in_pools), *map(_elsewhere, waits.elsewhere)],
        "pools": [*map(_pool, waits.pools)],
        "budgets": [] if spending is None else [_budget(each, spending.month) for each in spending.budgets],
        "deadLetters": [
            {"messageId": letter.message_id, "place": letter.place} for letter in overview.letters.shown
        ],
        "notes": [*overview.notes],
    }


def _failure(group: CauseGroup) -> dict[str, Any]:
    return {
        "cause": group.cause,
        "count": group.jobs,
        "advice": group.advice,
        "jobIds": [job.job_id for job in group.examples],
    }


def _in_pool(each: WaitingInPool) -> dict[str, Any]:
    name = None if each.job is None else each.job.name
    return {
        "jobId": each.turn.job_id,
        "name": name,
        "pool": each.pool,
        "text": each.why,
        **document_of(each.turn),
    }


def _elsewhere(each: WaitingElsewhere) -> dict[str, Any]:
    return {"jobId": each.job.job_id, "name": each.job.name, "pool": each.job.pool, "text": each.why}


def _pool(pool: PoolFacts) -> dict[str, Any]:
    return {
        "pool": pool.pool,
        "inFlight": pool.in_flight,
        "limit": pool.limit,
        "limitNow": pool.limit_now,
        "waiting": pool.line.waiting,
    }


def _budget(budget: BudgetFacts, month: str) -> dict[str, Any]:
    amounts = {"limit": budget.limit, "reserved": budget.reserved, "spent": budget.spent}
    return {
        "budget": budget.name or DEFAULT,
        "month": month,
        **{name: dollars_of(value) for name, value in amounts.items()},
        "currency": "USD",
    }
