"""Our own assertions over queues and what reads them."""

from collections.abc import Iterator
from typing import Any

from jobchute.metrics import UNSAFE_QUEUES
from tests.infra.checks.safeguards import FOURTEEN_DAYS, POLICIES, Resources, allowed, listed, of, target


def queues_are_encrypted(resources: Resources) -> Iterator[str]:
    for logical_id, queue in of(resources, "AWS::SQS::Queue"):
        if not (queue.get("SqsManagedSseEnabled") is True or queue.get("KmsMasterKeyId")):
            yield f"{logical_id}: not encrypted"


def queues_give_functions_time_and_keep_what_failed(resources: Resources) -> Iterator[str]:
    functions = dict(of(resources, "AWS::Lambda::Function"))
    queues = dict(of(resources, "AWS::SQS::Queue"))
    for logical_id, mapping in of(resources, "AWS::Lambda::EventSourceMapping"):
        if mapping.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{logical_id}: one failed item fails its batch"
        if _is_other_queue(mapping):
            continue
        queue = queues.get(target(mapping["EventSourceArn"]))
        if queue is None:
            yield from _of_a_stream(logical_id, mapping, queues)
            continue
        timeout = functions[target(mapping["FunctionName"])]["Timeout"]
        if queue.get("VisibilityTimeout", 30) < 6 * timeout:
            yield f"{logical_id}: invisible for less than six time-outs of the function"
        redrive = queue.get("RedrivePolicy", {"maxReceiveCount": 0})
        if redrive["maxReceiveCount"] < 5:
            yield f"{logical_id}: throttling alone, or nothing at all, makes dead letters"
        letters = queues.get(target(redrive.get("deadLetterTargetArn")), {})
        if letters.get("MessageRetentionPeriod", 0) < FOURTEEN_DAYS:
            yield f"{logical_id}: no dead letters, or not for two weeks"


def _of_a_stream(logical_id: str, mapping: Any, queues: Any) -> Iterator[str]:
    destination = mapping.get("DestinationConfig", {}).get("OnFailure", {}).get("Destination")
    if target(destination) not in queues:
        yield f"{logical_id}: what fails is lost"
    if mapping.get("StartingPosition") != "TRIM_HORIZON" or not mapping.get("BisectBatchOnFunctionError"):
        yield f"{logical_id}: begins late, or one record holds up the others"
    if not 1 <= mapping.get("MaximumRetryAttempts", -1) <= 10_000:
        yield f"{logical_id}: tries for ever"


def other_queues_are_looked_at(resources: Resources) -> Iterator[str]:
    """What is not of this stack cannot be set here: the sweep must know of it, may ask, and an alarm rings."""
    (sweep,) = (
        function
        for _, function in of(resources, "AWS::Lambda::Function")
        if function["Handler"] == "reconcile.handler"
    )
    policies = {
        name
        for kind in POLICIES
        for name, each in of(resources, kind)
        if {"Ref": target(sweep["Role"])} in each["Roles"]
    }
    may_ask = [
        resource
        for name, statement in allowed(resources)
        if name in policies and "sqs:GetQueueAttributes" in listed(statement["Action"])
        for resource in listed(statement["Resource"])
    ]
    known = str(sweep["Environment"]["Variables"].get("JOBCHUTE_OTHER_QUEUE_URLS", ""))
    is_watched = any(
        each.get("MetricName") == UNSAFE_QUEUES for _, each in of(resources, "AWS::CloudWatch::Alarm")
    )
    for logical_id, mapping in of(resources, "AWS::Lambda::EventSourceMapping"):
        if _is_other_queue(mapping):
            account, name = mapping["EventSourceArn"].split(":")[-2:]
            if f"/{account}/{name}" not in known or mapping["EventSourceArn"] not in may_ask:
                yield f"{logical_id}: the sweep does not look how its queue is set"
            if not is_watched:
                yield f"{logical_id}: nobody is told when its queue loses messages"


def _is_other_queue(mapping: Any) -> bool:
    return isinstance(mapping["EventSourceArn"], str)
