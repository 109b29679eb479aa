"""CloudWatch Logs: the events of all log streams of a job.

Facts of FilterLogEvents (CloudWatch Logs API reference): a page holds at most 10,000 events or 1 MB; an empty
page may be followed by another one; both ends of the time range are included. A group does not exist before the
first job of the account has written something.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

NO_GROUP = "ResourceNotFoundException"


class LogEvent(NamedTuple):
    """timestamp: when it was written, by the instance's clock; ingested: when CloudWatch took it, by its own.

    Both are in epoch milliseconds.
    """

    event_id: str
    stream: str
    timestamp: int
    ingested: int
    message: str


class LogEvents(NamedTuple):
    """The events of the streams of a group whose names begin with the prefix. client: of `logs`."""

    client: Any
    group: str
    prefix: str

    def pages(self, start: int, end: int | None = None) -> Iterator[list[LogEvent]]:
        """The events from `start` up to and including `end`, in epoch milliseconds.

        They are in order of time within a page, but not across pages. Without a group there is no page.
        """
        until = {} if end is None else {"endTime": end}
        pages = self.client.get_paginator("filter_log_events").paginate(
            logGroupName=self.group,
            logStreamNamePrefix=self.prefix,
            startTime=max(0, start),
            **until,
        )
        try:
            for page in pages:
                # The embedded AWS of the tests (moto) ignores the prefix.
                events = map(_event, page["events"])
                yield [event for event in events if event.stream.startswith(self.prefix)]
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_GROUP:
                raise


def _event(event: Any) -> LogEvent:
    return LogEvent(
        event_id=event["eventId"],
        stream=event["logStreamName"],
        timestamp=event["timestamp"],
        ingested=event.get("ingestionTime", event["timestamp"]),
        message=event["message"],
    )
