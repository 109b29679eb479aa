"""The stack: composes the constructs and draws every grant."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_lambda_event_sources as sources
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from infra import providers
from infra.alarms import Alarms
from infra.configuration import Configuration
from infra.function import Function
from infra.intake import Intake, QueueWithDeadLetters, queue_for_failures
from infra.ledger import Ledger
from infra.notifications import Notifications
from infra.tracking import Tracking
from jobchute.ledger import BY_DUE, BY_PROVIDER_ID, BY_QUEUE, BY_SOURCE
from jobchute.settings import (
    AnnounceSettings,
    DispatchSettings,
    ExpireSettings,
    ObserveSettings,
    ReconcileSettings,
    Settings,
    ValidateSettings,
)

TIMEOUT = cdk.Duration.seconds(90)
"""Of every function: shorter than the lease of an attempt to submit (jobchute.pace)."""


class JobchuteStack(cdk.Stack):
    """asset: the folder that infra.asset built."""

    def __init__(
        self, scope: Construct, construct_id: str, *, configuration: Configuration, asset: Path, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, description="Jobchute, a submitter of jobs", **options)
        self.configuration = configuration
        self.asset = asset
        self.ledger = Ledger(self, "Ledger", is_throwaway=configuration.throwaway)
        self.intake = Intake(
            self,
            "Intake",
            function_timeout=TIMEOUT,
            is_throwaway=configuration.throwaway,
        )
        self.events = QueueWithDeadLetters(self, "Events", function_timeout=TIMEOUT)
        self.stream_failures = queue_for_failures(self, "StreamFailures")
        self.dead_letters = {
            "Messages": self.intake.messages.dead_letters,
            "Events": self.events.dead_letters,
            "StreamFailures": self.stream_failures,
        }
        self.bus = events.EventBus(self, "Bus", description="Jobchute's state changes")
        self.fireworks = self._fireworks_secret()
        self.environment_of_all = self._environment()

        # Functions that the state machine calls start executions of it: its ARN is known before it is.
        machine_name = f"{self.stack_name}-Jobs"
        self.state_machine_arn = self.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=machine_name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        )
        self.environment_of_all["STATE_MACHINE_ARN"] = self.state_machine_arn
        dispatch = self._function("dispatch", DispatchSettings)
        expire = self._function("expire", ExpireSettings)
        self.tracking = Tracking(self, "Tracking", name=machine_name, dispatch=dispatch, expire=expire)
        validate = self._function("validate", ValidateSettings)
        observe = self._function("observe", ObserveSettings)
        reconcile = self._function("reconcile", ReconcileSettings)
        announce = self._function("announce", AnnounceSettings)

        self._trigger(validate, observe, reconcile, announce)
        self._grant_ledger(validate, dispatch, expire, observe, reconcile, announce)
        self._grant_providers(validate, dispatch, expire, observe, reconcile)
        self._grant_objects(validate, announce)
        self.intake.messages.queue.grant(validate, "sqs:SendMessage")
        self._grant_dead_letters(reconcile)
        self._grant_executions(validate, dispatch, expire, observe, reconcile, announce)
        self.bus.grant_put_events_to(announce)
        Alarms(self, "Alarms", dead_letters=self.dead_letters, state_machine=self.tracking.state_machine)
        self._notify()
        self._outputs()

    def _environment(self) -> dict[str, str]:
        """Every variable that some function reads; each function is given the ones its settings name."""
        configuration, embedded = self.configuration, self.configuration.embedded
        environment = {
            "TABLE": self.ledger.table.table_name,
            "BUCKET": self.intake.bucket.bucket_name,
            "QUEUE_URL": self.intake.messages.queue.queue_url,
            "BUS": self.bus.event_bus_name,
            "DEAD_LETTER_QUEUE_URL": self.intake.messages.dead_letters.queue_url,
            "EVENTS_DEAD_LETTER_QUEUE_URL": self.events.dead_letters.queue_url,
            "STREAM_FAILURES_QUEUE_URL": self.stream_failures.queue_url,
            "FIREWORKS_SECRET_ARN": self.fireworks.secret_arn,
            "GUARD_RAILS": configuration.guard_rails_json,
            "POOLS": configuration.pools_json,
            "FAIR_BY": configuration.fair_by,
            "RETENTION_SECONDS": str(configuration.retention_days * 24 * 3600),
        }
        if embedded is not None:
            environment["FIREWORKS_URL"] = embedded.provider_url
            environment |= {f"{name.upper()}_SECONDS": str(value) for name, value in embedded.seconds.items()}
        return environment

    def _function(self, module: str, settings: type[Settings]) -> Function:
        function = Function(
            self,
            module=module,
            asset=self.asset,
            settings=settings,
            environment=self.environment_of_all,
            timeout=TIMEOUT,
        )
        if self.configuration.embedded is not None:
            for service in ("BRAKET", "BEDROCK", "SAGEMAKER"):
                # botocore's own way to say where a service is.
                function.add_environment(
                    f"AWS_ENDPOINT_URL_{service}", self.configuration.embedded.provider_url
                )
        return function

    def _fireworks_secret(self) -> secretsmanager.Secret:
        """Made with a placeholder; its value is put there by whoever has the key, and never by CDK."""
        return secretsmanager.Secret(
            self,
            "FireworksAccount",
            description='The Fireworks account: {"accountId": "...", "apiKey": "..."}',
            removal_policy=(
                cdk.RemovalPolicy.DESTROY if self.configuration.throwaway else cdk.RemovalPolicy.RETAIN
            ),
        )

    def _trigger(self, validate: Function, observe: Function, reconcile: Function, announce: Function) -> None:
        for function, queue in ((validate, self.intake.messages.queue), (observe, self.events.queue)):
            function.add_event_source(
                sources.SqsEventSource(
                    queue, batch_size=10, report_batch_item_failures=True, max_concurrency=20
                )
            )
        announce.add_event_source(
            sources.DynamoEventSource(
                self.ledger.table,
                starting_position=lambda_.StartingPosition.TRIM_HORIZON,
                batch_size=100,
                report_batch_item_failures=True,
                bisect_batch_on_error=True,
                retry_attempts=100,
                parallelization_factor=4,
                on_failure=sources.SqsDlq(self.stream_failures),
            )
        )
        embedded = self.configuration.embedded
        providers.send_events_to(
            self,
            self.events.queue,
            self.events.dead_letters,
            prefix=None if embedded is None else embedded.event_source_prefix,
        )
        events.Rule(
            self,
            "Sweep",
            schedule=events.Schedule.rate(cdk.Duration.minutes(1)),
            targets=[targets.LambdaFunction(reconcile, dead_letter_queue=self.events.dead_letters)],
        )

    def _grant_ledger(self, *functions: Function) -> None:
        validate, _, _, observe, reconcile, _ = functions
        table = self.ledger.table
        for function in functions:
            table.grant(function, "dynamodb:GetItem", "dynamodb:UpdateItem")
            _grant_query(table, function, BY_QUEUE)
        table.grant(validate, "dynamodb:PutItem")
        table.grant(reconcile, "dynamodb:BatchGetItem", "dynamodb:Query")
        _grant_query(table, observe, BY_PROVIDER_ID)
        _grant_query(table, reconcile, BY_DUE)
        # A file is cancelled with its jobs, in all of its versions.
        _grant_query(table, validate, BY_SOURCE)
        table.grant(validate, "dynamodb:Query")

    def _grant_providers(self, *functions: Function) -> None:
        validate, dispatch, expire, observe, reconcile = functions
        for submitter in (dispatch, reconcile):
            providers.grant(self, submitter, "read", "list", "cancel")
            providers.grant_create(self, submitter, self.configuration)
            providers.grant_pass_role(submitter, self.configuration.allowed_roles)
        for watcher in (expire, observe):
            providers.grant(self, watcher, "read", "cancel")
        providers.grant(self, validate, "cancel")
        for function in functions:
            function.add_to_role_policy(
                iam.PolicyStatement(
                    actions=["secretsmanager:GetSecretValue"], resources=[self.fireworks.secret_arn]
                )
            )

    def _grant_objects(self, validate: Function, announce: Function) -> None:
        bucket = self.intake.bucket
        others = [f"arn:{self.partition}:s3:::{name}" for name in self.configuration.buckets]
        validate.add_to_role_policy(
            iam.PolicyStatement(
                actions=["s3:GetObject", "s3:GetObjectVersion"],
                resources=[bucket.arn_for_objects("requests/*"), *(f"{other}/*" for other in others)],
            )
        )
        # Without it S3 answers a missing object with AccessDenied instead of NoSuchKey.
        validate.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[bucket.bucket_arn, *others])
        )
        for writer in (validate, announce):
            writer.add_to_role_policy(
                iam.PolicyStatement(actions=["s3:PutObject"], resources=[bucket.arn_for_objects("status/*")])
            )

    def _grant_dead_letters(self, reconcile: Function) -> None:
        """To look and to write down what is there; nothing is taken away."""
        for queue in self.dead_letters.values():
            queue.grant(
                reconcile, "sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"
            )
        self.ledger.table.grant(reconcile, "dynamodb:PutItem")
        status = self.intake.bucket.arn_for_objects("status/*")
        reconcile.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:GetObject", "s3:PutObject"], resources=[status])
        )
        reconcile.add_to_role_policy(
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.intake.bucket.bucket_arn])
        )

    def _notify(self) -> None:
        email, topic_arn = self.configuration.notify_email, self.configuration.notify_topic_arn
        if email or topic_arn:
            Notifications(self, "Notifications", bus=self.bus, email=email, topic_arn=topic_arn)

    def _grant_executions(self, *functions: Function) -> None:
        """Whoever ends a job lets in the next one. announce: the last of the functions."""
        machine, announce = self.tracking.state_machine, functions[-1]
        for starter in functions:
            starter.add_to_role_policy(
                iam.PolicyStatement(actions=["states:StartExecution"], resources=[self.state_machine_arn])
            )
        is_embedded = self.configuration.embedded is not None
        # The embedded AWS authorizes SendTask* against "*"; AWS accepts the state machine's ARN.
        announce.add_to_role_policy(
            iam.PolicyStatement(
                actions=["states:SendTaskSuccess", "states:SendTaskFailure"],
                resources=["*" if is_embedded else machine.state_machine_arn],
            )
        )

    def _outputs(self) -> None:
        outputs = {
            "BucketName": self.intake.bucket.bucket_name,
            "QueueUrl": self.intake.messages.queue.queue_url,
            "TableName": self.ledger.table.table_name,
            "StateMachineArn": self.tracking.state_machine.state_machine_arn,
            "DeadLetterQueueUrl": self.intake.messages.dead_letters.queue_url,
            "EventsQueueUrl": self.events.queue.queue_url,
            "EventsDeadLetterQueueUrl": self.events.dead_letters.queue_url,
            "StreamFailuresQueueUrl": self.stream_failures.queue_url,
            "BusName": self.bus.event_bus_name,
            "FireworksSecretArn": self.fireworks.secret_arn,
        }
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)


def _grant_query(table: dynamodb.Table, function: Function, index: str) -> None:
    function.add_to_role_policy(
        iam.PolicyStatement(actions=["dynamodb:Query"], resources=[f"{table.table_arn}/index/{index}"])
    )
