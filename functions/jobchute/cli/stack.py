"""Look-ups in a deployed stack: its outputs, and the environment of its validate function."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.cli.error_messages import LOCAL
from jobchute.cli.errors import CannotAskError
from jobchute.money.budgets import Budgets
from jobchute.packing import unpacked
from jobchute.pools.limits import Limits, rules_of_json
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.location import Location
from jobchute.requests.owners import Owner, owners_of_json
from jobchute.runtime import client
from jobchute.settings import LedgerSettings, Settings, TimingSettings

# The construct's name, before the hash that CDK appends.
VALIDATE_PREFIX = "Validate"


class StackEnvironment(Settings):
    """The stack to ask where no option names one."""

    stack: str = "Jobchute"


class PoolsEnvironment(StackEnvironment):
    """`jobchute local env` exports the rules of pools. regrowth_seconds counts beside these alone."""

    pools: str | None = None
    regrowth_seconds: int = TimingSettings.regrowth_seconds


class DeployedRules(NamedTuple):
    """What a deployment says of its pools.

    regrowth: seconds after which a pool that met a quota error tries one job more.
    """

    pools: Mapping[str, Limits]
    regrowth: int


class BudgetsEnvironment(StackEnvironment):
    """In place of what the stack says, as for the rules of pools."""

    budgets: str | None = None


class DeployedValues(NamedTuple):
    """values: by field name, none of them empty. outputs: of the stack; None if it was not asked."""

    values: dict[str, str]
    outputs: Mapping[str, str] | None


def deployed_values(
    environment: StackEnvironment, outputs: Mapping[str, str], stack: str | None
) -> DeployedValues:
    """Values from the environment, and those that it does not have from the outputs of its stack.

    outputs: the name of the output for each field. stack: named by an option; the environment is then ignored.
    Raises CannotAskError where there is no such stack, or where it lacks an output.
    """
    values = {field: getattr(environment, field) if stack is None else None for field in outputs}
    found = None
    if None in values.values():
        found = outputs_of(stack or environment.stack)
        values = {field: value or found.get(outputs[field]) for field, value in values.items()}
    missing = [outputs[field] for field, value in values.items() if not value]
    if missing:
        names = ", ".join(missing)
        raise CannotAskError(f"the stack has no output {names}: is it Jobchute's? deploy it again")
    return DeployedValues({field: str(value) for field, value in values.items()}, found)


def outputs_of(stack: str) -> dict[str, str]:
    """The outputs of a stack. Raises CannotAskError."""
    with _explained(stack):
        described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}


def status_of(stack: str) -> str:
    """The status of a stack, such as UPDATE_COMPLETE. Raises CannotAskError."""
    with _explained(stack):
        described = client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return str(described["StackStatus"])


def guard_rails_of(stack: str) -> GuardRails:
    """What a deployed stack allows. Raises CannotAskError."""
    variables = _variables_of(stack)
    guard_rails = GuardRails.of_json(variables.get("JOBCHUTE_GUARD_RAILS", "{}"))
    return guard_rails._replace(own_bucket=variables.get("JOBCHUTE_BUCKET", ""))


def location_of(stack: str) -> Location | None:
    """The region and account of a deployed stack; None on the embedded AWS. Raises CannotAskError."""
    text = _variables_of(stack).get("JOBCHUTE_PLACE")
    return None if text is None else Location.of_text(text)


def owners_of(stack: str) -> dict[str, Owner]:
    """The owners of a deployed stack; empty if it has none. Raises CannotAskError."""
    return owners_of_json(_variables_of(stack).get("JOBCHUTE_OWNERS", "{}"))


def budgets_of(stack: str | None) -> Budgets | None:
    """The budgets of a deployed stack, or of the environment; None if it has none. Raises CannotAskError."""
    environment = BudgetsEnvironment.from_environment()
    if stack is None and environment.budgets is not None:
        return Budgets.of_json(environment.budgets)
    return Budgets.of_json(_variables_of(stack or environment.stack).get("JOBCHUTE_BUDGETS", "{}"))


def rules_of(stack: str | None) -> DeployedRules:
    """The deployed rules of pools, from the environment or from the stack. Raises CannotAskError."""
    environment = PoolsEnvironment.from_environment()
    if stack is None and environment.pools is not None:
        return DeployedRules(_rules_in_environment(environment.pools), environment.regrowth_seconds)
    variables = _variables_of(stack or environment.stack)
    regrowth = int(variables.get("JOBCHUTE_REGROWTH_SECONDS", TimingSettings.regrowth_seconds))
    return DeployedRules(rules_of_json(variables.get("JOBCHUTE_POOLS", "{}")), regrowth)


def retention_of(stack: str | None) -> int:
    """Seconds for which the deployed functions keep ended jobs. Raises CannotAskError."""
    variables = _variables_of(stack_name(stack))
    return int(variables.get("JOBCHUTE_RETENTION_SECONDS", LedgerSettings.retention_seconds))


def validate_function_of(stack: str | None) -> str:
    """The name of the stack's validate function. Raises CannotAskError."""
    stack = stack_name(stack)
    with _explained(stack):
        pages = client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
        resources = [resource for page in pages for resource in page["StackResourceSummaries"]]
    function = next((found["PhysicalResourceId"] for found in resources if _is_validate(found)), None)
    if function is None:
        raise CannotAskError(f"stack {stack} has no validate function: check that it is a Jobchute stack")
    return str(function)


def stack_name(stack: str | None) -> str:
    """The stack that an option names, else the environment's, else Jobchute."""
    return stack or StackEnvironment.from_environment().stack


def _variables_of(stack: str) -> dict[str, str]:
    """The environment of the stack's validate function."""
    function = validate_function_of(stack)
    configuration = client("lambda").get_function_configuration(FunctionName=function)
    variables: dict[str, str] = configuration.get("Environment", {}).get("Variables", {})
    return {name: unpacked(value) for name, value in variables.items()}


def _is_validate(resource: dict[str, Any]) -> bool:
    is_function: bool = resource["ResourceType"] == "AWS::Lambda::Function"
    return is_function and str(resource["LogicalResourceId"]).startswith(VALIDATE_PREFIX)


def _rules_in_environment(text: str) -> dict[str, Limits]:
    try:
        return rules_of_json(text)
    except ValueError as error:
        hint = 'unset it, or set it with eval "$(jobchute local env)"'
        raise CannotAskError(
            f"JOBCHUTE_POOLS is not a JSON object of pools and limits ({error}); {hint}"
        ) from error


@contextmanager
def _explained(stack: str) -> Iterator[None]:
    """Raises CannotAskError for a stack that does not exist."""
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationError":
            raise
        hint = f"deploy it, or name another with --stack or JOBCHUTE_STACK; {LOCAL}"
        raise CannotAskError(f"there is no stack {stack} here; {hint}") from error
