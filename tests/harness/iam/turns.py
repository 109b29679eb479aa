"""Exercises of the queues: whichever function ends a job lets in the next one of its pool."""

import json
import uuid
from collections.abc import Callable, Iterator
from functools import partial

import boto3

from infra.local.deployment import POOLS
from jobchute.job import Api, Job, State, job_id_for_key
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.pools import POOL, PoolRows
from jobchute.ledger.queues import QueueRows
from tests.harness.iam.stage import FAR, Exercise, Stage, sent, slow, wait_for

ENDERS = ("Validate", "Dispatch", "Expire", "Observe", "Reconcile")
LABEL = "turn"
UNUSED = "ml.c5n.18xlarge"
UNUSED_POOL = f"{Api.TRAINING_JOB}/{UNUSED}"
"""No other exercise uses this instance type."""


def pools() -> str:
    """Context: a pool of one job for each function that ends jobs, and the pool of UNUSED."""
    of_one = {pool_of(function): {"limit": 1, "rate": 20} for function in ENDERS}
    return json.dumps(POOLS | of_one | {UNUSED_POOL: {"limit": 20, "rate": 20}})


def pool_of(function: str) -> str:
    return f"label:{LABEL}={function.lower()}"


def exercises() -> Iterator[tuple[str, Exercise]]:
    for function in ENDERS:
        yield f"{function} lets in the next job", partial(_let_in, function=function)
    yield "announce admits a job to a new pool", _let_in_after
    for function, simulated in (("Observe", "capacity"), ("Expire", "capacity+never-event")):
        name = f"{function} starts an attempt in a new pool"
        yield name, partial(_tried_elsewhere, function=function, simulated=simulated)
    yield "a job that waits is changed", _changed
    yield "a file is cancelled", _file_cancelled
    yield "a pool's leases are held against its jobs", _mended
    yield "a pool that is not used vanishes", _vanished


def _let_in(stage: Stage, function: str) -> None:
    _emptied(stage, pool_of(function))
    _rows(stage).leases.lanes.widen(pool_of(function))
    first = slow(stage, Api.TRAINING_JOB, turn=function.lower())
    second = sent(stage, stage.request(Api.TRAINING_JOB, turn=function.lower()))
    wait_for(lambda: stage.ledger.get(second).waiting, f"{second} in its pool's line")
    ENDED_BY[function](stage, first)
    stage.until(second, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _changed(stage: Stage) -> None:
    """Its request is read, its labels are pointed from, and its pool's queue is read."""
    _emptied(stage, pool_of("Validate"))
    first = slow(stage, Api.TRAINING_JOB, turn="validate")
    second = sent(stage, stage.request(Api.TRAINING_JOB, turn="validate"))
    wait_for(lambda: stage.ledger.get(second).waiting, f"{second} in its pool's line")
    stage.receive(json.dumps({"set": second, "priority": 9, "labels": {"note": uuid.uuid4().hex}}))
    wait_for(lambda: stage.ledger.get(second).priority == 9, f"the change of {second}")
    _ended_by_validate(stage, first)
    stage.until(second, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _emptied(stage: Stage, pool: str) -> None:
    """Of what an exercise left there that was refused half-way."""
    rows = _rows(stage)
    for place in QueueRows(rows.client, rows.table).read(pool, each=100).places:
        stage.ledger.move(place.job_id, State.CANCELLED, 0, only_from=(State.QUEUED,))
    row = rows.get(pool)
    for job_id in row.leases:
        rows.leases.give_back(pool, job_id, lane=row.lane_of(job_id))


def _rows(stage: Stage) -> PoolRows:
    return PoolRows(boto3.client("dynamodb"), stage.deployment.table)


def _ended_by_validate(stage: Stage, job: Job) -> None:
    stage.put(job.job_id, state="QUEUED", due=FAR)
    stage.receive(json.dumps({"cancel": job.job_id}))


def _ended_by_dispatch(stage: Stage, job: Job) -> None:
    """As after a crash before the create call, with a cancel that came meanwhile."""
    crashed = {"state": "SUBMITTING", "providerId": None, "attempts": 1, "attemptUntil": 0}
    stage.put(job.job_id, **crashed, **_unknown(), stopCause="CANCELLED", due=FAR)
    stage.call("Dispatch", {"jobId": job.job_id, "taskToken": stage.task_token(job.job_id)})


def _ended_by_expire(stage: Stage, job: Job) -> None:
    stage.put(job.job_id, **_unknown(), deadline=0)
    stage.call("Expire", {"jobId": job.job_id})


def _ended_by_observe(stage: Stage, job: Job) -> None:
    """Stopped at its provider by somebody else: only the event tells of it."""
    boto3.client("sagemaker").stop_training_job(TrainingJobName=job.name)


def _ended_by_the_sweep(stage: Stage, job: Job) -> None:
    stage.put(job.job_id, **_unknown(), deadline=0, due=0)
    stage.call("Reconcile", {})


def _unknown() -> dict[str, str]:
    """A name that the provider does not know."""
    return {"name": f"iam-{uuid.uuid4().hex[:12]}"}


ENDED_BY: dict[str, Callable[[Stage, Job], None]] = {
    "Validate": _ended_by_validate,
    "Dispatch": _ended_by_dispatch,
    "Expire": _ended_by_expire,
    "Observe": _ended_by_observe,
    "Reconcile": _ended_by_the_sweep,
}


def _let_in_after(stage: Stage) -> None:
    """The pool of the dependent job has no row yet."""
    _without_row(stage)
    first, second = stage.request(Api.TRAINING_JOB), stage.request(Api.TRAINING_JOB)
    resources = second["request"]["ResourceConfig"] | {"InstanceType": UNUSED}
    second |= {"request": second["request"] | {"ResourceConfig": resources}, "after": [sent(stage, first)]}
    stage.until(sent(stage, second), State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _tried_elsewhere(stage: Stage, function: str, simulated: str) -> None:
    """The first attempt fails for lack of capacity. Observe learns of it by an event, Expire by a look-up."""
    _without_row(stage)
    document = stage.request(Api.TRAINING_JOB, simulate=f"{simulated}+once")
    job_id = sent(stage, document | {"alternatives": [{"ResourceConfig.InstanceType": UNUSED}]})
    stage.until(job_id, State.SUBMITTED, State.RUNNING, State.QUEUED, State.SUCCEEDED)

    def is_tried_again() -> bool:
        if function == "Expire" and stage.ledger.get(job_id).attempt == 1:
            stage.call("Expire", {"jobId": job_id})
        return stage.ledger.get(job_id).attempt == 2

    wait_for(is_tried_again, f"the second attempt of {job_id}")
    stage.until(job_id, State.SUBMITTED, State.RUNNING, State.SUCCEEDED)


def _without_row(stage: Stage) -> None:
    """Delete the row of the pool that only these exercises use."""
    key = to_dynamodb({"pk": POOL, "sk": UNUSED_POOL})
    boto3.client("dynamodb").delete_item(TableName=stage.deployment.table, Key=key)


def _file_cancelled(stage: Stage) -> None:
    """Two jobs, one after the other: what is cancelled before it is submitted costs nothing."""
    documents = [stage.request(Api.TRAINING_JOB, simulate="slow") for _ in range(2)]
    key = f"requests/{documents[0]['idempotencyKey']}.jsonl"
    body = "".join(f"{json.dumps(document)}\n" for document in documents)
    boto3.client("s3").put_object(Bucket=stage.deployment.bucket, Key=key, Body=body.encode())
    jobs = [job_id_for_key(document["idempotencyKey"]) for document in documents]
    for job_id in jobs:
        wait_for(partial(stage.exists, job_id), job_id)
    stage.receive(json.dumps({"cancel": key}))
    for job_id in jobs:
        stage.put(job_id, due=0)
        stage.until(job_id, State.CANCELLED)


def _vanished(stage: Stage) -> None:
    """Its row says that it was marked long ago."""
    client = boto3.client("dynamodb")
    key = {"pk": POOL, "sk": f"{Api.TRAINING_JOB}/ml.unused.{uuid.uuid4().hex[:12]}"}
    row = key | {"leases": {}, "shares": {}, "nextAt": 0, "admittedAt": 0, "capAt": 0, "retiringAt": 1}
    client.put_item(TableName=stage.deployment.table, Item=to_dynamodb(row))
    stage.call("Reconcile", {})
    found = client.get_item(TableName=stage.deployment.table, Key=to_dynamodb(key), ConsistentRead=True)
    if "Item" in found:
        raise AssertionError(f"the row of {key['sk']} is still there")


def _mended(stage: Stage) -> None:
    """Due now, as it is every few minutes."""
    job = slow(stage, Api.TRAINING_JOB)
    boto3.client("dynamodb").update_item(
        TableName=stage.deployment.table,
        Key=to_dynamodb({"pk": POOL, "sk": job.pool}),
        UpdateExpression="SET mendedAt = :never",
        ExpressionAttributeValues=to_dynamodb({":never": 0}),
    )
    stage.call("Reconcile", {})
    stage.receive(json.dumps({"cancel": job.job_id}))
