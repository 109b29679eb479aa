"""Execution roles for jobs, for accounts that have none: one a provider, for named buckets."""

from collections.abc import Sequence
from importlib import import_module

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.arns import arn_in
from jobchute.providers.job_role import Statement
from jobchute.providers.registry import SPECS


class JobRoles(Construct):
    """Only its provider trusts a role, and only for jobs of this account.

    A job may read and write objects of the buckets, and do what its provider's documentation asks of the role
    of a job (`JOB_ROLE` in the provider's folder). Requests may name a role when it is listed in
    `jobchute:roles`: its ARN is an output of the stack.
    """

    def __init__(self, scope: Construct, construct_id: str, *, buckets: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        passed_to = {
            spec.service: spec.iam.passed_to
            for spec in SPECS.values()
            if spec.service and spec.iam and spec.iam.passed_to
        }
        for service in sorted(passed_to):
            role = self._role(service, passed_to[service], buckets)
            cdk.CfnOutput(cdk.Stack.of(self), f"{service.capitalize()}RoleArn", value=role.role_arn)

    def _role(self, service: str, trusted: str, buckets: Sequence[str]) -> iam.Role:
        stack = cdk.Stack.of(self)
        jobs = arn_in(stack, f"arn:{{partition}}:{service}:{{region}}:{{account}}:*")
        conditions = {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {"aws:SourceArn": jobs},
        }
        principal = iam.ServicePrincipal(trusted, conditions=conditions)
        role = iam.Role(self, service.capitalize(), assumed_by=principal)
        arns = [f"arn:{stack.partition}:s3:::{name}" for name in buckets]
        objects = [f"{arn}/*" for arn in arns]
        role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=arns))
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=objects))
        for statement in job_role_of(service):
            role.add_to_policy(_policy_statement(stack, statement))
        return role


def job_role_of(service: str) -> Sequence[Statement]:
    """What the provider's folder says of its jobs' roles."""
    folder = service.replace("-", "_")
    statements: Sequence[Statement] = import_module(f"jobchute.providers.{folder}.job_role").JOB_ROLE
    return statements


def _policy_statement(stack: cdk.Stack, statement: Statement) -> iam.PolicyStatement:
    conditions = {
        operator: {key: [*values] for key, values in keys.items()}
        for operator, keys in (statement.conditions or {}).items()
    }
    return iam.PolicyStatement(
        actions=[*statement.actions],
        resources=[arn_in(stack, resource) for resource in statement.resources],
        conditions=conditions,
    )
