"""Notifications of ended jobs, by e-mail or to a topic. The bus has an event for every change of state."""

import aws_cdk as cdk
from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from constructs import Construct

from infra.encryption import Encryption
from infra.intake import queue_for_failures
from jobchute.job import FINAL_STATES
from jobchute.lifecycle.bus import DETAIL_TYPE, EVENT_SOURCE

SENTENCE = "Jobchute: job {name} ended {state}. {reason}"


class Notifications(Construct):
    """A rule on the bus for final states.

    email: gets a sentence a job, by a topic of this stack; SNS asks the address to confirm first.
    topic_arn: a topic that exists gets the event as it is; its own policy must let EventBridge publish.
    What cannot be delivered in a day waits in `dead_letters`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        bus: events.IEventBus,
        email: str | None,
        topic_arn: str | None,
        encryption: Encryption,
    ) -> None:
        super().__init__(scope, construct_id)
        self.dead_letters = queue_for_failures(self, "DeadLetters", encryption)
        rule = events.Rule(
            self,
            "Ended",
            event_bus=bus,
            event_pattern=events.EventPattern(
                source=[EVENT_SOURCE],
                detail_type=[DETAIL_TYPE],
                detail={"state": sorted(str(state) for state in FINAL_STATES)},
            ),
        )
        if email is not None:
            encryption.let_events_publish()
            key = encryption.of_messages
            topic = sns.Topic(self, "Topic", display_name="Jobchute", enforce_ssl=True, master_key=key)
            topic.add_subscription(subscriptions.EmailSubscription(email))
            mail = targets.SnsTopic(topic, message=_sentence(), dead_letter_queue=self.dead_letters)
            rule.add_target(mail)
            cdk.CfnOutput(cdk.Stack.of(self), "NotificationTopicArn", value=topic.topic_arn)
        if topic_arn is not None:
            given = sns.Topic.from_topic_arn(self, "Given", topic_arn)
            rule.add_target(targets.SnsTopic(given, dead_letter_queue=self.dead_letters))


def _sentence() -> events.RuleTargetInput:
    """What an event does not have, as a reason, stays empty."""
    fields = {name: events.EventField.from_path(f"$.detail.{name}") for name in ("name", "state", "reason")}
    lines = [SENTENCE.format(**fields)]
    lines += [
        f"{title}: {events.EventField.from_path(f'$.detail.{path}')}"
        for title, path in (("Job", "jobId"), ("At its provider", "links.job"), ("Output", "output"))
    ]
    return events.RuleTargetInput.from_multiline_text("\n".join(lines))
