"""Files of many requests, and what is delivered of them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.ledger.files import FileRow, FileRows
from jobchute.lifecycle.accept import Acceptor
from jobchute.runtime import use
from tests.apis import REQUESTS
from tests.integration.handlers.world import World, sqs_record

BODY = {"api": Api.TRAINING_JOB, "request": REQUESTS[Api.TRAINING_JOB]}
SPARE = 15
SWEEP = {**BODY, "request": {**BODY["request"], "HyperParameters": {}}, "idempotencyKey": "sweep"}


class Killed(BaseException):
    """The end of a process, which nothing catches."""


@dataclass
class Hurried:
    """A Lambda context whose time is over after so many looks at it: one by the handler, one a document."""

    looks: int
    aws_request_id: str = "hurried"
    function_name: str = "validate"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:us-east-1:123456789012:function:validate"

    def get_remaining_time_in_millis(self) -> int:
        self.looks -= 1
        return 1000 * (SPARE + max(self.looks, -1))


def deliver(world: World, body: object, *, looks: int = 10**6) -> list[str]:
    """Hand one message to validate; the ids of those that come back."""
    import validate

    record = sqs_record("m0", body)
    context = Hurried(looks + 1, aws_request_id=f"call-{next(world.numbers)}")
    with use(world.parts):
        answer = validate.handler(json.loads(json.dumps({"Records": [record]})), context)  # type: ignore[arg-type]
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def waiting(world: World) -> list[dict[str, Any]]:
    """Take the messages that the function has left for itself."""
    sqs, found = world.aws["sqs"], list[dict[str, Any]]()
    url = sqs.get_queue_url(QueueName="intake")["QueueUrl"]
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(message)
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
    return found


def go_on(world: World, *, looks: int = 10**6) -> int:
    """Deliver what is left until nothing is; how many calls that took."""
    calls = 0
    while messages := waiting(world):
        for message in messages:
            assert deliver(world, json.loads(message["Body"]), looks=looks) == []
            calls += 1
    return calls


def lines(count: int, *, bad: tuple[int, ...] = (), size: int = 0, key: str = "k") -> bytes:
    """size: of the white space after each document, in bytes."""
    texts = (json.dumps({**BODY, "idempotencyKey": f"{key}{number}"}) for number in range(count))
    return "\n".join("{" if n in bad else text + " " * size for n, text in enumerate(texts)).encode()


def row_of(world: World) -> FileRow:
    items = world.aws["dynamodb"].scan(TableName="ledger")["Items"]
    (pk,) = {item["pk"]["S"] for item in items if item["pk"]["S"].startswith("FILE#")}
    (row,) = FileRows(world.aws["dynamodb"], "ledger").versions(pk.removeprefix("FILE#"))
    return row


def breaking_at(monkeypatch: pytest.MonkeyPatch, key: str, what: Callable[[], object]) -> None:
    accept = Acceptor.accept

    def broken(self: Acceptor, submission: Any, source: Any) -> Any:
        if submission.idempotency_key == key:
            what()
        return accept(self, submission, source)

    monkeypatch.setattr(Acceptor, "accept", broken)


def failing(error: BaseException) -> Callable[[], object]:
    def fail() -> object:
        raise error

    return fail
