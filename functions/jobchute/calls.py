"""One call of a function, and what it leaves to the next one."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from jobchute.job import Source, canonical

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

SPARE_SECONDS = 15
"""A call stops with so much of its time left, to write down how far it came."""
SOURCE = "jobchuteSource"
"""The attribute of a message that goes on with what another one asked for."""


class Call(NamedTuple):
    """request_id: no other call has it. time_left: seconds until it is ended."""

    request_id: str
    time_left: Callable[[], float]

    @property
    def is_over(self) -> bool:
        return self.time_left() < SPARE_SECONDS


class Continuations(NamedTuple):
    """Messages to the intake queue itself, each with the source of the document that it goes on with."""

    client: "SQSClient"
    queue_url: str

    def send(self, body: object, source: Source, *, delay: int = 0) -> None:
        """delay: in seconds, at most 900."""
        value = canonical(dataclasses.asdict(source))
        self.client.send_message(
            QueueUrl=self.queue_url,
            MessageBody=body if isinstance(body, str) else canonical(body),
            MessageAttributes={SOURCE: {"DataType": "String", "StringValue": value}},
            DelaySeconds=delay,
        )


def continued_source(attributes: Mapping[str, str]) -> Source | None:
    """The source that a message goes on with, from the texts of its attributes; None for a first message.

    What somebody else has put there is no source, and the message is taken for a first one.
    """
    try:
        return Source(**json.loads(attributes[SOURCE]))
    except (KeyError, ValueError, TypeError):
        return None
