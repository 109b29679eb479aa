"""Where the deployment is: in the environment, or in the outputs of its stack."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from jobchute.cli.errors import CannotAskError
from jobchute.cli.explain import LOCAL
from jobchute.cli.owner import owner_of
from jobchute.errors import UnknownJobError
from jobchute.job import Job
from jobchute.ledger.jobs import Ledger
from jobchute.packing import unpacked
from jobchute.pools.limits import Limits, rules_of_json
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.owners import Owner, owners_of_json
from jobchute.requests.place import StackOutputs
from jobchute.runtime import client
from jobchute.settings import LedgerSettings, Settings

OUTPUTS = {
    "bucket": "BucketName",
    "queue_url": "QueueUrl",
    "table": "TableName",
    "state_machine_arn": "StateMachineArn",
}
# The construct's name and CDK's hash.
VALIDATE_PREFIX = "Validate"


class Environment(Settings):
    """What `jobchute local env` exports, and the stack to ask where that is not set."""

    bucket: str | None = None
    queue_url: str | None = None
    table: str | None = None
    state_machine_arn: str | None = None
    pools: str | None = None
    stack: str = "Jobchute"


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
        """The job that is meant (jobchute.cli.finding). Raises UnknownJobError, AnswerIsNoError for several."""
        from jobchute.cli.finding import jobs_called, jobs_from, the_one

        return the_one(jobs_called(self, target) or jobs_from(self, target), target)

    def own_job(self, target: str) -> Job:
        """The same, but of no other owner than the one that was named. Raises UnknownJobError."""
        job = self.job(target)
        if self.owner not in (None, job.owner):
            raise UnknownJobError(target)
        return job


def deployment_of(stack: str | None, owner: str | None = None) -> Deployment:
    """The stack that is named, else the one that the environment points to. Raises CannotAskError."""
    environment = Environment.from_environment()
    given = {name: getattr(environment, name) if stack is None else None for name in OUTPUTS}
    if None in given.values():
        outputs = outputs_of(stack or environment.stack)
        given = {name: value or outputs.get(OUTPUTS[name]) for name, value in given.items()}
    missing = [OUTPUTS[name] for name, value in given.items() if not value]
    if missing:
        raise CannotAskError(f"the stack has no output {', '.join(missing)}: is it Jobchute's? deploy it again")
    return Deployment(**{name: str(value) for name, value in given.items()}, owner=owner_of(owner))


def guard_rails_of(stack: str) -> GuardRails:
    """What a deployed stack allows, as its validate function has it. Raises CannotAskError."""
    return GuardRails.of_json(_variables_of(stack).get("JOBCHUTE_GUARD_RAILS", "{}"))


def place_of(stack: str) -> StackOutputs | None:
    """Where a deployed stack is, as its validate function has it: None on the embedded AWS."""
    text = _variables_of(stack).get("JOBCHUTE_PLACE")
    return None if text is None else StackOutputs.of_text(text)


def pools_of(stack: str | None) -> dict[str, Limits]:
    """The rules of pools that were deployed, by the environment or by the stack. Raises CannotAskError."""
    environment = Environment.from_environment()
    if stack is None and environment.pools is not None:
        return _rules_in_environment(environment.pools)
    return rules_of_json(_variables_of(stack or environment.stack).get("JOBCHUTE_POOLS", "{}"))


def _rules_in_environment(text: str) -> dict[str, Limits]:
    try:
        return rules_of_json(text)
    except ValueError as error:
        hint = 'unset it, or set it with eval "$(jobchute local env)"'
        raise CannotAskError(
            f"JOBCHUTE_POOLS is not a JSON object of pools and limits ({error}); {hint}"
        ) from error


def owners_of(stack: str) -> dict[str, Owner]:
    """The owners of a deployed stack; empty where it has none. Raises CannotAskError."""
    return owners_of_json(_variables_of(stack).get("JOBCHUTE_OWNERS", "{}"))


def retention_of(stack: str | None) -> int:
    """Seconds for which the deployed functions keep ended jobs. Raises CannotAskError."""
    variables = _variables_of(stack or Environment.from_environment().stack)
    return int(variables.get("JOBCHUTE_RETENTION_SECONDS", LedgerSettings.retention_seconds))


def validate_function_of(stack: str | None) -> str:
    """The name of the stack's validate function. Raises CannotAskError."""
    stack = stack or Environment.from_environment().stack
    with _no_stack(stack):
        pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    function = next((found["PhysicalResourceId"] for found in resources if _is_validate(found)), None)
    if function is None:
        raise CannotAskError(f"stack {stack} has no validate function: is it Jobchute's?")
    return str(function)


def _variables_of(stack: str) -> dict[str, str]:
    """The environment of the stack's validate function."""
    function = validate_function_of(stack)
    configuration = client("lambda").get_function_configuration(FunctionName=function)
    variables: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
    return {name: unpacked(value) for name, value in variables.items()}


def _is_validate(resource: dict[str, Any]) -> bool:
    is_function: bool = resource["ResourceType"] == "AWS::Lambda::Function"
    return is_function and str(resource["LogicalResourceId"]).startswith(VALIDATE_PREFIX)


def outputs_of(stack: str) -> dict[str, str]:
    """The outputs of a stack. Raises CannotAskError."""
    with _no_stack(stack):
        described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


@contextmanager
def _no_stack(stack: str) -> Iterator[None]:
    """Says in the user's terms that a stack does not exist."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        hint = f"deploy it, or name another with --stack or JOBCHUTE_STACK; {LOCAL}"
        raise CannotAskError(f"there is no stack {stack} here; {hint}") from error
