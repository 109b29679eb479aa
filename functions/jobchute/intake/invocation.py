"""One call of a function, and what it leaves to the next one."""

import re
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from jobchute.job import canonical
from jobchute.ledger.continuations import ContinuationRows, Progress, Work

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SPARE_SECONDS = 15
"""A call stops with so much of its time left, to write down how far it came."""
MIN_SECONDS = 5
"""A call with less time left begins no message: if it is ended in the middle, its whole batch comes back."""
CONTINUE = "continue"
_WORK_ID = re.compile(r"[0-9a-f]{64}")


class TimeIsOverError(Exception):
    """The time of a call, or of a message's share of it, is over in the middle of reading."""


class Invocation(NamedTuple):
    """request_id: no other call has it. time_left: seconds until it is ended."""

    request_id: str
    time_left: Callable[[], float]

    @property
    def is_over(self) -> bool:
        return self.time_left() < SPARE_SECONDS

    @property
    def is_too_late(self) -> bool:
        """Whether too little time is left to begin a message."""
        return self.time_left() < MIN_SECONDS

    def in_time(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The chunks of a file, as long as there is time. Raises TimeIsOverError between two of them."""
        for number, chunk in enumerate(chunks):
            if number and self.is_over:
                raise TimeIsOverError
            yield chunk

    def share(self, messages: int) -> "Invocation":
        """This call with its part of the time that is left, where so many messages are left to handle.

        A message that takes less leaves the rest of its part to those behind it.
        """
        if messages == 1:
            return self
        kept = max(self.time_left() - SPARE_SECONDS, 0.0) * (messages - 1) / messages
        return self._replace(time_left=lambda: self.time_left() - kept)


class Continuations(NamedTuple):
    """What calls leave to later ones: a row of the ledger each, and a message on the intake queue.

    The message, `{"continue": "<id>"}`, only makes a call look at the row. Anyone may send it, at any time and
    any number of times: the call goes on from the ledger's checkpoint, as every other call does.
    now: epoch seconds.
    """

    rows: ContinuationRows
    client: "SQSClient"
    queue_url: str
    now: Callable[[], float]

    def leave(self, work: Work, *, progress: Progress = (), delay: int = 0) -> None:
        """Leave begun work to another call. delay: in seconds, at most 900.

        The row is written before the message is sent. A call that dies in between has not answered for the
        message that it handles, so that one comes back. Raises NoProgressError.
        """
        self.send(self.rows.leave(work, progress, self.now()), delay=delay)

    def hand_over(self, work: Work) -> None:
        """Leave work that no call has begun, however often: the same message may come several times."""
        self.send(self.rows.add(work, self.now()))

    def send(self, work_id: str, *, delay: int = 0) -> None:
        """Have a call look at a row that is there already."""
        self.client.send_message(
            QueueUrl=self.queue_url, MessageBody=canonical({CONTINUE: work_id}), DelaySeconds=delay
        )

    def find(self, work_id: str) -> Work | None:
        """What was left under an id; None for an unknown or expired one."""
        return self.rows.find(work_id)


def continued_id(value: object) -> str | None:
    """The id in a message that goes on with what another call has left; None for any other message."""
    match value:
        case {"continue": str(work_id), **rest} if not rest and _WORK_ID.fullmatch(work_id):
            return work_id
        case _:
            return None
