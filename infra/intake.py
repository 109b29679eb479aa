"""Where requests come in: the bucket, the intake queue, and the way from one to the other."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from jobchute.intake import REQUESTS

# A message that its function's throttling alone sends back must not reach the dead-letter queue.
MOST_RECEIVES = 8


class QueueWithDeadLetters(Construct):
    """A queue whose messages end in its dead-letter queue after MOST_RECEIVES deliveries.

    function_timeout: of the function that reads it; a message stays invisible for six times as long (Lambda's
    rule for SQS event sources).
    """

    def __init__(self, scope: Construct, construct_id: str, *, function_timeout: cdk.Duration) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = sqs.Queue(
            self, "DeadLetters", retention_period=cdk.Duration.days(14), enforce_ssl=True
        )
        self.queue = sqs.Queue(
            self,
            "Queue",
            visibility_timeout=cdk.Duration.seconds(6 * function_timeout.to_seconds() + 30),
            retention_period=cdk.Duration.days(14),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.dead_letters, max_receive_count=MOST_RECEIVES),
            enforce_ssl=True,
        )


class Intake(Construct):
    """buckets: others that may send their notifications to the intake queue."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_timeout: cdk.Duration,
        buckets: tuple[str, ...],
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
        self._send_events_without_a_custom_resource()
        self.messages = QueueWithDeadLetters(self, "Messages", function_timeout=function_timeout)
        self._feed_queue()
        for bucket in buckets:
            self._allow_notifications_from(bucket)

    def _send_events_without_a_custom_resource(self) -> None:
        """`event_bridge_enabled` of s3.Bucket deploys a function of its own to set this one property."""
        bucket = self.bucket.node.default_child
        assert isinstance(bucket, s3.CfnBucket)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(event_bridge_enabled=True)
        )

    def _feed_queue(self) -> None:
        events.Rule(
            self,
            "Dropped",
            event_pattern=events.EventPattern(
                source=["aws.s3"],
                detail_type=["Object Created"],
                detail={
                    "bucket": {"name": [self.bucket.bucket_name]},
                    "object": {"key": [{"prefix": REQUESTS}]},
                },
            ),
            targets=[targets.SqsQueue(self.messages.queue, dead_letter_queue=self.messages.dead_letters)],
        )

    def _allow_notifications_from(self, bucket: str) -> None:
        arn = cdk.Stack.of(self).format_arn(
            service="s3", region="", account="", resource=bucket, arn_format=cdk.ArnFormat.NO_RESOURCE_NAME
        )
        self.messages.queue.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.messages.queue.queue_arn],
                conditions={
                    "ArnEquals": {"aws:SourceArn": arn},
                    "StringEquals": {"aws:SourceAccount": cdk.Aws.ACCOUNT_ID},
                },
            )
        )
