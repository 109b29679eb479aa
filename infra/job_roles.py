"""Execution roles for jobs, for accounts that have none: one a provider, for named buckets."""

from collections.abc import Sequence

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from jobchute.providers import BACKENDS

LOG_GROUPS = {"braket": "/aws/braket/*", "sagemaker": "/aws/sagemaker/*"}

WRITE_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


class JobRoles(Construct):
    """Trusted by its provider alone, on behalf of this account's jobs: nobody else's can borrow it.

    A job may read and write objects of the buckets and write its log. Requests may name a role when it is
    listed in `jobchute:roles`: its ARN is an output of the stack.
    """

    def __init__(self, scope: Construct, construct_id: str, *, buckets: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        for service in sorted({backend.service for backend in BACKENDS.values() if backend.service}):
            role = self._role(service, buckets)
            cdk.CfnOutput(cdk.Stack.of(self), f"{service.capitalize()}RoleArn", value=role.role_arn)

    def _role(self, service: str, buckets: Sequence[str]) -> iam.Role:
        stack = cdk.Stack.of(self)
        here = f"{stack.region}:{stack.account}"
        conditions = {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {"aws:SourceArn": f"arn:{stack.partition}:{service}:{here}:*"},
        }
        principal = iam.ServicePrincipal(f"{service}.amazonaws.com", conditions=conditions)
        role = iam.Role(self, service.capitalize(), assumed_by=principal)
        arns = [f"arn:{stack.partition}:s3:::{name}" for name in buckets]
        objects = [f"{arn}/*" for arn in arns]
        role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=arns))
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=objects))
        if service in LOG_GROUPS:
            groups = f"arn:{stack.partition}:logs:{here}:log-group:{LOG_GROUPS[service]}"
            role.add_to_policy(iam.PolicyStatement(actions=WRITE_LOGS, resources=[groups]))
        return role
