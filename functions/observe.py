"""Event queue → ledger: looks at the jobs that the providers' state changes are about."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType, process_partial_response
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime

logger = Logger(service="observe")
processor = BatchProcessor(event_type=EventType.SQS, raise_on_entire_batch_failure=False)


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:
    return process_partial_response(event, _observe, processor, context)


def _observe(record: SQSRecord) -> None:
    try:
        job = runtime.observing().observe_event(json.loads(record.body))
    except Exception:
        logger.exception("event not handled, it comes back", message_id=record.message_id)
        raise
    if job is None:
        logger.debug("not one of our jobs", message_id=record.message_id)
    else:
        logger.info("observed", job_id=job.job_id, state=job.state, native_status=job.native_status)
