"""Execution roles for jobs, for accounts that have none: one a provider, for named buckets."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from constructs import Construct

from jobchute.providers.registry import BACKENDS

WRITE_LOGS = ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]
PULL_IMAGES = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


class Place(NamedTuple):
    """Where the roles are: what ARNs are made of."""

    partition: str
    region: str
    account: str

    def arn(self, service: str, resource: str) -> str:
        """Of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


class JobRoles(Construct):
    """Trusted by its provider alone, on behalf of this account's jobs: nobody else's can borrow it.

    A job may read and write objects of the buckets, and do what its provider's documentation asks of the role
    of a job. Requests may name a role when it is listed in `jobchute:roles`: its ARN is an output of the stack.
    """

    def __init__(self, scope: Construct, construct_id: str, *, buckets: Sequence[str]) -> None:
        super().__init__(scope, construct_id)
        for service in sorted({backend.service for backend in BACKENDS.values() if backend.service}):
            role = self._role(service, buckets)
            cdk.CfnOutput(cdk.Stack.of(self), f"{service.capitalize()}RoleArn", value=role.role_arn)

    def _role(self, service: str, buckets: Sequence[str]) -> iam.Role:
        stack = cdk.Stack.of(self)
        here = Place(stack.partition, stack.region, stack.account)
        conditions = {
            "StringEquals": {"aws:SourceAccount": stack.account},
            "ArnLike": {"aws:SourceArn": here.arn(service, "*")},
        }
        principal = iam.ServicePrincipal(f"{service}.amazonaws.com", conditions=conditions)
        role = iam.Role(self, service.capitalize(), assumed_by=principal)
        arns = [f"arn:{stack.partition}:s3:::{name}" for name in buckets]
        objects = [f"{arn}/*" for arn in arns]
        role.add_to_policy(iam.PolicyStatement(actions=["s3:ListBucket"], resources=arns))
        role.add_to_policy(iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=objects))
        for statement in OF_PROVIDERS[service](here):
            role.add_to_policy(statement)
        return role


def _braket(here: Place) -> Iterator[iam.PolicyStatement]:
    """A job creates quantum tasks of its own, and writes its log and metrics. Amazon's own images are in
    another account and may be in another region.

    Source: AWS managed policy AmazonBraketJobsExecutionPolicy. Left out of it: other jobs, other buckets, and
    passing roles. The reference names no resource for CreateQuantumTask, GetDevice and SearchDevices.
    """
    yield _allow(["braket:CreateQuantumTask", "braket:GetDevice", "braket:SearchDevices"], ["*"])
    tasks = ["braket:CancelQuantumTask", "braket:GetQuantumTask", "braket:TagResource"]
    yield _allow(tasks, [here.arn("braket", "quantum-task/*")])
    yield from _images(
        [here.arn("ecr", "repository/*"), f"arn:{here.partition}:ecr:*:*:repository/amazon-braket*"]
    )
    yield from _logs_and_metrics(here, "/aws/braket")


def _sagemaker(here: Place) -> Iterator[iam.PolicyStatement]:
    """Images of any account: the prebuilt ones of AWS are in accounts of its own, and the policy of a
    repository has to allow this account.

    Source: SageMaker developer guide, "How to use SageMaker AI execution roles", CreateTrainingJob API and
    CreateProcessingJob API. Built-in algorithms are pulled without the role.
    """
    yield from _images([f"arn:{here.partition}:ecr:{here.region}:*:repository/*"])
    yield from _logs_and_metrics(here, "/aws/sagemaker")


def _bedrock(here: Place) -> Iterator[iam.PolicyStatement]:
    """For inference profiles, which lead to models in several regions; for other models the role needs nothing.

    Source: Bedrock user guide, "Create a custom service role for batch inference".
    """
    profiles = [
        here.arn("bedrock", f"{kind}/*") for kind in ("inference-profile", "application-inference-profile")
    ]
    models = f"arn:{here.partition}:bedrock:*::foundation-model/*"
    yield _allow(["bedrock:InvokeModel"], [*profiles, models])


OF_PROVIDERS: Mapping[str, Callable[[Place], Iterator[iam.PolicyStatement]]] = {
    "bedrock": _bedrock,
    "braket": _braket,
    "sagemaker": _sagemaker,
}


def _images(repositories: list[str]) -> Iterator[iam.PolicyStatement]:
    yield _allow(["ecr:GetAuthorizationToken"], ["*"])
    yield _allow(PULL_IMAGES, repositories)


def _logs_and_metrics(here: Place, prefix: str) -> Iterator[iam.PolicyStatement]:
    """PutMetricData knows no resource: a condition holds it to the provider's namespaces."""
    yield _allow(WRITE_LOGS, [here.arn("logs", f"log-group:{prefix}/*")])
    namespaces = {"StringLike": {"cloudwatch:namespace": [prefix, f"{prefix}/*"]}}
    yield iam.PolicyStatement(actions=["cloudwatch:PutMetricData"], resources=["*"], conditions=namespaces)


def _allow(actions: list[str], resources: list[str]) -> iam.PolicyStatement:
    return iam.PolicyStatement(actions=actions, resources=resources)
