"""Dead-letter queues: read without deleting messages, and emptied on request."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_BATCH = 10
# Messages are hidden from others while they are read; reading must end before this.
HIDDEN_SECONDS = 120


class Message(NamedTuple):
    """sent_at: epoch seconds. attributes: the sender's own, as both ReceiveMessage and SendMessage write them.

    receive_count: how often it was received, this time included; moving to dead letters does not reset it.
    sender_id: the unique id of the principal that sent it.
    """

    message_id: str
    receipt: str
    body: str
    receive_count: int
    sent_at: float
    attributes: Mapping[str, Any]
    sender_id: str = ""


@dataclass(frozen=True, slots=True)
class Queue:
    client: "SQSClient"
    url: str

    @property
    def name(self) -> str:
        return self.url.rsplit("/", 1)[-1]

    def count(self) -> tuple[int, int]:
        """Approximately how many messages are visible, and how many are hidden because they are being read."""
        names = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible")
        counts = self.attributes(*names)
        waiting, hidden = (int(counts[name]) for name in names)
        return waiting, hidden

    def attributes(self, *names: str) -> dict[str, str]:
        """The attributes of the queue; those that are not set are left out."""
        answer = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=[*names])  # type: ignore[list-item]
        return {str(name): value for name, value in answer.get("Attributes", {}).items()}

    @contextmanager
    def looking(self, most: int) -> Iterator[Sequence[Message]]:
        """Up to this number of messages, hidden from others meanwhile: an alarm counts the visible ones.

        If the queue holds more, these stay hidden a while longer, so that the next read returns others.
        """
        waiting, _ = self.count()
        messages = self._receive(min(waiting, most))
        try:
            yield messages
        finally:
            if waiting <= most:
                self._show(messages)

    def send(self, message: Message) -> str:
        """Send the same message again; it gets another id, which is returned."""
        attributes = {"MessageAttributes": message.attributes} if message.attributes else {}
        sent = self.client.send_message(QueueUrl=self.url, MessageBody=message.body, **attributes)  # type: ignore[arg-type]
        return sent["MessageId"]

    def delete(self, message: Message) -> None:
        self.client.delete_message(QueueUrl=self.url, ReceiptHandle=message.receipt)

    def _receive(self, wanted: int) -> list[Message]:
        found: dict[str, Message] = {}
        while len(found) < wanted:
            answer = self.client.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=min(wanted - len(found), MAX_BATCH),
                VisibilityTimeout=HIDDEN_SECONDS,
                # Without a wait, SQS queries only some of its servers.
                WaitTimeSeconds=1,
                MessageSystemAttributeNames=["ApproximateReceiveCount", "SenderId", "SentTimestamp"],
                MessageAttributeNames=["All"],
            )
            received = [_message(message) for message in answer.get("Messages", [])]
            if not received:
                break
            found |= {message.message_id: message for message in received}
        return list(found.values())

    def _show(self, messages: Sequence[Message]) -> None:
        """SQS answers a deleted message with a failed entry, which is not an error here."""
        for start in range(0, len(messages), MAX_BATCH):
            entries = [
                {"Id": str(number), "ReceiptHandle": message.receipt, "VisibilityTimeout": 0}
                for number, message in enumerate(messages[start : start + MAX_BATCH])
            ]
            self.client.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)  # type: ignore[arg-type]


def _message(received: Mapping[str, Any]) -> Message:
    return Message(
        message_id=received["MessageId"],
        receipt=received["ReceiptHandle"],
        body=received["Body"],
        receive_count=int(received["Attributes"]["ApproximateReceiveCount"]),
        sent_at=int(received["Attributes"]["SentTimestamp"]) / 1000,
        attributes=received.get("MessageAttributes", {}),
        sender_id=received["Attributes"].get("SenderId", ""),
    )
