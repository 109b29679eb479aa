"""A batch of SQS messages, each handled by itself: what fails comes back alone (ReportBatchItemFailures)."""

from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

Record = Mapping[str, Any]


def handle_each(
    records: list[Record], handle: Callable[[Record], None], logger: Logger
) -> dict[str, list[dict[str, str]]]:
    """The answer that SQS's event source expects: the ids of the messages that were not handled."""
    failures = []
    for record in records:
        try:
            handle(record)
        except Exception:
            logger.exception("message not handled, it comes back", message_id=record["messageId"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
