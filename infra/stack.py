"""The stack: composes the constructs. What its functions may do is drawn in infra.grants."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra import grants, providers
from infra.alarms import Alarms
from infra.configuration import Configuration
from infra.dashboard import Dashboard
from infra.encryption import Encryption
from infra.environment import check_environment
from infra.function import Function
from infra.grants import Functions, Resources
from infra.intake import Intake, QueueWithDeadLetters, other_queues, queue_for_failures, shortest_hidden
from infra.job_roles import JobRoles
from infra.ledger import Ledger, rows_of_jobs
from infra.metrics import JobMetrics
from infra.notifications import Notifications
from infra.tracking import Tracking
from jobchute.requests.owners import OWNERS_OUTPUT
from jobchute.requests.place import StackOutputs
from jobchute.settings import (
    AnnounceSettings,
    DispatchSettings,
    ExpireSettings,
    ObserveSettings,
    ReconcileFunctionSettings,
    Settings,
    ValidateSettings,
)

TIMEOUT = cdk.Duration.seconds(90)
"""Of every function: shorter than the lease of an attempt to submit (jobchute.lifecycle.timing)."""


class JobchuteStack(cdk.Stack):
    """asset: the folder that infra.asset built."""

    def __init__(
        self, scope: Construct, construct_id: str, *, configuration: Configuration, asset: Path, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, description="Jobchute, a submitter of jobs", **options)
        self.configuration = configuration
        self.asset = asset
        self.encryption = Encryption(
            self, "Encryption", kms_key=configuration.kms_key, is_throwaway=configuration.throwaway
        )
        self.ledger = Ledger(self, "Ledger", encryption=self.encryption, is_throwaway=configuration.throwaway)
        self.intake = Intake(
            self,
            "Intake",
            function_timeout=TIMEOUT,
            encryption=self.encryption,
            is_throwaway=configuration.throwaway,
        )
        self.other_queues = other_queues(self, configuration.queues)
        self.events = QueueWithDeadLetters(self, "Events", function_timeout=TIMEOUT, encryption=self.encryption)
        self.stream_failures = queue_for_failures(self, "StreamFailures", self.encryption)
        self.dead_letters = {
            "Messages": self.intake.messages.dead_letters,
            "Events": self.events.dead_letters,
            "StreamFailures": self.stream_failures,
        }
        self.unread: dict[str, sqs.Queue] = {}
        """Dead letters that the sweep does not look for: what they tell stands in status documents too."""
        self.bus = events.EventBus(self, "Bus", description="Jobchute's state changes")
        self.fireworks = providers.fireworks_account(
            self, key=self.encryption.key, is_throwaway=configuration.throwaway
        )
        self.environment_of_all = self._environment()
        functions = self._functions()
        self._trigger(functions)
        grants.draw(self, functions, self._resources(), configuration)
        self._notify()
        self._watch(functions)
        if configuration.job_role_buckets:
            JobRoles(self, "JobRoles", buckets=configuration.job_role_buckets)
        self._outputs(functions)
        for function in functions:
            check_environment(function, configuration)

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
        if configuration.buckets:
            environment["BUCKETS"] = " ".join(configuration.buckets)
        if configuration.owners:
            environment["OWNERS"] = configuration.owners_json
        if self.other_queues:
            urls = (queue.queue_url for queue in self.other_queues.values())
            environment["OTHER_QUEUE_URLS"] = " ".join(urls)
            environment["SHORTEST_HIDDEN_SECONDS"] = str(shortest_hidden(TIMEOUT).to_seconds())
        # Without it, as on the embedded AWS, requests may name any region and account.
        if embedded is None:
            environment["PLACE"] = StackOutputs(region=self.region, account=self.account).text()
        else:
            environment["FIREWORKS_URL"] = embedded.provider_url
            environment |= {f"{name.upper()}_SECONDS": str(value) for name, value in embedded.seconds.items()}
        return environment

    def _functions(self) -> Functions:
        """With the state machine between them: those that it calls start executions of it, so its ARN is known
        before it is.
        """
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
        self.tracking = Tracking(
            self,
            "Tracking",
            name=machine_name,
            dispatch=dispatch,
            expire=expire,
            key=self.encryption.key,
        )
        return Functions(
            # It sends the rest of a large file to its own queue, and bounds how often itself
            # (jobchute.intake.invocation).
            validate=self._function("validate", ValidateSettings, recursive_loop=lambda_.RecursiveLoop.ALLOW),
            dispatch=dispatch,
            expire=expire,
            observe=self._function("observe", ObserveSettings),
            reconcile=self._function("reconcile", ReconcileFunctionSettings),
            announce=self._function("announce", AnnounceSettings),
        )

    def _function(
        self, module: str, settings: type[Settings], *, recursive_loop: lambda_.RecursiveLoop | None = None
    ) -> Function:
        function = Function(
            self,
            module=module,
            asset=self.asset,
            settings=settings,
            environment=self.environment_of_all,
            timeout=TIMEOUT,
            key=self.encryption.key,
            recursive_loop=recursive_loop,
        )
        if self.configuration.embedded is not None:
            for service in ("BRAKET", "BEDROCK", "SAGEMAKER"):
                # botocore's own way to say where a service is.
                function.add_variable(f"AWS_ENDPOINT_URL_{service}", self.configuration.embedded.provider_url)
        return function

    def _trigger(self, functions: Functions) -> None:
        for queue in (self.intake.messages.queue, *self.other_queues.values()):
            functions.validate.read_queue(queue)
        functions.observe.read_queue(self.events.queue)
        functions.announce.read_stream(
            self.ledger.table, failures=self.stream_failures, filters=[rows_of_jobs()]
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
            targets=[targets.LambdaFunction(functions.reconcile, dead_letter_queue=self.events.dead_letters)],
        )

    def _resources(self) -> Resources:
        return Resources(
            table=self.ledger.table,
            bucket=self.intake.bucket,
            intake=self.intake.messages.queue,
            other_queues=[*self.other_queues.values()],
            dead_letters=self.dead_letters,
            state_machine=self.tracking.state_machine,
            state_machine_arn=self.state_machine_arn,
            bus=self.bus,
            fireworks=self.fireworks,
            encryption=self.encryption,
        )

    def _watch(self, functions: Functions) -> None:
        jobs = JobMetrics(announce=functions.announce, sweep=functions.reconcile)
        intake = self.intake.messages.queue
        alarms = Alarms(
            self,
            "Alarms",
            intake=intake,
            other_queues=[*self.other_queues.values()],
            dead_letters=self.dead_letters | self.unread,
            state_machine=self.tracking.state_machine,
            functions=[*functions],
            jobs=jobs,
            topic_arn=self.configuration.alarm_topic_arn,
            is_embedded=self.configuration.embedded is not None,
        )
        Dashboard(
            self,
            "Dashboard",
            alarms=alarms.all,
            jobs=jobs,
            queues={
                "intake": intake,
                **self.other_queues,
                "events": self.events.queue,
                **self.dead_letters,
                **self.unread,
            },
            functions={function.node.id: function for function in functions},
        )

    def _notify(self) -> None:
        email, topic_arn = self.configuration.notify_email, self.configuration.notify_topic_arn
        if email or topic_arn:
            notifications = Notifications(
                self,
                "Notifications",
                bus=self.bus,
                email=email,
                topic_arn=topic_arn,
                encryption=self.encryption,
            )
            self.unread["Notifications"] = notifications.dead_letters

    def _outputs(self, functions: Functions) -> None:
        outputs = {
            "BucketName": self.intake.bucket.bucket_name,
            "QueueUrl": self.intake.messages.queue.queue_url,
            "TableName": self.ledger.table.table_name,
            "StateMachineArn": self.tracking.state_machine.state_machine_arn,
            "DeadLetterQueueUrl": self.intake.messages.dead_letters.queue_url,
            "DeadLetterQueueArn": self.intake.messages.dead_letters.queue_arn,
            "EventsQueueUrl": self.events.queue.queue_url,
            "EventsDeadLetterQueueUrl": self.events.dead_letters.queue_url,
            "StreamFailuresQueueUrl": self.stream_failures.queue_url,
            "BusName": self.bus.event_bus_name,
            "FireworksSecretArn": self.fireworks.secret_arn,
        }
        if self.configuration.owners:
            # For the tool: a dead letter goes back to its owner's folder.
            outputs[OWNERS_OUTPUT] = self.configuration.owners_json
        if self.other_queues or self.configuration.buckets:
            # Their owners' keys and policies name it.
            outputs["ValidateRoleArn"] = functions.validate.execution_role.role_arn
        for name, value in outputs.items():
            cdk.CfnOutput(self, name, value=value)
