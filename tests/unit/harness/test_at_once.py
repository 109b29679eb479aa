"""What a test of many calls at once does to the deployed stack."""

from typing import Any

from tests.harness.at_once import CALLS_AT_ONCE, feed_many_at_once


class Functions:
    """A client of Lambda with a queue's event source mapping and a stream's."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []

    def get_paginator(self, _: str) -> "Functions":
        return self

    def paginate(self) -> list[dict[str, Any]]:
        of_queue = {"UUID": "queue", "ScalingConfig": {"MaximumConcurrency": 2}}
        return [{"EventSourceMappings": [of_queue, {"UUID": "stream"}]}]

    def update_event_source_mapping(self, **update: Any) -> None:
        self.updates.append(update)


def test_a_queue_feeds_more_calls_and_a_stream_stays() -> None:
    functions = Functions()
    feed_many_at_once(functions)
    assert functions.updates == [{"UUID": "queue", "ScalingConfig": {"MaximumConcurrency": CALLS_AT_ONCE}}]
