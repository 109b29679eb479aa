"""Log lines as `jobchute logs` prints them."""

import sys
from collections.abc import Iterable, Iterator
from typing import Any

from jobchute.aws.log_events import LogEvent
from jobchute.cli.output import print_json, say
from jobchute.job import iso


def print_lines(batches: Iterable[list[LogEvent]], as_json: bool) -> int:
    """Print each batch as it comes. Returns the number of events."""
    separator = "  " if sys.stdout.isatty() else "\t"
    number = 0
    for batch in batches:
        number += len(batch)
        for event in batch:
            if as_json:
                print_json(as_object(event))
                continue
            for line in text_lines(event):
                say(separator.join(line))
    return number


def as_object(event: LogEvent) -> dict[str, Any]:
    return {"at": iso(event.timestamp / 1000), "stream": event.stream, "message": event.message}


def text_lines(event: LogEvent) -> Iterator[tuple[str, str, str]]:
    """Time, instance and text: one for each line of the message."""
    instance = event.stream.rpartition("/")[2]
    for text in event.message.splitlines() or [""]:
        yield iso(event.timestamp / 1000), instance, text
