"""The calls that the tool makes, recorded with their parameters, and the actions that IAM asks for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from botocore.config import Config

from jobchute.runtime.clients import AwsClients
from tests.integration.cli.conftest import tool_with

ACTIONS = {
    "s3:ListObjectsV2": "s3:ListBucket",
    "s3:HeadObject": "s3:GetObject",
    "s3:HeadBucket": "s3:ListBucket",
    "dynamodb:TransactWriteItems": "dynamodb:PutItem",
    "dynamodbstreams:GetRecords": "dynamodb:GetRecords",
    "dynamodbstreams:GetShardIterator": "dynamodb:GetShardIterator",
}
"""Operations whose action has another name than `service:Operation` (Service Authorization Reference)."""
PREFIXES = {"monitoring": "cloudwatch", "stepfunctions": "states", "email": "ses"}


class Call(NamedTuple):
    """One call. action: as policies name it."""

    action: str
    parameters: dict[str, Any]


class RecordingClients(AwsClients):
    """Clients that write down what is called."""

    def __init__(self, calls: list[Call]) -> None:
        super().__init__()
        self._calls = calls

    def _client(self, service: str, config: Config) -> Any:
        is_new = (service, config) not in self._made
        client = super()._client(service, config)
        if is_new:
            client.meta.events.register("provide-client-params", self._note)
        return client

    def _note(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        self._calls.append(Call(action_of(model.service_model.service_name, model.name), params))


def action_of(service: str, operation: str) -> str:
    name = f"{service}:{operation}"
    return ACTIONS.get(name, f"{PREFIXES.get(service, service)}:{operation}")


@contextmanager
def recorded() -> Iterator[list[Call]]:
    """The calls of the tool within."""
    calls: list[Call] = []
    with tool_with(RecordingClients(calls)):
        yield calls
