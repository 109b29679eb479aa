"""The job ledger's table, and what is read of its stream."""

from collections.abc import Mapping
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from infra.encryption import Encryption
from jobchute.ledger.items import JOB
from jobchute.ledger.table import INCLUDED, INDEXES, NUMERIC_KEYS, TIME_TO_LIVE


class Ledger(Construct):
    def __init__(
        self, scope: Construct, construct_id: str, *, encryption: Encryption, is_throwaway: bool
    ) -> None:
        super().__init__(scope, construct_id)
        self.table = dynamodb.Table(
            self,
            "Table",
            partition_key=_key("pk"),
            sort_key=_key("sk"),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=dynamodb.StreamViewType.NEW_AND_OLD_IMAGES,
            time_to_live_attribute=TIME_TO_LIVE,
            # A rollback cannot delete a protected table, and would fail: unlike other data it is kept then,
            # too.
            removal_policy=cdk.RemovalPolicy.DESTROY if is_throwaway else cdk.RemovalPolicy.RETAIN,
            deletion_protection=not is_throwaway,
            **encryption.of_table,
        )
        for name, (partition, sort) in INDEXES.items():
            self.table.add_global_secondary_index(
                index_name=name,
                partition_key=_key(partition),
                sort_key=None if sort is None else _key(sort),
                projection_type=(
                    dynamodb.ProjectionType.INCLUDE if name in INCLUDED else dynamodb.ProjectionType.KEYS_ONLY
                ),
                non_key_attributes=[*INCLUDED[name]] if name in INCLUDED else None,
            )


def _key(name: str) -> dynamodb.Attribute:
    kind = dynamodb.AttributeType.NUMBER if name in NUMERIC_KEYS else dynamodb.AttributeType.STRING
    return dynamodb.Attribute(name=name, type=kind)


def rows_of_jobs() -> Mapping[str, Any]:
    """The stream records to announce. Writes of other items would start the function for nothing."""
    keys = {"sk": {"S": lambda_.FilterRule.is_equal(JOB)}}
    return lambda_.FilterCriteria.filter(
        {"eventName": lambda_.FilterRule.or_("INSERT", "MODIFY"), "dynamodb": {"Keys": keys}}
    )
