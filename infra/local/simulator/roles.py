"""Who calls, and what its role allows, asked of the embedded AWS's own IAM: no policy is kept here."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from .permissions import Need

Statement = Mapping[str, Any]
# The account's own keys, as the person who runs the embedded AWS has them.
ROOT_KEYS = frozenset({"test"})
OF_AWS = "::aws:policy/"
"""Part of the ARN of an AWS managed policy; those attached here allow no provider calls. The CDK creates
customer managed policies for statements that exceed the size limit of inline policies.
"""


class Roles:
    """An `Allows` for functions that run on MiniStack with AUTH=true.

    endpoint: the embedded AWS. decisions: a file that gets one line of JSON a decision.
    """

    def __init__(self, *, endpoint: str, region: str, decisions: Path | None = None) -> None:
        import boto3  # type: ignore[import-untyped,unused-ignore]

        def client(service: str) -> Any:
            return boto3.client(  # type: ignore[call-overload,unused-ignore]
                service,
                endpoint_url=endpoint,
                region_name=region,
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )

        self._iam, self._functions = client("iam"), client("lambda")
        self._decisions = decisions
        self._role_arns: dict[str, str] = {}

    def __call__(self, access_key: str, need: Need) -> str | None:
        if access_key in ROOT_KEYS:
            return None
        role_arn = self._role_of(access_key)
        name = role_arn.rpartition("/")[2]
        is_allowed = bool(name) and any(allows(each, need) for each in self._statements(name))
        if self._decisions is not None:
            (service,) = need.conditions.get("iam:PassedToService", [""])
            line = {"role": name, "action": need.action, "resource": need.resource, "allowed": is_allowed}
            line |= {"service": service}
            with self._decisions.open("a") as file:
                file.write(json.dumps(line) + "\n")
        return None if is_allowed else role_arn or "of an unknown key"

    def _role_of(self, access_key: str) -> str:
        if access_key not in self._role_arns:
            for page in self._functions.get_paginator("list_functions").paginate():
                for function in page["Functions"]:
                    key = session_key(function["FunctionArn"], function["Role"])
                    self._role_arns[key] = function["Role"]
        return self._role_arns.get(access_key, "")

    def _statements(self, role: str) -> Iterator[Statement]:
        for policy in self._iam.list_role_policies(RoleName=role)["PolicyNames"]:
            answer = self._iam.get_role_policy(RoleName=role, PolicyName=policy)
            yield from answer["PolicyDocument"]["Statement"]
        for attached in self._iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            arn = attached["PolicyArn"]
            if OF_AWS not in arn:
                version = self._iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
                answer = self._iam.get_policy_version(PolicyArn=arn, VersionId=version)
                yield from answer["PolicyVersion"]["Document"]["Statement"]


def session_key(function_arn: str, role_arn: str) -> str:
    """The access key that MiniStack 1.5.33 gives a function (`execution_credentials` in its Lambda runtime)."""
    return f"ASIA{hashlib.sha256(f'{function_arn}:{role_arn}'.encode()).hexdigest()[:16].upper()}"


def allows(statement: Statement, need: Need) -> bool:
    """Whether an Allow statement covers the need. Raises ValueError for what is not understood here."""
    if statement["Effect"] != "Allow" or {"NotAction", "NotResource"} & statement.keys():
        raise ValueError(f"only plain Allow statements are understood, not {statement}")
    return (
        any(_like(need.action, pattern) for pattern in _listed(statement["Action"]))
        and any(_like(need.resource, pattern) for pattern in _listed(statement["Resource"]))
        and all(
            _holds(operator, need.conditions.get(key), _listed(wanted))
            for operator, keys in statement.get("Condition", {}).items()
            for key, wanted in keys.items()
        )
    )


def _holds(operator: str, given: Sequence[str] | None, wanted: Sequence[Any]) -> bool:
    if operator.endswith("IfExists"):
        return given is None or _holds(operator.removesuffix("IfExists"), given, wanted)
    # ForAllValues holds for a key that is not there, too.
    for_all, _, name = operator.rpartition(":")
    compare = _COMPARISONS[name]
    matched = [any(compare(value, each) for each in wanted) for value in given or []]
    return all(matched) if for_all == "ForAllValues" else any(matched)


def _like(value: str, pattern: str) -> bool:
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), value) is not None


_COMPARISONS: Mapping[str, Callable[[str, Any], bool]] = {
    "StringEquals": lambda value, wanted: value == wanted,
    "StringLike": lambda value, wanted: _like(value, str(wanted)),
    "ArnLike": lambda value, wanted: _like(value, str(wanted)),
    "NumericLessThanEquals": lambda value, wanted: float(value) <= float(wanted),
}


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
