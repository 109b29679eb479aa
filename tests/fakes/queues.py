# ruff: noqa: N803 - the names are boto3's
"""SQS: its client, for queues that wait for a person, and a queue that feeds a function at least once."""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.clock import Clock
from tests.fakes.wire import Io, client_error, undisturbed

MOST_RECEIVES = 8
BATCH = 10
VISIBILITY = 570.0
SENDER = "AIDAEXAMPLEID1234567"
MISSING = "AWS.SimpleQueueService.NonExistentQueue"
_numbers = itertools.count(1)


@dataclass(slots=True)
class Letter:
    """A message in a queue. receives: how often it was delivered. hidden_until: others do not see it before.

    sender_id: the unique id of the principal that sent it.
    """

    message_id: str
    body: str
    sent_at: float
    receives: int = 0
    hidden_until: float = 0.0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    sender_id: str = SENDER


class FakeSQS:
    """The client. A receipt is the message's id and how often it was received: an older one deletes nothing.

    takers: what else happens with what is sent to a queue, in the place of keeping it.
    """

    def __init__(self, now: Callable[[], float], *, io: Io = undisturbed) -> None:
        self.now = now
        self.io = io
        self.queues: dict[str, dict[str, Letter]] = {}
        self.takers: dict[str, Callable[[str, Mapping[str, Any]], str]] = {}

    def create_queue(self, *, QueueName: str) -> dict[str, Any]:
        url = f"https://sqs.invalid/123456789012/{QueueName}"
        self.queues[url] = {}
        return {"QueueUrl": url}

    def get_queue_attributes(self, *, QueueUrl: str, AttributeNames: Sequence[str]) -> dict[str, Any]:
        """Nobody's fate hangs on the answer for an empty queue, so it crosses no border."""
        letters = self._queue(QueueUrl)
        if not letters:
            return self._count(QueueUrl, AttributeNames)
        return self.io("get_queue_attributes", lambda: self._count(QueueUrl, AttributeNames))

    def receive_message(
        self, *, QueueUrl: str, MaxNumberOfMessages: int = 1, VisibilityTimeout: int = 30, **_: object
    ) -> dict[str, Any]:
        return self.io(
            "receive_message", lambda: self._receive(QueueUrl, MaxNumberOfMessages, VisibilityTimeout)
        )

    def send_message(
        self,
        *,
        QueueUrl: str,
        MessageBody: str,
        MessageAttributes: Mapping[str, Any] | None = None,
        **_: object,
    ) -> dict[str, Any]:
        return self.io("send_message", lambda: self._send(QueueUrl, MessageBody, MessageAttributes or {}))

    def delete_message(self, *, QueueUrl: str, ReceiptHandle: str) -> dict[str, Any]:
        return self.io("delete_message", lambda: self._delete(QueueUrl, ReceiptHandle))

    def change_message_visibility_batch(self, *, QueueUrl: str, Entries: Sequence[Any]) -> dict[str, Any]:
        return self.io("change_message_visibility_batch", lambda: self._change(QueueUrl, Entries))

    def _queue(self, url: str) -> dict[str, Letter]:
        if url not in self.queues:
            raise client_error("SQS", MISSING, "The specified queue does not exist.")
        return self.queues[url]

    def _count(self, url: str, names: Sequence[str]) -> dict[str, Any]:
        hidden = sum(letter.hidden_until > self.now() for letter in self._queue(url).values())
        counts = {
            "ApproximateNumberOfMessages": len(self._queue(url)) - hidden,
            "ApproximateNumberOfMessagesNotVisible": hidden,
        }
        return {"Attributes": {name: str(counts[name]) for name in names}}

    def _receive(self, url: str, most: int, hidden: int) -> dict[str, Any]:
        visible = [letter for letter in self._queue(url).values() if letter.hidden_until <= self.now()]
        for letter in visible[:most]:
            letter.receives += 1
            letter.hidden_until = self.now() + hidden
        return {"Messages": [_shown(letter) for letter in visible[:most]]} if visible else {}

    def _send(self, url: str, body: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
        if url in self.takers:
            return {"MessageId": self.takers[url](body, attributes)}
        letter = Letter(f"m{next(_numbers)}", body, self.now(), attributes=attributes)
        self._queue(url)[letter.message_id] = letter
        return {"MessageId": letter.message_id}

    def _held(self, url: str, receipt: str) -> Letter | None:
        message_id, _, receives = receipt.rpartition("#")
        letter = self._queue(url).get(message_id)
        return letter if letter is not None and letter.receives == int(receives) else None

    def _delete(self, url: str, receipt: str) -> dict[str, Any]:
        letter = self._held(url, receipt)
        if letter is not None:
            del self._queue(url)[letter.message_id]
        return {}

    def _change(self, url: str, entries: Sequence[Any]) -> dict[str, Any]:
        """What was deleted is a failed entry, of which nothing is raised."""
        done, failed = [], []
        for entry in entries:
            letter = self._held(url, entry["ReceiptHandle"])
            if letter is None:
                failed.append({"Id": entry["Id"], "Code": "InvalidParameterValue", "SenderFault": True})
            else:
                letter.hidden_until = self.now() + entry["VisibilityTimeout"]
                done.append({"Id": entry["Id"]})
        return {"Successful": done, "Failed": failed} if failed else {"Successful": done}


def _shown(letter: Letter) -> dict[str, Any]:
    return {
        "MessageId": letter.message_id,
        "ReceiptHandle": f"{letter.message_id}#{letter.receives}",
        "Body": letter.body,
        "MessageAttributes": dict(letter.attributes),
        "Attributes": {
            "ApproximateReceiveCount": str(letter.receives),
            "SenderId": letter.sender_id,
            "SentTimestamp": str(int(letter.sent_at * 1000)),
        },
    }


@dataclass
class FakeQueue:
    """deliver: gives a batch to the function and returns the ids of what failed. dead: where messages end.

    A failed message comes back when its visibility time-out is over, eight times in all. taken: how often each
    was delivered.
    """

    clock: Clock
    dead: dict[str, Letter]
    deliver: Callable[[list[Letter]], Set[str]]
    pending: int = 0
    delay: float = 0.1
    taken: Counter[str] = field(default_factory=Counter)
    _visible: list[Letter] = field(default_factory=list)

    def send(
        self,
        body: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        delays: Sequence[float] = (0.0,),
        message_id: str = "",
        sender_id: str = SENDER,
    ) -> str:
        """Send once; it is delivered after each of the delays, as if the queue had lost its deletions."""
        message_id = message_id or f"m{next(_numbers)}"
        for delay in delays:
            letter = Letter(message_id, body, self.clock.now, attributes=attributes or {}, sender_id=sender_id)
            self._show_after(delay, letter)
        return message_id

    def take(self, letter: Letter) -> None:
        """One delivery of one message, now."""
        self.pending += 1
        self._deliver([letter])

    def _show_after(self, delay: float, letter: Letter) -> None:
        self.pending += 1
        self.clock.after(delay, lambda: self._show(letter))

    def _show(self, letter: Letter) -> None:
        self._visible.append(letter)
        if len(self._visible) == 1:
            self.clock.after(self.delay, self._poll)

    def _poll(self) -> None:
        batch, self._visible = self._visible[:BATCH], self._visible[BATCH:]
        if self._visible:
            self.clock.after(self.delay, self._poll)
        self._deliver(batch)

    def _deliver(self, batch: list[Letter]) -> None:
        for letter in batch:
            letter.receives += 1
            self.taken[letter.message_id] += 1
        failed = self.deliver(batch)
        self.pending -= len(batch)
        for letter in batch:
            if letter.message_id not in failed:
                continue
            if letter.receives >= MOST_RECEIVES:
                self.dead[letter.message_id] = letter
            else:
                self._show_after(VISIBILITY, letter)
