"""State machine task: submits one job. The task's token waits in the ledger for the job's end."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:
    logger.append_keys(job_id=event["jobId"])
    job = runtime.current().submitter.dispatch(event["jobId"], context.aws_request_id, event["taskToken"])
    logger.info("job submitted", source=job.source.uri, state=job.state, provider_id=job.provider_id)
    return {"jobId": job.job_id, "state": job.state}
