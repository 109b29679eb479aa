"""Defects of grants and roles, beside those of tests.infra.checks.defects: importing this adds them there."""

from tests.infra.checks.defects import DEFECTS, FUNCTION, ROLE, Resources, defect, first, statement

__all__ = ["DEFECTS"]


@defect("an action with a wildcard")
def _(resources: Resources) -> None:
    statement(resources, "dynamodb:PutItem")["Action"] = "dynamodb:*"


@defect("every action")
def _(resources: Resources) -> None:
    statement(resources, "dynamodb:PutItem")["Action"] = "*"


@defect("an action on everything")
def _(resources: Resources) -> None:
    statement(resources, "secretsmanager:GetSecretValue")["Resource"] = "*"


@defect("all actions but one")
def _(resources: Resources) -> None:
    found = statement(resources, "secretsmanager:GetSecretValue")
    found["NotAction"] = found.pop("Action")
    found["Action"] = []


@defect("a policy of AWS on a function's role")
def _(resources: Resources) -> None:
    first(resources, ROLE)["ManagedPolicyArns"] = ["arn:aws:iam::aws:policy/AmazonS3FullAccess"]


@defect("two functions with one role")
def _(resources: Resources) -> None:
    one, two = [each["Properties"] for each in resources.values() if each["Type"] == FUNCTION][:2]
    one["Role"] = two["Role"]


@defect("PassRole of any role")
def _(resources: Resources) -> None:
    statement(resources, "iam:PassRole")["Resource"] = "*"


@defect("PassRole of any account's role")
def _(resources: Resources) -> None:
    statement(resources, "iam:PassRole")["Resource"] = "arn:aws:iam::*:role/Jobs"


@defect("PassRole without PassedToService")
def _(resources: Resources) -> None:
    del statement(resources, "iam:PassRole")["Condition"]


@defect("PassRole to a service that is none of ours")
def _(resources: Resources) -> None:
    condition = statement(resources, "iam:PassRole")["Condition"]
    condition["StringEquals"]["iam:PassedToService"] = "ec2.amazonaws.com"


@defect("a trust without aws:SourceAccount")
def _(resources: Resources) -> None:
    for resource in resources.values():
        if resource["Type"] == ROLE:
            resource["Properties"]["AssumeRolePolicyDocument"]["Statement"][0].pop("Condition", None)


@defect("a role that anybody may take")
def _(resources: Resources) -> None:
    first(resources, ROLE)["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": "*"}


@defect("another's queue that the sweep may not look at")
def _(resources: Resources) -> None:
    for resource in resources.values():
        if resource["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            found = resource["Properties"]["PolicyDocument"]["Statement"]
            found[:] = [each for each in found if each["Action"] != "sqs:GetQueueAttributes"]
