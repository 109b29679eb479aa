"""The calls that the tool makes, counted by the name of their operation."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from jobchute import runtime

SERVICES = ("dynamodb", "logs", "s3", "sqs", "cloudformation", "lambda")


@contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """The calls within, over the clients of the tool's parts."""
    calls: Counter[str] = Counter()

    def note(model: Any, **_: Any) -> None:
        calls[model.name] += 1

    clients = [runtime.client(service) for service in SERVICES]
    for client in clients:
        client.meta.events.register("before-call", note)
    try:
        yield calls
    finally:
        for client in clients:
            client.meta.events.unregister("before-call", note)
