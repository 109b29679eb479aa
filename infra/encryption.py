"""The customer's own key, where a deployment names one: for all at rest that can hold a request's words."""

from collections.abc import Sequence
from typing import Any, Literal

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.removal import policy_of_data

NEW = "new"
# They act on the account's own behalf: S3 and EventBridge send to the queues, SNS reads its topic's messages.
SENDERS = ("s3.amazonaws.com", "events.amazonaws.com", "sns.amazonaws.com")


class Encryption(Construct):
    """What holds data is encrypted with `key`, or, where that is None, with a key of AWS.

    kms_key: a key's ARN, whose policy must let in what `docs/security.md` lists; `new` makes one that turns
    every year and stays when the stack goes, unless that is a throwaway.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, kms_key: str | Literal["new"] | None, is_throwaway: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self.key: kms.IKey | None = None
        if kms_key == NEW:
            self.key = self._new_key(is_throwaway=is_throwaway)
        elif kms_key is not None:
            self.key = kms.Key.from_key_arn(self, "Key", kms_key)
        # By its ARN, CDK cannot add to its policy; it would let in EventBridge on behalf of any account.
        self.of_messages = self.key and kms.Key.from_key_arn(self, "ByArn", self.key.key_arn)

    @property
    def of_queues(self) -> dict[str, Any]:
        if self.of_messages is None:
            return {"encryption": sqs.QueueEncryption.SQS_MANAGED}
        return {"encryption_master_key": self.of_messages, "data_key_reuse": cdk.Duration.hours(1)}

    @property
    def of_bucket(self) -> dict[str, Any]:
        if self.key is None:
            return {"encryption": s3.BucketEncryption.S3_MANAGED}
        return {"encryption": s3.BucketEncryption.KMS, "encryption_key": self.key, "bucket_key_enabled": True}

    @property
    def of_table(self) -> dict[str, Any]:
        if self.key is None:
            return {"encryption": dynamodb.TableEncryption.AWS_MANAGED}
        return {"encryption": dynamodb.TableEncryption.CUSTOMER_MANAGED, "encryption_key": self.key}

    def grant(self, role: iam.IRole, actions: Sequence[str]) -> None:
        """Let a function's role use the key, through the services that hold our data alone."""
        if self.key is None:
            return
        stack = cdk.Stack.of(self)
        services = [
            f"{name}.{stack.region}.amazonaws.com"
            for name in ("dynamodb", "lambda", "s3", "secretsmanager", "sqs")
        ]
        role.add_to_principal_policy(
            iam.PolicyStatement(
                actions=[*actions],
                resources=[self.key.key_arn],
                conditions={"StringEquals": {"kms:ViaService": services}},
            )
        )

    def let_events_publish(self) -> None:
        """Let EventBridge publish to a topic that a new key encrypts. A given key's policy is its owner's.

        It has no condition, as aws:SourceAccount and aws:SourceArn are not supported from EventBridge to an
        encrypted topic (SNS developer guide, "Managing Amazon SNS encryption keys and costs"). The topic's
        policy says who may publish to it.
        """
        if isinstance(self.key, kms.Key):
            self.key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[iam.ServicePrincipal("events.amazonaws.com")],
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    resources=["*"],
                )
            )

    def _new_key(self, *, is_throwaway: bool) -> kms.Key:
        key = kms.Key(
            self,
            "Key",
            description="Jobchute's data at rest",
            enable_key_rotation=True,
            removal_policy=policy_of_data(is_throwaway=is_throwaway),
        )
        stack = cdk.Stack.of(self)
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(name) for name in SENDERS],
                actions=["kms:Decrypt", "kms:GenerateDataKey"],
                resources=["*"],
                conditions={"StringEquals": {"aws:SourceAccount": stack.account}},
            )
        )
        logs = f"arn:{stack.partition}:logs:{stack.region}:{stack.account}:log-group:*"
        key.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal(f"logs.{stack.region}.{stack.url_suffix}")],
                actions=[
                    "kms:Decrypt",
                    "kms:DescribeKey",
                    "kms:Encrypt",
                    "kms:GenerateDataKey",
                    "kms:ReEncrypt*",
                ],
                resources=["*"],
                conditions={"ArnLike": {"kms:EncryptionContext:aws:logs:arn": logs}},
            )
        )
        return key
