"""The stack: composes the constructs. What its functions may do is drawn in infra.grants."""

from pathlib import Path
from typing import Any

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra import grants, providers
from infra.configuration import Configuration
from infra.endpoints import endpoint_variables
from infra.environment import check_environment, environment_of
from infra.function import QUEUE_CONCURRENCY, QUEUE_CONCURRENCY_EMBEDDED, Function
from infra.grants import Functions
from infra.job_roles import JobRoles
from infra.ledger import rows_of_jobs
from infra.monitoring import add_monitoring
from infra.notifications import Notifications
from infra.outputs import add_outputs
from infra.resources import TIMEOUT, make_resources
from infra.tracking import Tracking
from jobchute.settings import (
    AnnounceSettings,
    DispatchSettings,
    ExpireSettings,
    ObserveSettings,
    ReconcileFunctionSettings,
    Settings,
    ValidateSettings,
)


class JobchuteStack(cdk.Stack):
    """asset: the folder that infra.asset built."""

    def __init__(
        self, scope: Construct, construct_id: str, *, configuration: Configuration, asset: Path, **options: Any
    ) -> None:
        super().__init__(scope, construct_id, description="Jobchute, a submitter of jobs", **options)
        self.configuration = configuration
        self.asset = asset
        self.resources = make_resources(self, configuration)
        self.variables = environment_of(self, self.resources, configuration)
        functions, state_machine = self._functions()
        self._trigger(functions)
        grants.draw(self, functions, self.resources, state_machine, configuration)
        notification_failures = self._notify()
        add_monitoring(
            self,
            functions=functions,
            resources=self.resources,
            notification_failures=notification_failures,
            state_machine=state_machine,
            configuration=configuration,
        )
        if configuration.job_role_buckets:
            JobRoles(self, "JobRoles", buckets=configuration.job_role_buckets)
        add_outputs(
            self,
            functions=functions,
            resources=self.resources,
            state_machine=state_machine,
            configuration=configuration,
        )
        for function in functions:
            check_environment(function, configuration)

    def _functions(self) -> tuple[Functions, sfn.StateMachine]:
        dispatch = self._function("dispatch", DispatchSettings)
        expire = self._function("expire", ExpireSettings)
        tracking = Tracking(
            self,
            "Tracking",
            name=self.resources.state_machine_name,
            dispatch=dispatch,
            expire=expire,
            key=self.resources.encryption.key,
        )
        functions = Functions(
            # It sends the rest of a large file to its own queue, and bounds how often itself
            # (jobchute.intake.invocation).
            validate=self._function("validate", ValidateSettings, recursive_loop=lambda_.RecursiveLoop.ALLOW),
            dispatch=dispatch,
            expire=expire,
            observe=self._function("observe", ObserveSettings),
            reconcile=self._function("reconcile", ReconcileFunctionSettings),
            announce=self._function("announce", AnnounceSettings),
        )
        return functions, tracking.state_machine

    def _function(
        self, module: str, settings: type[Settings], *, recursive_loop: lambda_.RecursiveLoop | None = None
    ) -> Function:
        function = Function(
            self,
            module=module,
            asset=self.asset,
            settings=settings,
            environment=self.variables,
            timeout=TIMEOUT,
            key=self.resources.encryption.key,
            recursive_loop=recursive_loop,
        )
        if self.configuration.embedded is not None:
            url = self.configuration.embedded.provider_url
            for name, value in endpoint_variables(url).items():
                function.add_variable(name, value)
        return function

    def _trigger(self, functions: Functions) -> None:
        resources, embedded = self.resources, self.configuration.embedded
        concurrency = QUEUE_CONCURRENCY if embedded is None else QUEUE_CONCURRENCY_EMBEDDED
        for queue in (resources.intake.messages.queue, *resources.other_queues.values()):
            functions.validate.read_queue(queue, concurrency=concurrency)
        functions.observe.read_queue(resources.provider_events.queue, concurrency=concurrency)
        functions.announce.read_stream(
            resources.ledger.table, failures=resources.stream_failures, filters=[rows_of_jobs()]
        )
        providers.send_events_to(
            self,
            resources.provider_events.queue,
            resources.provider_events.dead_letters,
            prefix=None if embedded is None else embedded.event_source_prefix,
        )
        target = targets.LambdaFunction(
            functions.reconcile, dead_letter_queue=resources.provider_events.dead_letters
        )
        every_minute = events.Schedule.rate(cdk.Duration.minutes(1))
        events.Rule(self, "Sweep", schedule=every_minute, targets=[target])

    def _notify(self) -> dict[str, sqs.IQueue]:
        """Queues of notifications that could not be delivered. `reconcile` does not read them: status documents
        say the same.
        """
        email, topic_arn = self.configuration.notify_email, self.configuration.notify_topic_arn
        if not (email or topic_arn):
            return {}
        notifications = Notifications(
            self,
            "Notifications",
            bus=self.resources.bus,
            email=email,
            topic_arn=topic_arn,
            encryption=self.resources.encryption,
        )
        return {"Notifications": notifications.dead_letters}
