"""Intake queue → ledger: takes in request documents and cancellations, ten messages at a time."""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime
from jobchute.calls import Call, continued_source
from jobchute.messages import Record, handle_each

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    call = Call(
        request_id=context.aws_request_id, time_left=lambda: context.get_remaining_time_in_millis() / 1000
    )
    return handle_each(event["Records"], partial(_receive, call), logger)


def _receive(call: Call, record: Record) -> None:
    attributes = record.get("messageAttributes") or {}
    texts = {name: value.get("stringValue", "") for name, value in attributes.items()}
    source = continued_source(texts)
    sender_id = (record.get("attributes") or {}).get("SenderId", "")
    runtime.intake().receive(record["body"], record["messageId"], call, sender_id=sender_id, source=source)
