"""What is wrong with a queue that Jobchute reads and does not set."""

import json

import pytest

from jobchute.aws.other_queues import what_is_wrong

HIDDEN, DEAD = 540, "Jobchute-IntakeMessagesDeadLetters"
ARN = f"arn:aws:sqs:eu-central-1:123456789012:{DEAD}"
SAFE = {
    "VisibilityTimeout": "570",
    "MessageRetentionPeriod": "1209600",
    "RedrivePolicy": json.dumps({"deadLetterTargetArn": ARN, "maxReceiveCount": 8}),
}


def wrong(**attributes: str | None) -> list[str]:
    given = {name: value for name, value in (SAFE | attributes).items() if value is not None}
    return [*what_is_wrong(given, DEAD, HIDDEN)]


def redrive(target: str, receives: int | str) -> str:
    return json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": receives})


def test_one_that_is_set_as_documented_is_safe() -> None:
    assert wrong() == []
    assert (
        wrong(VisibilityTimeout="540", MessageRetentionPeriod="345600", RedrivePolicy=redrive(ARN, "5")) == []
    )


@pytest.mark.parametrize(
    ("name", "value", "word"),
    [
        ("VisibilityTimeout", "539", "VisibilityTimeout"),
        ("RedrivePolicy", None, "nowhere"),
        ("RedrivePolicy", "", "nowhere"),
        ("RedrivePolicy", redrive("arn:aws:sqs:eu-central-1:123456789012:another", 8), "another"),
        ("RedrivePolicy", redrive(ARN, 4), "maxReceiveCount"),
        ("MessageRetentionPeriod", "345599", "MessageRetentionPeriod"),
    ],
)
def test_what_would_lose_a_message_is_named(name: str, value: str | None, word: str) -> None:
    found = wrong(**{name: value})
    assert len(found) == 1
    assert word in found[0]


def test_a_queue_must_retain_messages_longer_than_all_deliveries() -> None:
    many = redrive(ARN, 1000)
    assert wrong(RedrivePolicy=many, MessageRetentionPeriod="1140000") == []
    (found,) = wrong(RedrivePolicy=many, MessageRetentionPeriod="1139999")
    assert "at least 1140000" in found


def test_each_thing_that_is_wrong_is_named() -> None:
    found = wrong(VisibilityTimeout="30", RedrivePolicy=redrive(ARN, 1), MessageRetentionPeriod="60")
    assert len(found) == 3
