"""Ended jobs, told to people; and that the run-book knows of every alarm."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from infra.configuration import Configuration
from jobchute.job import FINAL_STATES
from jobchute.lifecycle.bus import DETAIL_TYPE, EVENT_SOURCE
from tests.infra.conftest import Template, listed, synthesized
from tests.paths import DOCS

EMAIL = "team@example.com"
TOPIC = "arn:aws:sns:us-east-1:123456789012:jobs"
RUN_BOOK = DOCS / "run-book.md"


@pytest.fixture(scope="module")
def mailing(asset: Path) -> Template:
    return synthesized(asset, notify_email=EMAIL)


@pytest.fixture(scope="module")
def publishing(asset: Path) -> Template:
    return synthesized(asset, notify_topic_arn=TOPIC)


def rule_of(template: Template) -> dict[str, Any]:
    (rule,) = (
        rule["Properties"]
        for rule in template.of("AWS::Events::Rule").values()
        if rule["Properties"].get("EventPattern", {}).get("source") == [EVENT_SOURCE]
    )
    return dict(rule)


def test_by_default_nobody_is_told(template: Template) -> None:
    assert template.of("AWS::SNS::Topic") == {}
    assert EVENT_SOURCE not in json.dumps([*template.of("AWS::Events::Rule").values()])


@pytest.mark.parametrize("kind", ["mailing", "publishing"])
def test_ended_jobs_alone_are_told(kind: str, request: pytest.FixtureRequest) -> None:
    rule = rule_of(request.getfixturevalue(kind))
    pattern = rule["EventPattern"]
    assert pattern["detail-type"] == [DETAIL_TYPE]
    assert set(pattern["detail"]["state"]) == set(FINAL_STATES)
    assert "EventBusName" in rule


def test_an_address_is_subscribed_to_a_topic_without_plain_http(mailing: Template) -> None:
    ((topic_id, _),) = mailing.of("AWS::SNS::Topic").items()
    (subscription,) = mailing.of("AWS::SNS::Subscription").values()
    assert subscription["Properties"] == {"Endpoint": EMAIL, "Protocol": "email", "TopicArn": {"Ref": topic_id}}
    (policy,) = mailing.of("AWS::SNS::TopicPolicy").values()
    statements = policy["Properties"]["PolicyDocument"]["Statement"]
    denied, allowed = (
        next(each for each in statements if each["Effect"] == effect) for effect in ("Deny", "Allow")
    )
    assert denied["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert listed(allowed["Action"]) == ["sns:Publish"]


def test_an_e_mail_is_a_sentence(mailing: Template) -> None:
    (target,) = rule_of(mailing)["Targets"]
    transformer = target["InputTransformer"]
    assert "ended <detail-state>" in transformer["InputTemplate"]
    assert transformer["InputPathsMap"]["detail-reason"] == "$.detail.reason"


def test_a_topic_that_exists_gets_the_event_as_it_is(publishing: Template) -> None:
    (target,) = rule_of(publishing)["Targets"]
    assert target["Arn"] == TOPIC
    assert "InputTransformer" not in target
    assert publishing.of("AWS::SNS::Topic") == {}


@pytest.mark.parametrize("values", [{"notify_email": "nobody"}, {"notify_topic_arn": "arn:aws:sqs:x:1:y"}])
def test_what_is_no_address_is_refused(values: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Configuration.model_validate(values)


@pytest.mark.parametrize("kind", ["mailing", "publishing"])
def test_undeliverable_messages_wait_in_a_queue_with_an_alarm(
    kind: str, request: pytest.FixtureRequest
) -> None:
    template = request.getfixturevalue(kind)
    queues = {target["DeadLetterConfig"]["Arn"]["Fn::GetAtt"][0] for target in rule_of(template)["Targets"]}
    (queue,) = queues
    watching = [
        name for name, alarm in template.of("AWS::CloudWatch::Alarm").items() if queue in json.dumps(alarm)
    ]
    assert [name[:-8] for name in watching] == ["AlarmsNotificationsDeadLetters"]
    assert queue not in json.dumps(template.actions_of("reconcile"))


def test_events_may_use_the_new_key_of_a_topic(asset: Path) -> None:
    """EventBridge gives none to an encrypted topic (SNS developer guide); without mail nothing needs it."""
    for values, expected in (({"notify_email": EMAIL}, 1), ({"notify_topic_arn": TOPIC}, 0), ({}, 0)):
        (key,) = synthesized(asset, kms_key="new", **values).of("AWS::KMS::Key").values()
        found = [
            each
            for each in key["Properties"]["KeyPolicy"]["Statement"]
            if each["Principal"] == {"Service": "events.amazonaws.com"} and "Condition" not in each
        ]
        assert len(found) == expected
        assert all(each["Action"] == ["kms:Decrypt", "kms:GenerateDataKey"] for each in found)


def test_the_run_book_has_an_entry_for_every_alarm_and_no_other(
    configured: Template, mailing: Template
) -> None:
    headings = {
        line.removeprefix("## ").strip("`")
        for line in RUN_BOOK.read_text().splitlines()
        if line.startswith("## `")
    }
    alarms = {*configured.of("AWS::CloudWatch::Alarm"), *mailing.of("AWS::CloudWatch::Alarm")}
    # The construct's name without CDK's hash.
    assert headings == {logical_id.removeprefix("Alarms")[:-8] for logical_id in alarms}


def test_the_reconciler_may_read_dead_letters_and_send_no_more(template: Template) -> None:
    """It makes announcements again that were put aside for trouble that has passed."""
    allowed = template.actions_of("reconcile")
    queues = {action for action in allowed if action.startswith("sqs:")}
    looks = {"sqs:GetQueueAttributes", "sqs:ReceiveMessage", "sqs:ChangeMessageVisibility"}
    assert queues == {*looks, "sqs:DeleteMessage"}
    taken = [resource["Fn::GetAtt"][0] for resource in allowed["sqs:DeleteMessage"]]
    assert [name.startswith("StreamFailures") for name in taken] == [True]
    watched = {
        dimension["Value"]["Fn::GetAtt"][0]
        for alarm in template.of("AWS::CloudWatch::Alarm").values()
        for dimension in alarm["Properties"].get("Dimensions", [])
        if dimension["Name"] == "QueueName"
        and alarm["Properties"]["MetricName"] == "ApproximateNumberOfMessagesVisible"
    }
    for action in looks:
        assert {resource["Fn::GetAtt"][0] for resource in allowed[action]} == watched


def test_what_waits_for_a_person_has_no_dead_letters_of_its_own(template: Template) -> None:
    """Looking counts as receiving: after so many looks the message would be gone from where it is sought."""
    for resource in template.actions_of("reconcile")["sqs:ReceiveMessage"]:
        queue = template.body["Resources"][resource["Fn::GetAtt"][0]]["Properties"]
        assert "RedrivePolicy" not in queue
        assert queue["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_tool_finds_every_queue_in_the_outputs(template: Template) -> None:
    from jobchute.cli.dead_letter_queues import OUTPUTS

    assert set(OUTPUTS.values()) <= template.body["Outputs"].keys()
