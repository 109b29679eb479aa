"""CloudWatch Logs: the last events of a job's log streams.

Facts of GetLogEvents (CloudWatch Logs API reference): without `startFromHead` it returns the latest events of
one stream, in order of time. A page may be empty although there are earlier events.

DescribeLogStreams cannot order the streams of a prefix by their last event.
"""

from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.aws.log_events import NO_GROUP, LogEvent

MAX_NAMES = 50
"""The most that one call of DescribeLogStreams returns."""
MAX_PAGES = 2
"""Pages of a stream that are read until one has events."""


class LogTails(NamedTuple):
    """The streams of a group whose names begin with the prefix. client: of `logs`."""

    client: Any
    group: str
    prefix: str

    def streams(self) -> list[str]:
        """The first MAX_NAMES streams, by name. One call. Without a group there is none."""
        try:
            answer = self.client.describe_log_streams(
                logGroupName=self.group, logStreamNamePrefix=self.prefix, limit=MAX_NAMES
            )
        except ClientError as error:
            if error.response["Error"]["Code"] != NO_GROUP:
                raise
            return []
        return [stream["logStreamName"] for stream in answer["logStreams"]]

    def end_of(self, stream: str, count: int) -> list[LogEvent]:
        """The last `count` events of a stream, the oldest first, without ids. At most MAX_PAGES calls."""
        page: dict[str, Any] = {}
        for _ in range(MAX_PAGES):
            token = {"nextToken": page["nextBackwardToken"]} if page else {}
            page = self.client.get_log_events(
                logGroupName=self.group, logStreamName=stream, limit=count, startFromHead=False, **token
            )
            if page["events"]:
                break
        return [
            LogEvent("", stream, event["timestamp"], event.get("ingestionTime", 0), event["message"])
            for event in page["events"]
        ]
