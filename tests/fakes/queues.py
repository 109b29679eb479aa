# ruff: noqa: N803 - the names are boto3's
"""SQS: its client, for queues that wait for a person, and a queue that feeds a function at least once.

Recursion: Lambda developer guide, "Use Lambda recursive loop detection": about 16 invocations in one chain of
messages, of which each was sent while the one before it was handled.
"""

import itertools
from collections import Counter
from collections.abc import Callable, Mapping, Sequence, Set
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.clock import Clock
from tests.fakes.messages import check_message
from tests.fakes.wire import Io, client_error, undisturbed

MAX_RECEIVES = 8
BATCH = 10
VISIBILITY = 570.0
MISSING = "AWS.SimpleQueueService.NonExistentQueue"
MAX_CHAIN = 16
"""Invocations of a function, each by a message that the one before it sent."""
PERSON = "AIDAEXAMPLEPERSON001"
FUNCTION = "AROAEXAMPLEFUNCTION1:function"
"""Who sent a message, as SenderId tells: the unique id of a user, or of a role and its session."""
_numbers = itertools.count(1)
_chain: ContextVar[int | None] = ContextVar("chain", default=None)
"""Of the invocation that runs; None outside of any."""


@dataclass(slots=True)
class Letter:
    """A message in a queue. receives: how often it was delivered. hidden_until: others do not see it before.

    sender_id: the unique id of its principal. chain: how many invocations led to it, each by a
    message of another.
    """

    message_id: str
    body: str
    sent_at: float
    receives: int = 0
    hidden_until: float = 0.0
    attributes: Mapping[str, Any] = field(default_factory=dict)
    sender_id: str = PERSON
    chain: int = 0


class FakeSQS:
    """The client. A receipt is the message's id and how often it was received: an older one deletes nothing.

    takers: what else happens with what is sent to a queue, in the place of keeping it: by its body, its
    attributes and its delay in seconds.
    """

    def __init__(self, now: Callable[[], float], *, io: Io = undisturbed) -> None:
        self.now = now
        self.io = io
        self.queues: dict[str, dict[str, Letter]] = {}
        self.takers: dict[str, Callable[[str, Mapping[str, Any], float], str]] = {}

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
        DelaySeconds: int = 0,
    ) -> dict[str, Any]:
        return self.io(
            "send_message", lambda: self._send(QueueUrl, MessageBody, MessageAttributes or {}, DelaySeconds)
        )

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

    def _send(self, url: str, body: str, attributes: Mapping[str, Any], delay: int) -> dict[str, Any]:
        check_message(body, attributes, delay)
        if url in self.takers:
            return {"MessageId": self.takers[url](body, attributes, delay)}
        letter = Letter(f"m{next(_numbers)}", body, self.now(), attributes=attributes, sender_id=FUNCTION)
        letter.hidden_until = self.now() + delay
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
    was delivered. allows_loops: whether the function's RecursiveLoop is Allow, as deployed; where it is
    Terminate, Lambda stops the invocation after MAX_CHAIN of one chain (RecursiveInvocationException), and the
    batch comes back as after any other failure. stopped: how many invocations it stopped.
    """

    clock: Clock
    dead: dict[str, Letter]
    deliver: Callable[[list[Letter]], Set[str]]
    pending: int = 0
    delay: float = 0.1
    taken: Counter[str] = field(default_factory=Counter)
    allows_loops: bool = True
    stopped: int = 0
    _numbers: "itertools.count[int]" = field(default_factory=lambda: itertools.count(1))
    _visible: list[Letter] = field(default_factory=list)

    def send(
        self,
        body: str,
        attributes: Mapping[str, Any] | None = None,
        *,
        delays: Sequence[float] = (0.0,),
        message_id: str = "",
        sender_id: str = "",
    ) -> str:
        """Send once; it is delivered after each of the delays, as if the queue had lost its deletions."""
        check_message(body, attributes or {})
        message_id = message_id or f"m{next(self._numbers)}"
        chain = _chain.get()
        sender_id = sender_id or (PERSON if chain is None else FUNCTION)
        for delay in delays:
            letter = Letter(message_id, body, self.clock.now, attributes=attributes or {}, sender_id=sender_id)
            letter.chain = 0 if chain is None else chain + 1
            self._show_after(delay, letter)
        return message_id

    def take_from_function(self, body: str, attributes: Mapping[str, Any], delay: float) -> str:
        """A taker of FakeSQS."""
        return self.send(body, attributes, delays=(delay,))

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
        failed = self._invoked(batch)
        self.pending -= len(batch)
        for letter in batch:
            if letter.message_id not in failed:
                continue
            if letter.receives >= MAX_RECEIVES:
                self.dead[letter.message_id] = letter
            else:
                self._show_after(VISIBILITY, letter)

    def _invoked(self, batch: list[Letter]) -> Set[str]:
        """What of the batch failed. Of a batch, the longest chain counts."""
        chain = max(letter.chain for letter in batch)
        if chain >= MAX_CHAIN and not self.allows_loops:
            self.stopped += 1
            return {letter.message_id for letter in batch}
        before = _chain.set(chain)
        try:
            return self.deliver(batch)
        finally:
            _chain.reset(before)
