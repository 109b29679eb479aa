"""Intake queue → ledger: takes in request documents and cancellations, ten messages at a time."""

import itertools
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime
from jobchute.aws.sqs_batches import Record, handle_each
from jobchute.intake.invocation import Invocation

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    call = Invocation(
        request_id=context.aws_request_id, time_left=lambda: context.get_remaining_time_in_millis() / 1000
    )
    left = itertools.count(len(event["Records"]), -1)
    return handle_each(event["Records"], lambda record: _receive(call, next(left), record), logger)


def _receive(call: Invocation, left: int, record: Record) -> None:
    """left: so many messages share the time that is left, this one among them."""
    sender_id = (record.get("attributes") or {}).get("SenderId", "")
    if call.is_too_late:
        runtime.current().intake.put_off(record["body"], record["messageId"], sender_id=sender_id)
        return
    runtime.current().intake.receive(record["body"], record["messageId"], call.share(left), sender_id=sender_id)
