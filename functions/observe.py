"""Event queue → ledger: observes the jobs that the providers' events are about."""

import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime
from jobchute.aws.sqs_batches import Record, handle_each
from jobchute.job import Job

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> Any:  # noqa: ARG001
    return handle_each(event["Records"], _observe, logger)


def _observe(record: Record) -> None:
    job = runtime.current().observer.observe_event(json.loads(record["body"]))
    match job:
        case None:
            logger.debug("event of an unknown job", message_id=record["messageId"])
        case Job():
            source, native = job.source.uri, job.native_status
            logger.info("job observed", job_id=job.job_id, source=source, state=job.state, native_status=native)
        case _:
            logger.info("job unchanged", job_id=job.job_id, provider_id=job.provider_id)
