"""The resources that the functions use: ledger, intake, queues, bus and Fireworks' secret."""

from collections.abc import Mapping
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_events
from aws_cdk import aws_secretsmanager as secretsmanager
from aws_cdk import aws_sqs as sqs

from infra.configuration import Configuration
from infra.encryption import Encryption
from infra.intake import Intake, QueueWithDeadLetters, other_queues, queue_for_failures
from infra.ledger import Ledger
from infra.providers import fireworks_account

TIMEOUT = cdk.Duration.seconds(90)
"""Of every function: shorter than the lease of an attempt to submit (jobchute.lifecycle.timing)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resources:
    """other_queues: by name, queues of the account that feed the intake besides its own; nothing is sent there.

    provider_events: state changes of jobs. stream_failures: records of the ledger's stream that could not be
    announced. state_machine_name, state_machine_arn: of the state machine, which is made after the functions
    that it calls; those start executions of it, so both are known before.
    """

    encryption: Encryption
    ledger: Ledger
    intake: Intake
    other_queues: Mapping[str, sqs.IQueue]
    provider_events: QueueWithDeadLetters
    stream_failures: sqs.Queue
    bus: aws_events.IEventBus
    fireworks: secretsmanager.ISecret
    state_machine_name: str
    state_machine_arn: str

    @property
    def dead_letters(self) -> dict[str, sqs.IQueue]:
        """The dead-letter queues that `reconcile` reads, by the name of what failed."""
        return {
            "Messages": self.intake.messages.dead_letters,
            "Events": self.provider_events.dead_letters,
            "StreamFailures": self.stream_failures,
        }


def make_resources(stack: cdk.Stack, configuration: Configuration) -> Resources:
    is_throwaway = configuration.throwaway
    encryption = Encryption(stack, "Encryption", kms_key=configuration.kms_key, is_throwaway=is_throwaway)
    machine_name = f"{stack.stack_name}-Jobs"
    return Resources(
        encryption=encryption,
        ledger=Ledger(stack, "Ledger", encryption=encryption, is_throwaway=is_throwaway),
        intake=Intake(
            stack, "Intake", function_timeout=TIMEOUT, encryption=encryption, is_throwaway=is_throwaway
        ),
        other_queues=other_queues(stack, configuration.queues),
        provider_events=QueueWithDeadLetters(stack, "Events", function_timeout=TIMEOUT, encryption=encryption),
        stream_failures=queue_for_failures(stack, "StreamFailures", encryption),
        bus=aws_events.EventBus(stack, "Bus", description="Jobchute's state changes"),
        fireworks=fireworks_account(stack, key=encryption.key, is_throwaway=is_throwaway),
        state_machine_name=machine_name,
        state_machine_arn=stack.format_arn(
            service="states",
            resource="stateMachine",
            resource_name=machine_name,
            arn_format=cdk.ArnFormat.COLON_RESOURCE_NAME,
        ),
    )
