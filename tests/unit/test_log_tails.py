"""The end of a log stream, where CloudWatch Logs answers with an empty page first."""

from typing import Any

from jobchute.aws.log_tails import LogTails


class EmptyFirst:
    """CloudWatch Logs whose first page has no events."""

    def __init__(self, *, pages: int) -> None:
        self.tokens: list[str | None] = []
        self._empty = pages

    def get_log_events(self, **given: Any) -> dict[str, Any]:
        self.tokens.append(given.get("nextToken"))
        is_empty = len(self.tokens) <= self._empty
        events = [] if is_empty else [{"timestamp": 1, "ingestionTime": 2, "message": "epoch 1"}]
        return {"events": events, "nextBackwardToken": f"b/{len(self.tokens)}"}


def test_an_empty_page_is_followed_by_an_earlier_one() -> None:
    logs = EmptyFirst(pages=1)
    (event,) = LogTails(logs, "group", "churn/").end_of("churn/algo-1", 50)
    assert (event.stream, event.timestamp, event.message) == ("churn/algo-1", 1, "epoch 1")
    assert logs.tokens == [None, "b/1"]


def test_a_stream_without_events_takes_two_calls() -> None:
    logs = EmptyFirst(pages=9)
    assert LogTails(logs, "group", "churn/").end_of("churn/algo-1", 50) == []
    assert len(logs.tokens) == 2
