"""The deployment that the tool uses: from the environment, or from the outputs of its stack."""

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
    """The resources that the tool uses. owner: of the requests that it sends and the keys that it looks up."""

    bucket: str
    queue_url: str
    table: str
    state_machine_arn: str
    owner: str | None = None

    @property
    def ledger(self) -> Ledger:
        """For reading: it knows no retention of ended jobs. `jobchute drain` has a ledger of its own."""
        return Ledger(client("dynamodb"), self.table, retention=0)

    @property
    def region(self) -> str:
        return self.state_machine_arn.split(":")[3]

    def execution_of(self, job_id: str) -> str:
        """The ARN of the execution that carries the job."""
        return f"{self.state_machine_arn.replace(':stateMachine:', ':execution:')}:{job_id}"

    def job(self, target: str) -> Job:
        """The job that a user means (jobchute.cli.job_lookup).

        Raises UnknownJobError for none, AnswerIsNoError for several.
        """
        from jobchute.cli.job_lookup import jobs_called, jobs_from, the_one
        from jobchute.cli.local_requests import jobs_of_local_file

        called = jobs_called(self, target)
        found = called or jobs_from(self, target) or jobs_of_local_file(self, target)
        return the_one(found, target, is_file=not called)

    def own_job(self, target: str) -> Job:
        """The same, but of no other owner than the one that was named. Raises UnknownJobError."""
        job = self.job(target)
        if self.owner not in (None, job.owner):
            raise UnknownJobError(target)
        return job


def deployment_of(stack: str | None, owner: str | None = None) -> Deployment:
    """The deployment of the named stack, or of the environment. Raises CannotAskError."""
    values = deployed_values(DeploymentEnvironment.from_environment(), OUTPUTS, stack).values
    return Deployment(**values, owner=owner_of(owner))
