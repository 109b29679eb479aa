"""The stack's outputs: what the tool, and the owners of other queues and buckets, need to know."""

import aws_cdk as cdk
from aws_cdk import aws_stepfunctions as sfn

from infra.configuration import Configuration
from infra.grants import Functions
from infra.resources import Resources
from jobchute.requests.owners import OWNERS_OUTPUT


def add_outputs(
    stack: cdk.Stack,
    *,
    functions: Functions,
    resources: Resources,
    state_machine: sfn.IStateMachine,
    configuration: Configuration,
) -> None:
    intake, provider_events = resources.intake, resources.provider_events
    outputs = {
        "BucketName": intake.bucket.bucket_name,
        "QueueUrl": intake.messages.queue.queue_url,
        "TableName": resources.ledger.table.table_name,
        "StateMachineArn": state_machine.state_machine_arn,
        "DeadLetterQueueUrl": intake.messages.dead_letters.queue_url,
        "DeadLetterQueueArn": intake.messages.dead_letters.queue_arn,
        "EventsQueueUrl": provider_events.queue.queue_url,
        "EventsDeadLetterQueueUrl": provider_events.dead_letters.queue_url,
        "StreamFailuresQueueUrl": resources.stream_failures.queue_url,
        "BusName": resources.bus.event_bus_name,
        "FireworksSecretArn": resources.fireworks.secret_arn,
    }
    if configuration.owners:
        # The tool needs it: a dead letter goes back to its owner's folder.
        outputs[OWNERS_OUTPUT] = configuration.owners_json
    if resources.other_queues or configuration.buckets:
        # The owners of those queues and buckets name the role in their policies and key policies.
        outputs["ValidateRoleArn"] = functions.validate.execution_role.role_arn
    for name, value in outputs.items():
        cdk.CfnOutput(stack, name, value=value)
