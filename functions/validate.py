"""Intake queue → ledger: takes in request documents and cancellations, ten messages at a time."""

import itertools
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime
from jobchute.aws.sqs_batches import SqsBatch
from jobchute.intake.invocation import Invocation

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    call = Invocation(
        request_id=context.aws_request_id, time_left=lambda: context.get_remaining_time_in_millis() / 1000
    )
    left = itertools.count(len(event["Records"]), -1)

    def receive(record: SQSRecord) -> None:
        _receive(call, next(left), record)

    return process_partial_response(event, receive, SqsBatch(logger), context)


def _receive(call: Invocation, left: int, record: SQSRecord) -> None:
    """left: so many messages share the time that is left, this one among them."""
    intake = runtime.current().intake
    sender_id = (record.get("attributes") or {}).get("SenderId", "")
    if call.is_too_late:
        intake.put_off(record.body, record.message_id, sender_id=sender_id)
    else:
        intake.receive(record.body, record.message_id, call.share(left), sender_id=sender_id)
