"""The deployments that the checkers read: each of the things that a deployment may ask for, at its largest."""

from typing import Any

from jobchute.pools.limits import Limits

ACCOUNT = "123456789012"
ROLES = (f"arn:aws:iam::{ACCOUNT}:role/SageMakerRole", f"arn:aws:iam::{ACCOUNT}:role/service-role/Braket*")
TWENTY_ROLES = tuple(
    f"arn:aws:iam::{ACCOUNT}:role/service-role/team-{n:02}-jobs-execution-role" for n in range(20)
)
"""As long as those that the console makes."""
QUEUE = f"arn:aws:sqs:eu-central-1:{ACCOUNT}:orders"
MANY_QUEUES = tuple(f"arn:aws:sqs:eu-central-1:{ACCOUNT}:requests-of-team-{n}" for n in range(12))
"""With Jobchute's own more than an alarm's expression may have metrics: 10."""
TYPES = ("ml.g4dn.12xlarge", "ml.g5.2xlarge", "ml.m5.large", "ml.c6i.32xlarge", "ml.r5d.24xlarge")
OPERATIONS = ("sagemaker:CreateTrainingJob", "sagemaker:CreateProcessingJob")
POOLS = {
    **{
        f"{operation}/{kind}": Limits(limit=3 * number + 1, rate=0.5)
        for operation in OPERATIONS
        for number, kind in enumerate(TYPES)
    },
    **{f"label:team=research-group-{number}": Limits(limit=number, rate=number + 1) for number in range(15)},
}
"""25 of them."""

BUCKETS = ("uploads", "amazon-braket-uploads", "other.uploads")
JOB_BUCKETS = ("amzn-s3-demo-bucket", "amazon-braket-results")
TOPIC = f"arn:aws:sns:eu-central-1:{ACCOUNT}:alarms"
EVERYTHING: dict[str, Any] = {
    "roles": ROLES,
    "buckets": ("uploads",),
    "queues": (QUEUE,),
    "notify_email": "team@example.com",
}

CONFIGURATIONS: dict[str, dict[str, Any]] = {
    "customer key": {
        **EVERYTHING,
        "kms_key": "new",
        "manifest_buckets": BUCKETS,
        "roles": TWENTY_ROLES,
        "pools": POOLS,
    },
    "queues, buckets, topics and guard rails": {
        "queues": MANY_QUEUES,
        "buckets": BUCKETS,
        "notify_email": "team@example.com",
        "notify_topic_arn": TOPIC,
        "alarm_topic_arn": TOPIC,
        "job_role_buckets": JOB_BUCKETS,
        "inputs": ("s3://amzn-s3-demo-bucket/in",),
        "outputs": ("s3://amzn-s3-demo-bucket/out",),
        "instance_types": ("ml.m5.*", "ml.g5.xlarge"),
        "devices": ("local:*",),
        "models": ("amazon.nova-*", "churn-*"),
        "most_instances": 4,
        "longest_run_seconds": 7200,
        "required_labels": ("team",),
    },
}
"""By what is special about each. What adds resources of its own to others stands with them: a checker takes
seconds to start on a template, however small."""
