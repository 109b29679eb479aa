"""The one way a function is made: its defaults, its role, and its environment held against its settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.asset import PYTHON_VERSION
from jobchute.packing import packed
from jobchute.settings import Settings

RUNTIME = lambda_.Runtime(f"python{PYTHON_VERSION}", lambda_.RuntimeFamily.PYTHON)
QUEUE_CONCURRENCY = 200
"""Calls at once that one queue feeds. At 1,000,000 jobs an hour, or 278 a second, `observe` takes some 80 of
them; an account has 1,000 by default.
"""
QUEUE_CONCURRENCY_EMBEDDED = 2
"""The least that Lambda takes. Each call at once is a process on the machine of the embedded AWS: more of them
only take turns, each has a cold start, and the messages of a burst come in smaller batches.
"""
STREAM_READERS = 10
"""For each shard of a table's stream, the most that Lambda allows; the records of a row go to one of them.

A job's documents, requests to the bus, look-ups and answer take a reader some 0.1 s. 1,000,000 jobs an hour are
278 jobs and 5,000 write units a second: with shards that are half used, there are 10 shards and 100 readers,
which are busy for 28 % of the time. So is the one shard of 100,000 jobs an hour. Readers cost nothing.
"""
LOG_RETENTION = logs.RetentionDays.THREE_MONTHS


class Function(lambda_.Function):
    """A handler of `functions/`, named by its module, with a role of its own that may write its own log.

    settings: what the handler reads from its environment. recursive_loop: Lambda stops a chain of some 16
    calls unless this allows it (Lambda developer guide, "Recursive loop detection"). Raises ValueError at
    synthesis for a variable that is missing or that no function reads.
    """

    def __init__(
        self,
        scope: Construct,
        *,
        module: str,
        asset: Path,
        settings: type[Settings],
        environment: Mapping[str, str],
        timeout: cdk.Duration,
        key: kms.IKey | None = None,
        recursive_loop: lambda_.RecursiveLoop | None = None,
    ) -> None:
        variables = settings.variables()
        given = {f"JOBCHUTE_{name}": value for name, value in environment.items()}
        missing = {name for name, is_required in variables.items() if is_required} - given.keys()
        if missing:
            raise ValueError(f"{module} lacks {sorted(missing)} in its environment")
        name = module.capitalize()
        self.log = logs.LogGroup(
            scope,
            f"{name}Log",
            retention=LOG_RETENTION,
            removal_policy=cdk.RemovalPolicy.DESTROY,
            encryption_key=key,
        )
        self.execution_role = _role(scope, f"{name}Role")
        self.variables = {
            # By it the loggers of a process know each other; else all but the handler's write plain text.
            "POWERTOOLS_SERVICE_NAME": module,
            # Else LOG_LEVEL has a say, which on the embedded AWS is MiniStack's own.
            "POWERTOOLS_LOG_LEVEL": "INFO",
            **{key: _short(value) for key, value in given.items() if key in variables},
        }
        super().__init__(
            scope,
            name,
            code=lambda_.Code.from_asset(str(asset)),
            handler=f"{module}.handler",
            runtime=RUNTIME,
            architecture=lambda_.Architecture.ARM_64,
            memory_size=512,
            timeout=timeout,
            tracing=lambda_.Tracing.ACTIVE,
            environment=self.variables,
            environment_encryption=key,
            recursive_loop=recursive_loop,
            role=self.execution_role,
            log_group=self.log,
        )
        self.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [self.log.log_group_arn])

    def add_variable(self, name: str, value: str) -> None:
        self.variables[name] = value
        self.add_environment(name, value)

    def allow(self, actions: list[str], resources: list[str]) -> None:
        """Grant explicit actions on explicit resources, and nothing that CDK would add to them."""
        self.add_to_role_policy(iam.PolicyStatement(actions=actions, resources=resources))

    def read_queue(self, queue: sqs.IQueue, *, concurrency: int) -> None:
        """Feed the function from a queue, in batches. Of a batch, only the failed messages return to the queue.

        The actions are those of AWSLambdaSQSQueueExecutionRole; CDK's own event source grants two more.
        """
        self.allow(["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"], [queue.queue_arn])
        self.add_event_source_mapping(
            f"SqsEventSource:{cdk.Names.node_unique_id(queue.node)}",
            event_source_arn=queue.queue_arn,
            batch_size=10,
            report_batch_item_failures=True,
            max_concurrency=concurrency,
        )

    def read_stream(
        self, table: dynamodb.ITable, *, failures: sqs.IQueue, filters: Sequence[Mapping[str, Any]]
    ) -> None:
        """Feed the function from a table's stream, in order; what fails to the end is described in a queue.

        filters: of the records that it starts for.
        """
        assert table.table_stream_arn is not None
        read = ["dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator"]
        self.allow(read, [table.table_stream_arn])
        self.allow(["dynamodb:ListStreams"], ["*"])
        self.allow(["sqs:SendMessage"], [failures.queue_arn])
        mapping = self.add_event_source_mapping(
            f"DynamoDBEventSource:{cdk.Names.node_unique_id(table.node)}",
            event_source_arn=table.table_stream_arn,
            starting_position=lambda_.StartingPosition.TRIM_HORIZON,
            batch_size=100,
            report_batch_item_failures=True,
            bisect_batch_on_error=True,
            # The function gives up a record after 15 minutes itself; these are for one at which it dies.
            retry_attempts=30,
            # Moves that follow one another within a second are told together.
            max_batching_window=cdk.Duration.seconds(1),
            parallelization_factor=STREAM_READERS,
            filters=filters,
        )
        resource = mapping.node.default_child
        assert isinstance(resource, lambda_.CfnEventSourceMapping)
        # CDK's SqsDlq would grant looking up the queue besides.
        resource.destination_config = lambda_.CfnEventSourceMapping.DestinationConfigProperty(
            on_failure=lambda_.CfnEventSourceMapping.OnFailureProperty(destination=failures.queue_arn)
        )


def _short(value: str) -> str:
    """The value as the settings read it; what only a deployment knows has to stay as it is."""
    return value if cdk.Token.is_unresolved(value) else packed(value)


def _role(scope: Construct, construct_id: str) -> iam.Role:
    """The role exists before its function does, so its trust policy cannot name the function as the source."""
    return iam.Role(scope, construct_id, assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"))
