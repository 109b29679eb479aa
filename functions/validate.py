"""Intake queue → ledger: takes in request documents and cancellations, ten messages at a time."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime

logger = Logger(service="validate")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event, _receive, processor, context)


def _receive(record: SQSRecord) -> None:
    try:
        runtime.intake().receive(record.body, record.message_id)
    except Exception:
        logger.exception("message not handled, it comes back", message_id=record.message_id)
        raise
