"""Where requests come in: the bucket, the intake queue, and the way from one to the other."""

from collections.abc import Iterable

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.configuration import PREFIX, ConfigurationError
from infra.encryption import Encryption
from infra.removal import policy_of_data
from jobchute.requests.request_names import REQUESTS

# A message that its function's throttling alone sends back must not reach the dead-letter queue.
MAX_RECEIVES = 8
ACCESS_LOG_DAYS = 365


def shortest_hidden(function_timeout: cdk.Duration) -> cdk.Duration:
    """How long a queue must hide a message from others while a function handles it.

    Lambda's rule for SQS event sources: throttled calls are repeated meanwhile.
    """
    return cdk.Duration.seconds(6 * function_timeout.to_seconds())


class QueueWithDeadLetters(Construct):
    """A queue whose messages end in its dead-letter queue after MAX_RECEIVES deliveries.

    function_timeout: of the function that reads it.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, function_timeout: cdk.Duration, encryption: Encryption
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = queue_for_failures(self, "DeadLetters", encryption)
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=shortest_hidden(function_timeout).plus(cdk.Duration.seconds(30)),
            retention_period=cdk.Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MAX_RECEIVES),
            enforce_ssl=True,
            **encryption.of_queues,
        )


def queue_for_failures(scope: Construct, construct_id: str, encryption: Encryption) -> sqs.Queue:
    """A queue that only a person empties: without dead letters of its own, however often it is looked into."""
    retention = cdk.Duration.days(14)
    return sqs.Queue(scope, construct_id, retention_period=retention, enforce_ssl=True, **encryption.of_queues)


def other_queues(stack: cdk.Stack, arns: Iterable[str]) -> dict[str, sqs.IQueue]:
    """By name, the queues that are there already and feed the intake besides.

    Raises ConfigurationError for one of another account or region, where Lambda, or dead letters, do not reach;
    for a stack without an environment CloudFormation finds that out.
    """
    found: dict[str, sqs.IQueue] = {}
    for arn in arns:
        *_, region, account, name = arn.split(":")
        for own, given in ((stack.region, region), (stack.account, account)):
            if not cdk.Token.is_unresolved(own) and own != given:
                raise ConfigurationError(f"{PREFIX}queues: {arn} is not of {stack.account}, {stack.region}")
        found[name] = sqs.Queue.from_queue_arn(stack, f"Queue-{name}", arn)
    return found


def access_logs(scope: Construct, removal_policy: cdk.RemovalPolicy) -> s3.Bucket:
    """Where S3 writes who did what to the bucket. S3 delivers to buckets under its own key alone."""
    # Otherwise CDK lets S3 in by an access control list, which new buckets do not have.
    scope.node.set_context("@aws-cdk/aws-s3:serverAccessLogsUseBucketPolicy", True)
    return s3.Bucket(
        scope,
        "AccessLogs",
        versioned=True,
        encryption=s3.BucketEncryption.S3_MANAGED,
        block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
        object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
        enforce_ssl=True,
        lifecycle_rules=[
            s3.LifecycleRule(
                expiration=cdk.Duration.days(ACCESS_LOG_DAYS),
                noncurrent_version_expiration=cdk.Duration.days(1),
                abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
            )
        ],
        removal_policy=removal_policy,
    )


class Intake(Construct):
    """The bucket's `requests/` feeds the queue; so may any other bucket of the account."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_timeout: cdk.Duration,
        encryption: Encryption,
        is_throwaway: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        removal_policy = policy_of_data(is_throwaway=is_throwaway)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=cdk.Duration.days(90),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
            server_access_logs_bucket=access_logs(self, removal_policy),
            removal_policy=removal_policy,
            **encryption.of_bucket,
        )
        self.messages = QueueWithDeadLetters(
            self, "Messages", function_timeout=function_timeout, encryption=encryption
        )
        self._notify_without_a_custom_resource()

    def _notify_without_a_custom_resource(self) -> None:
        """`add_event_notification` of s3.Bucket deploys a function of its own to set this one property.

        It does so because a bucket that names its queue and a queue policy that names its bucket wait for each
        other. Here the policy names the account and any bucket in it, and the bucket waits for the policy.
        """
        queue = self.messages.queue
        policy = queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[queue.queue_arn],
                conditions={
                    "ArnLike": {"aws:SourceArn": f"arn:{cdk.Aws.PARTITION}:s3:::*"},
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                },
            )
        )
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*",
                    queue=queue.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(
                        s3_key=s3.CfnBucket.S3KeyFilterProperty(
                            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=REQUESTS)]
                        )
                    ),
                )
            ]
        )
        assert policy.policy_dependable is not None
        self.bucket.node.add_dependency(policy.policy_dependable)
