"""Intake queue → ledger: takes in request documents and cancellations, ten messages at a time."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime
from jobchute.messages import Record, handle_each

logger = Logger(service="validate")


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ARG001
    return handle_each(event["Records"], _receive, logger)


def _receive(record: Record) -> None:
    runtime.intake().receive(record["body"], record["messageId"])
