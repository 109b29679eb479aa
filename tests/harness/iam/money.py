"""Exercises of budgets: a job reserves and settles, waits for room, and ends while it waits."""

import json
import time
from collections.abc import Iterator

import boto3

from infra.local.embedded import REGION
from jobchute.cli.price_sources import listed
from jobchute.job import Api, Job, State, iso
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.price_rows import PriceRow
from jobchute.money.budgets import month_of
from jobchute.money.prices import Prices
from tests.harness.iam.stage import Exercise, Stage, sent, slow, wait_for

LABEL = "payer"
NARROW, EMPTIED = "narrow", "emptied"
"""Budgets: one in which no job fits, and one that an exercise fills and empties."""
MICRO = 1_000_000
LIMITS = {NARROW: 0.001, EMPTIED: 1_000}


def context() -> dict[str, str]:
    """All other jobs share a budget that never ends. Not every one of them has prices."""
    budgets = {"label": LABEL, "amounts": LIMITS, "default": 1_000_000}
    return {"budgets": json.dumps(budgets), "allow_unknown_cost": "true"}


def load_prices(stage: Stage) -> None:
    now = iso(time.time())
    prices = Prices(listed(REGION), date=now[:10], region=REGION)
    PriceRow(boto3.client("dynamodb"), stage.deployment.table).put(prices, loaded_at=now)


def exercises() -> Iterator[tuple[str, Exercise]]:
    yield "a job of a budget is settled", _settled
    yield "a job that waits for its budget is cancelled", _cancelled
    yield "a job that waits for its budget ends with the one before it", _ended_with_another
    yield "a job that waits for its budget gets room", _let_in


def _settled(stage: Stage) -> None:
    job_id = sent(stage, stage.request(Api.TRAINING_JOB))
    wait_for(lambda: stage.ledger.get(job_id).settled_at, f"{job_id} settled")


def _cancelled(stage: Stage) -> None:
    job = _waiting(stage, NARROW)
    stage.receive(json.dumps({"cancel": job.job_id}))
    stage.until(job.job_id, State.CANCELLED)


def _ended_with_another(stage: Stage) -> None:
    """The end of the first is announced, which ends the second."""
    first = slow(stage, Api.TRAINING_JOB)
    second = _waiting(stage, NARROW, after=[first.job_id])
    stage.receive(json.dumps({"cancel": first.job_id}))
    stage.put(first.job_id, due=0)
    stage.until(second.job_id, State.CANCELLED)


def _let_in(stage: Stage) -> None:
    _use(stage, LIMITS[EMPTIED])
    job = _waiting(stage, EMPTIED)
    _use(stage, 0)
    stage.call("Reconcile", {})
    stage.until(job.job_id, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _waiting(stage: Stage, budget: str, **envelope: object) -> Job:
    request = stage.request(Api.TRAINING_JOB, **{LABEL: budget})
    job_id = sent(stage, request | {"whenOverBudget": "wait"} | envelope)
    wait_for(lambda: stage.ledger.get(job_id).awaits_budget, f"{job_id} waiting for its budget")
    return stage.ledger.get(job_id)


def _use(stage: Stage, dollars: float) -> None:
    """Write how much of the budget that is emptied is used in this month, as if by other jobs."""
    key = {"pk": f"BUDGET#{EMPTIED}", "sk": month_of(time.time())}
    item = {**key, "used": int(dollars * MICRO), "reserved": 0}
    boto3.client("dynamodb").put_item(TableName=stage.deployment.table, Item=to_dynamodb(item))
