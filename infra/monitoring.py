"""Alarms and dashboard of the whole stack."""

from collections.abc import Mapping

import aws_cdk as cdk
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn

from infra.alarms import Alarms
from infra.configuration import Configuration
from infra.dashboard import Dashboard
from infra.grants import Functions
from infra.metrics import JobMetrics
from infra.resources import Resources


def add_monitoring(
    stack: cdk.Stack,
    *,
    functions: Functions,
    resources: Resources,
    notification_failures: Mapping[str, sqs.IQueue],
    state_machine: sfn.IStateMachine,
    configuration: Configuration,
) -> None:
    """notification_failures: dead-letter queues that `reconcile` does not read, by the name of what failed."""
    jobs = JobMetrics(announce=functions.announce, reconcile=functions.reconcile)
    intake = resources.intake.messages.queue
    dead_letters = {**resources.dead_letters, **notification_failures}
    alarms = Alarms(
        stack,
        "Alarms",
        intake=intake,
        other_queues=[*resources.other_queues.values()],
        dead_letters=dead_letters,
        state_machine=state_machine,
        functions=[*functions],
        jobs=jobs,
        topic_arn=configuration.alarm_topic_arn,
        is_embedded=configuration.embedded is not None,
    )
    queues = {
        "intake": intake,
        **resources.other_queues,
        "events": resources.provider_events.queue,
        **dead_letters,
    }
    Dashboard(
        stack,
        "Dashboard",
        alarms=alarms.all,
        jobs=jobs,
        queues=queues,
        functions={function.node.id: function for function in functions},
    )
