"""A ledger of many jobs on the embedded AWS, in a table that no function reads or writes."""

import json
import time
from typing import Any

import boto3

from infra.local.embedded import Deployment
from jobchute.job import iso
from jobchute.ledger.budgets import reservation
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pools import PoolRows
from jobchute.money.budgets import Budgets
from tests.aws import create_table
from tests.seeded_ledger import TEAMS, Seeding, hostile_jobs

RETENTION = 30 * 24 * 3600
BUDGETS = Budgets("team", {team: 40_000_000 * (number + 1) for number, team in enumerate(TEAMS)})
POOLS = {"sagemaker:CreateTrainingJob": {"limit": 4, "rate": 1}}


def seeded(deployment: Deployment, table: str, count: int) -> dict[str, str]:
    """What points the tool to a new table with so many jobs, and some with hostile texts."""
    client = boto3.client("dynamodb")
    create_table(client, table)
    ledger, now = Ledger(client, table, retention=RETENTION), time.time()
    Seeding(ledger, now, count).write()
    for job in hostile_jobs(now):
        ledger.add(job)
    _spend(client, table, now)
    PoolRows(client, table).put_cap(
        "sagemaker:CreateTrainingJob", 3, now=int(now * 1000), reason="ResourceLimitExceeded: 3 instances"
    )
    return pointers(deployment, table)


def pointers(deployment: Deployment, table: str) -> dict[str, str]:
    """The environment of the tool. The queues are none of the stack's: nothing waits in them."""
    queue = boto3.client("sqs").create_queue(QueueName=f"{table}-queue")["QueueUrl"]
    queues = ("QUEUE", "DEAD_LETTER_QUEUE", "EVENTS_QUEUE", "EVENTS_DEAD_LETTER_QUEUE", "STREAM_FAILURES_QUEUE")
    return deployment.pointers | {
        "JOBCHUTE_TABLE": table,
        "JOBCHUTE_BUCKET": "drop",
        "JOBCHUTE_STATE_MACHINE_ARN": "arn:aws:states:eu-central-2:000000000000:stateMachine:Jobs",
        "JOBCHUTE_POOLS": json.dumps(POOLS),
        "JOBCHUTE_BUDGETS": BUDGETS.to_json(),
        **{f"JOBCHUTE_{name}_URL": queue for name in queues},
    }


def _spend(client: Any, table: str, now: float) -> None:
    """Each team has reserved a part of its budget, and one all of it."""
    for number, budget in enumerate(BUDGETS.all):
        write = reservation(table, budget, iso(now)[:7], budget.limit * (number + 1) // len(TEAMS))
        client.update_item(**write["Update"])
