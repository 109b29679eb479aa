"""Where requests come in: the bucket, the intake queue, and the way from one to the other."""

import aws_cdk as cdk
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from jobchute.sources import REQUESTS

# A message that its function's throttling alone sends back must not reach the dead-letter queue.
MOST_RECEIVES = 8


class QueueWithDeadLetters(Construct):
    """A queue whose messages end in its dead-letter queue after MOST_RECEIVES deliveries.

    function_timeout: of the function that reads it; a message stays invisible for six times as long (Lambda's
    rule for SQS event sources).
    """

    def __init__(self, scope: Construct, construct_id: str, *, function_timeout: cdk.Duration) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = queue_for_failures(self, "DeadLetters")
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=cdk.Duration.seconds(6 * function_timeout.to_seconds() + 30),
            retention_period=cdk.Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MOST_RECEIVES),
            enforce_ssl=True,
        )


def queue_for_failures(scope: Construct, construct_id: str) -> sqs.Queue:
    """A queue that only a person empties: without dead letters of its own, however often it is looked into."""
    return sqs.Queue(scope, construct_id, retention_period=cdk.Duration.days(14), enforce_ssl=True)


class Intake(Construct):
    """The bucket's `requests/` feeds the queue; so may any other bucket of the account."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_timeout: cdk.Duration,
        is_throwaway: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            enforce_ssl=True,
            lifecycle_rules=[
                s3.LifecycleRule(
                    noncurrent_version_expiration=cdk.Duration.days(90),
                    abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
                )
            ],
            removal_policy=cdk.RemovalPolicy.DESTROY if is_throwaway else cdk.RemovalPolicy.RETAIN,
        )
        self.messages = QueueWithDeadLetters(self, "Messages", function_timeout=function_timeout)
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
