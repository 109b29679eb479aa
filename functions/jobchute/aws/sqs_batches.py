"""A batch of SQS messages: those that fail are reported one by one (ReportBatchItemFailures), and come back."""

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
from aws_lambda_powertools.utilities.batch.base import FailureResponse
from aws_lambda_powertools.utilities.batch.exceptions import ExceptionInfo
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord


class SqsBatch(BatchProcessor):
    """Of one invocation: it keeps what has failed. If all messages fail, each of them is reported, too."""

    def __init__(self, log: Logger) -> None:
        super().__init__(EventType.SQS, raise_on_entire_batch_failure=False)
        self._log = log

    def failure_handler(self, record: SQSRecord, exception: ExceptionInfo) -> FailureResponse:
        self._log.error(
            "message not handled, it comes back", message_id=record.message_id, exc_info=exception[1]
        )
        return super().failure_handler(record, exception)
