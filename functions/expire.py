"""State machine task: an execution's wait is over. Says how its job stands, and stops it if its time is up."""

from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime

logger = Logger()


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, str]:  # noqa: ARG001
    job = runtime.current().expirer.expire(event["jobId"])
    logger.warning("wait expired", job_id=job.job_id, source=job.source.uri, state=job.state)
    return {"state": job.state, "reason": job.reason or f"the execution ended, the job is {job.state}"}
