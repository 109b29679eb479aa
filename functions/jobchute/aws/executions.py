"""Step Functions executions: one per job, named by the job's id, waiting on a task token."""

from typing import TYPE_CHECKING, NamedTuple

from botocore.exceptions import ClientError

from jobchute.errors import JobCancelledError, JobFailedError, JobTimedOutError
from jobchute.job import Job, State, canonical, iso

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

# An execution can last a year at the most.
MAX_WAIT = 365 * 24 * 3600 - 3600

# The delay of a Wait state and of a function's start differs from job to job. Executions wake up this much too
# early, and the submitter waits for its slot: create calls that jitter brings together are throttled.
LEAD_SECONDS = 1.0

ERRORS = {
    State.FAILED: JobFailedError.__name__,
    State.TIMED_OUT: JobTimedOutError.__name__,
    State.CANCELLED: JobCancelledError.__name__,
}
# The execution has ended already, or the token belongs to an earlier try of its task.
TOKEN_IS_OVER = frozenset({"TaskTimedOut", "TaskDoesNotExist", "InvalidToken"})

MAX_LISTED = 1000


class Executions(NamedTuple):
    """The state machine's executions. wait_limit: seconds that a job may wait before it is submitted.

    allowance: what a job gets beyond each limit of its own (Timing).
    """

    client: "SFNClient"
    state_machine_arn: str
    wait_limit: int
    allowance: int

    def start(self, job: Job) -> bool:
        """Start the job's execution. Returns False if it already exists or existed: it outlasts all attempts.

        The input has the same bytes at every delivery: StartExecution is idempotent for equal input only.
        """
        if job.attempt > 1:
            return False
        not_before = iso(max(job.create_at / 1000 - LEAD_SECONDS, 0))
        try:
            self.client.start_execution(
                stateMachineArn=self.state_machine_arn,
                name=job.job_id,
                input=canonical(
                    {"jobId": job.job_id, "notBefore": not_before, "timeoutSeconds": self._timeout(job)}
                ),
            )
        except self.client.exceptions.ExecutionAlreadyExists:
            return False
        return True

    def running(self, page: str | None) -> tuple[list[str], str | None]:
        """The jobs of at most 1,000 running executions, and the token of the next page, None after the last.

        page: its token. A token expires after 24 hours (ListExecutions); an older one starts again.
        """
        options = {} if page is None else {"nextToken": page}
        try:
            answer = self.client.list_executions(
                stateMachineArn=self.state_machine_arn,
                statusFilter="RUNNING",
                maxResults=MAX_LISTED,
                **options,  # type: ignore[arg-type]
            )
        except ClientError as error:
            if page is None or error.response["Error"]["Code"] != "InvalidToken":
                raise
            return self.running(None)
        return [execution["name"] for execution in answer["executions"]], answer.get("nextToken")

    def _timeout(self, job: Job) -> int:
        """Seconds that exceed every limit of the job. For a row without a pending limit, the value of earlier
        releases: its execution may have been started with that input."""
        seconds = self.wait_limit + job.time_limit
        if job.pending_limit:
            seconds += job.pending_limit + 2 * self.allowance
        if job.retry is not None:
            seconds += int(job.retry["lasts"]) + 2 * self.allowance
        return min(seconds, MAX_WAIT)

    def answer(self, job: Job, task_token: str) -> None:
        """End the job's execution as the job ended."""
        try:
            self._answer(job, task_token)
        except ClientError as error:
            if error.response["Error"]["Code"] not in TOKEN_IS_OVER:
                raise

    def _answer(self, job: Job, task_token: str) -> None:
        error = ERRORS.get(job.state)
        if error is None:
            outcome = {"jobId": job.job_id, "providerId": job.provider_id, "state": job.state}
            self.client.send_task_success(taskToken=task_token, output=canonical(outcome))
        else:
            cause = (job.reason or job.state)[:32_768]
            self.client.send_task_failure(taskToken=task_token, error=error, cause=cause)
