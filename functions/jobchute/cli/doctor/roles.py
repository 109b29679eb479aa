"""The roles that jobs may run under: whether they exist, and whether their providers may take them."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from jobchute.cli.doctor.account import caller
from jobchute.cli.doctor.findings import Finding, bad, good
from jobchute.cli.stack import guard_rails_of, location_of, stack_name
from jobchute.providers.registry import SPECS
from jobchute.runtime import client

PROVIDERS = sorted({spec.iam.passed_to for spec in SPECS.values() if spec.iam and spec.iam.passed_to})
"""The service principals to which the roles of jobs are passed."""


def roles(name: str | None) -> Iterator[Finding]:
    """Each role that the deployment allows by its full name."""
    stack = stack_name(name)
    if location_of(stack) is None:
        yield good("roles", "the embedded AWS has no roles of jobs: not checked")
        return
    allowed = guard_rails_of(stack).roles
    if not allowed:
        advice = "list the roles of your jobs in the context value jobchute:roles, and deploy again"
        yield bad("roles", "no role is allowed, so every job of an AWS service is rejected", advice)
    account = caller().account
    for arn in allowed:
        yield from _role(arn, account)


def _role(arn: str, account: str) -> Iterator[Finding]:
    check = f"role {arn.rpartition('/')[2]}"
    if "*" in arn:
        yield good(check, f"{arn} is a pattern: not checked")
        return
    if arn.split(":")[4] != account:
        yield good(check, f"{arn} is in another account: not checked")
        return
    try:
        role = client("iam").get_role(RoleName=arn.rpartition("/")[2])["Role"]
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchEntity":
            raise
        yield bad(check, f"{arn} does not exist", "create it, or correct jobchute:roles and deploy again")
        return
    trusting = [principal for principal in PROVIDERS if trusts(role["AssumeRolePolicyDocument"], principal)]
    if trusting:
        yield good(check, f"trusts {', '.join(trusting)}")
        return
    statement = '{"Effect": "Allow", "Principal": {"Service": "…"}, "Action": "sts:AssumeRole"}'
    yield bad(
        check,
        f"{arn} trusts none of {', '.join(PROVIDERS)}, so no job can run under it",
        f"add {statement} to its trust policy",
    )


def trusts(policy: Mapping[str, Any] | str, principal: str) -> bool:
    """Whether a trust policy lets a service take the role. Conditions are not evaluated."""
    document = json.loads(policy) if isinstance(policy, str) else policy
    return any(_allows(statement, principal) for statement in _list(document.get("Statement", [])))


def _allows(statement: Mapping[str, Any], principal: str) -> bool:
    named = statement.get("Principal", {})
    services = ["*"] if named == "*" else _list(named.get("Service", []))
    actions = _list(statement.get("Action", []))
    is_taken = any(action in ("sts:AssumeRole", "sts:*", "*") for action in actions)
    return (
        statement.get("Effect") == "Allow" and is_taken and any(each in (principal, "*") for each in services)
    )


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
