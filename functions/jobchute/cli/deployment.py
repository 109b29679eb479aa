"""Where the deployment is: in the environment, or in the outputs of its stack."""

from dataclasses import dataclass

from jobchute.cli.owner import owner_of
from jobchute.cli.stack import StackEnvironment, deployed_values
from jobchute.errors import UnknownJobError
from jobchute.job import Job
from jobchute.ledger.jobs import Ledger
from jobchute.runtime import client

OUTPUTS = {
    "bucket": "BucketName",
    "queue_url": "QueueUrl",
    "table": "TableName",
    "state_machine_arn": "StateMachineArn",
}


class DeploymentEnvironment(StackEnvironment):
    """What `jobchute local env` exports."""

    bucket: str | None = None
    queue_url: str | None = None
    table: str | None = None
    state_machine_arn: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What the tool talks to. owner: whose requests are sent and whose keys are meant; None without owners."""

    bucket: str
    queue_url: str
    table: str
    state_machine_arn: str
    owner: str | None = None

    @property
    def ledger(self) -> Ledger:
        """For reading: how long ended jobs are kept does not matter here. `jobchute drain` has its own."""
        return Ledger(client("dynamodb"), self.table, retention=0)

    def execution_of(self, job_id: str) -> str:
        """The ARN of the execution that carries the job."""
        return f"{self.state_machine_arn.replace(':stateMachine:', ':execution:')}:{job_id}"

    def job(self, target: str) -> Job:
        """The job that a user means (jobchute.cli.job_lookup).

        Raises UnknownJobError for none, AnswerIsNoError for several.
        """
        from jobchute.cli.job_lookup import jobs_called, jobs_from, the_one

        return the_one(jobs_called(self, target) or jobs_from(self, target), target)

    def own_job(self, target: str) -> Job:
        """The same, but of no other owner than the one that was named. Raises UnknownJobError."""
        job = self.job(target)
        if self.owner not in (None, job.owner):
            raise UnknownJobError(target)
        return job


def deployment_of(stack: str | None, owner: str | None = None) -> Deployment:
    """The stack that is named, else the one that the environment points to. Raises CannotAskError."""
    values = deployed_values(DeploymentEnvironment.from_environment(), OUTPUTS, stack).values
    return Deployment(**values, owner=owner_of(owner))
