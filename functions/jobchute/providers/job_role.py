"""What a job's execution role may do at AWS, as data: `JOB_ROLE` in the `job_role.py` of each service's folder.

The stack makes roles from it where a deployment asks for them (`infra.job_roles`). No function imports it.
`{partition}`, `{region}` and `{account}` in an ARN stand for the place of the role.
"""

from collections.abc import Mapping
from typing import NamedTuple


class Statement(NamedTuple):
    """IAM actions that are allowed, on these ARNs; `*` where an action knows no resource.

    conditions: condition operator → condition key → values.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...] = ("*",)
    conditions: Mapping[str, Mapping[str, tuple[str, ...]]] | None = None


def pull_images(*repositories: str) -> tuple[Statement, ...]:
    """For the job's container image, from these repositories in Amazon ECR."""
    actions = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
    return Statement(("ecr:GetAuthorizationToken",)), Statement(actions, repositories)


def write_logs_and_metrics(prefix: str) -> tuple[Statement, ...]:
    """In the log groups and the metric namespaces that begin with the prefix.

    PutMetricData knows no resource: a condition holds it to the namespaces.
    """
    actions = ("CreateLogGroup", "CreateLogStream", "DescribeLogStreams", "PutLogEvents")
    log_groups = f"arn:{{partition}}:logs:{{region}}:{{account}}:log-group:{prefix}/*"
    namespaces = {"StringLike": {"cloudwatch:namespace": (prefix, f"{prefix}/*")}}
    return (
        Statement(tuple(f"logs:{action}" for action in actions), (log_groups,)),
        Statement(("cloudwatch:PutMetricData",), conditions=namespaces),
    )
