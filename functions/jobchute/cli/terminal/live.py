"""The overview, read and drawn again and again."""

from collections.abc import Callable
from typing import NamedTuple

from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.live import Live

from jobchute.cli.error_messages import tool_error
from jobchute.cli.terminal.keys import Wait
from jobchute.cli.terminal.reading import Overview
from jobchute.cli.terminal.screen import drawn

TICK = 1.0
"""Seconds between two drawings, in which times go on and a resized terminal is filled."""


class View(NamedTuple):
    """read: the facts now. calls: how many calls of AWS were made so far. now: epoch seconds.

    interval: seconds between two reads.
    """

    read: Callable[[], Overview]
    calls: Callable[[], int]
    now: Callable[[], float]
    interval: float
    stack: str | None = None


def run(view: View, console: Console, wait: Wait) -> None:
    """Until a key ends it. A read that fails is noted, and tried again after the interval.

    Raises what the first read raises.
    """
    overview, calls = _read(view)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            until = view.now() + view.interval
            while view.now() < until:
                foot = f"q quits · read every {view.interval:g} s · {calls} calls"
                shown = overview._replace(now=view.now())
                lines = drawn(shown, width=console.width, height=console.height, stack=view.stack, foot=foot)
                live.update(lines, refresh=True)
                if wait(min(TICK, view.interval)):
                    return
            try:
                overview, calls = _read(view)
            except (BotoCoreError, ClientError) as error:
                overview = overview._replace(notes=(f"cannot be read now: {tool_error(error)}",))


def _read(view: View) -> tuple[Overview, int]:
    """And how many calls it took."""
    before = view.calls()
    return view.read(), view.calls() - before
