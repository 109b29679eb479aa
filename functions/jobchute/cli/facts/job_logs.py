"""The end of a job's logs, read with a fixed number of calls."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.aws.log_events import LogEvent
from jobchute.aws.log_tails import MAX_NAMES, LogTails
from jobchute.cli.log_lines import text_lines
from jobchute.cli.missing_logs import why_never, why_not_submitted
from jobchute.job import Job
from jobchute.masking import redacted
from jobchute.providers.log_streams import log_streams_of

MAX_LINES = 50
MAX_STREAMS = 4
"""Streams whose ends are read."""
MAX_CHARACTERS = 1000
"""Of one line."""
DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


class LogLine(NamedTuple):
    """at: ISO 8601. instance: the last part of the stream's name."""

    at: str
    instance: str
    text: str


class LogsEnd(NamedTuple):
    """The last lines, in order of time. note: why there are none, or what was left out."""

    lines: tuple[LogLine, ...] = ()
    note: str = ""


def logs_end(logs: Any, job: Job, request: Mapping[str, Any]) -> LogsEnd:
    """At most 1 + 2 × MAX_STREAMS calls; usually half of them.

    logs: a client of CloudWatch Logs. request: its secret values are masked in the lines, as they are in a
    provider's words.
    """
    if why := why_never(job):
        return LogsEnd(note=why)
    streams = log_streams_of(job)
    if streams is None:
        return LogsEnd(note=why_not_submitted(job).removesuffix(": wait with --follow"))
    try:
        return _read(LogTails(logs, streams.group, streams.prefix), request)
    except ClientError as error:
        if error.response["Error"]["Code"] not in DENIED:
            raise
        missing = "logs:DescribeLogStreams and logs:GetLogEvents"
        return LogsEnd(note=f"You may not read the logs ({missing} on {streams.group}).")


def _read(tails: LogTails, request: Mapping[str, Any]) -> LogsEnd:
    names = tails.streams()
    if not names:
        return LogsEnd(note="The job has written no log lines yet.")
    events = [event for name in names[:MAX_STREAMS] for event in tails.end_of(name, MAX_LINES)]
    latest = sorted(events, key=lambda event: event.timestamp)[-MAX_LINES:]
    lines = [line for event in latest for line in _lines_of(event, request)][-MAX_LINES:]
    return LogsEnd(tuple(lines), _left_out(len(names)))


def _lines_of(event: LogEvent, request: Mapping[str, Any]) -> list[LogLine]:
    """The request's secrets are looked for in the whole event, because a secret may have line breaks."""
    masked = event._replace(message=redacted(event.message, request))
    return [LogLine(at, instance, _cut(text)) for at, instance, text in text_lines(masked)]


def _cut(text: str) -> str:
    return text if len(text) <= MAX_CHARACTERS else f"{text[:MAX_CHARACTERS]}…"


def _left_out(streams: int) -> str:
    if streams <= MAX_STREAMS:
        return ""
    number = f"{streams} or more" if streams == MAX_NAMES else str(streams)
    return f"The ends of the first {MAX_STREAMS} of {number} log streams."
