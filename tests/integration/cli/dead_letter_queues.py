"""A deployment with its dead letter queues, and what lies in them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobchute import runtime
from jobchute.aws.queues import Queue
from jobchute.cli.deployment import Deployment
from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows

NAMES = {
    "intake": "DEAD_LETTER_QUEUE_URL",
    "events": "EVENTS_DEAD_LETTER_QUEUE_URL",
    "stream": "STREAM_FAILURES_QUEUE_URL",
    "to-observe": "EVENTS_QUEUE_URL",
}


@dataclass(frozen=True)
class Place:
    """A deployment with its queues."""

    deployment: Deployment
    queues: Mapping[str, Queue]
    rows: DeadLetterRows

    def put(self, name: str, body: object, *, is_known: bool = True, **attributes: Any) -> str:
        queue = self.queues[name]
        sent = queue.client.send_message(
            QueueUrl=queue.url, MessageBody=json.dumps(body), MessageAttributes=attributes
        )
        if is_known:
            self.rows.add(letter(queue.name, name, sent["MessageId"]))
        return sent["MessageId"]

    def bodies(self, url: str) -> list[Any]:
        answer = runtime.client("sqs").receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )
        return [json.loads(message["Body"]) for message in answer.get("Messages", [])]

    def count(self, name: str) -> tuple[int, int]:
        return self.queues[name].count()


def letter(queue: str, place: str, message_id: str) -> DeadLetter:
    return DeadLetter(
        queue=queue,
        place=place,
        message_id=message_id,
        first_seen_at="2026-11-21T10:00:00.000Z",
        sent_at="2026-11-21T09:00:00.000Z",
        deliveries=8,
        about=(f"sqs://{message_id}",),
    )
