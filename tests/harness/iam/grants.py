"""The grants of the deployed roles, as the embedded AWS's IAM has them, and what was decided by them."""

import copy
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3

from infra.local.deployment import STACK

# What AWS's own machinery does under a role: writing logs and traces, polling queues and the stream, calling
# a machine's tasks. MiniStack does these itself and asks no IAM. Each is in an AWS managed policy for just
# that, or in Step Functions' guide.
BY_AWS_ITSELF = re.compile(
    r"logs:\w+|xray:\w+|dynamodb:(DescribeStream|GetRecords|GetShardIterator|ListStreams)"
    r"|sqs:DeleteMessage|lambda:InvokeFunction"
)
# S3 itself looks whether a caller may list when an object is missing, to answer 404 instead of 403. MiniStack
# answers 404 to all.
NOT_ENFORCED_HERE = frozenset({"s3:ListBucket"})
POLLED = ("sqs:GetQueueAttributes", "sqs:ReceiveMessage")


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """One action on one resource, to one role. service: of iam:PassedToService, where a role is passed."""

    role: str
    action: str
    resource: str
    service: str = ""

    @property
    def is_for_aws_itself(self) -> bool:
        is_of_failures = "DeadLetters" in self.resource or "Failures" in self.resource
        # The sweep itself asks how another's queue is set.
        is_poll = self.action in POLLED and not is_of_failures and "Reconcile" not in self.role
        is_sent_there = self.action == "sqs:SendMessage" and is_of_failures
        return (
            is_poll
            or is_sent_there
            or self.action in NOT_ENFORCED_HERE
            or BY_AWS_ITSELF.fullmatch(self.action) is not None
        )

    def covers(self, decision: "Decision") -> bool:
        is_same_service = not self.service or self.service == decision.service
        return (
            (self.role, self.action) == (decision.role, decision.action)
            and like(decision.resource, self.resource)
            and is_same_service
        )

    def __str__(self) -> str:
        passed = f" to {self.service}" if self.service else ""
        return f"{short(self.role)} {self.action} on {short(self.resource)}{passed}"


@dataclass(frozen=True, slots=True)
class Decision:
    role: str
    action: str
    resource: str
    allowed: bool
    service: str = ""


class Decisions:
    """What IAM decided, in the order of the files. `since` gives what came after a mark."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = files

    def mark(self) -> list[int]:
        return [len(lines) for lines in self._lines()]

    def since(self, mark: Sequence[int] | None = None) -> list[Decision]:
        starts = mark or [0] * len(self.files)
        return [
            Decision(**json.loads(line))
            for lines, start in zip(self._lines(), starts, strict=True)
            for line in lines[start:]
        ]

    def _lines(self) -> list[list[str]]:
        """Whole lines alone: the last one may be half written."""
        texts = [file.read_text() if file.exists() else "" for file in self.files]
        return [text[: text.rfind("\n") + 1].splitlines() for text in texts]


class Roles:
    """The roles of the stack's functions and machine, and their inline policies.

    A role's inline policies hold 10,240 characters in all (IAM quotas); what the CDK moved to a managed policy
    for that is put back, as the embedded AWS has no such limit.
    """

    def __init__(self) -> None:
        self.iam = boto3.client("iam")
        resources = boto3.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
        self.names = [
            each["PhysicalResourceId"] for each in resources if each["ResourceType"] == "AWS::IAM::Role"
        ]
        for role in self.names:
            self._take_back(role)

    def grants(self) -> list[Grant]:
        return sorted(
            {grant for role in self.names for _, body in self._policies(role) for grant in of(role, body)}
        )

    def revoke(self, grant: Grant) -> None:
        for name, body in self._policies(grant.role):
            self._put(grant.role, name, without(body, grant))

    def restore(self, grant: Grant, before: dict[str, Any]) -> None:
        for name, body in before.items():
            self._put(grant.role, name, body)

    def policies(self, role: str) -> dict[str, Any]:
        return dict(self._policies(role))

    def _policies(self, role: str) -> Iterator[tuple[str, Any]]:
        for name in self.iam.list_role_policies(RoleName=role)["PolicyNames"]:
            yield name, self.iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]

    def _take_back(self, role: str) -> None:
        for attached in self.iam.list_attached_role_policies(RoleName=role)["AttachedPolicies"]:
            arn, name = attached["PolicyArn"], attached["PolicyName"]
            if "OverflowPolicy" not in name:
                continue
            version = self.iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            answer = self.iam.get_policy_version(PolicyArn=arn, VersionId=version)
            self._put(role, name, answer["PolicyVersion"]["Document"])
            self.iam.detach_role_policy(RoleName=role, PolicyArn=arn)

    def _put(self, role: str, name: str, body: Any) -> None:
        """IAM rejects a policy without statements, so an empty one is deleted instead."""
        if not body["Statement"]:
            self.iam.delete_role_policy(RoleName=role, PolicyName=name)
            return
        self.iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=json.dumps(body))


def of(role: str, body: Any) -> Iterator[Grant]:
    for statement in body["Statement"]:
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                yield Grant(role, action, resource, _service(statement))


def without(body: Any, grant: Grant) -> Any:
    """The policy less this one action on this one resource; whatever else its statement allows stays."""
    left = []
    for statement in body["Statement"]:
        actions, resources = listed(statement["Action"]), listed(statement["Resource"])
        is_it = grant.action in actions and grant.resource in resources and _service(statement) == grant.service
        if not is_it:
            left.append(statement)
            continue
        kept = (
            ([each for each in actions if each != grant.action], resources),
            ([grant.action], [each for each in resources if each != grant.resource]),
        )
        for some, where in kept:
            if some and where:
                left.append(copy.deepcopy(statement) | {"Action": some, "Resource": where})
    return body | {"Statement": left}


def exercised(grants: Iterable[Grant], decisions: Iterable[Decision]) -> dict[Grant, int]:
    """How many allowed decisions each grant was needed for: those that no other grant covers."""
    given = [*grants]
    counts = dict.fromkeys(given, 0)
    for decision in decisions:
        covering = [grant for grant in given if grant.covers(decision)]
        if decision.allowed and len(covering) == 1:
            counts[covering[0]] += 1
    return counts


def like(value: str, pattern: str) -> bool:
    parts = (".*" if each == "*" else "." if each == "?" else re.escape(each) for each in pattern)
    return re.fullmatch("".join(parts), value) is not None


def short(name: str) -> str:
    """Without the stack's name and the hashes that CloudFormation and CDK add."""
    name = re.sub(r"^arn:aws:\w+:[\w-]*:\d*:", "", name)
    return re.sub(r"(?i)\bjobchute-|[0-9A-F]{8}(-[0-9A-F]{13})?(?=$|/|\*|-\?)", "", name)


def _service(statement: Any) -> str:
    return str(statement.get("Condition", {}).get("StringEquals", {}).get("iam:PassedToService", ""))


def listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
