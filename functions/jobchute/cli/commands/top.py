"""jobchute top: the state of everything, live."""

import sys
from contextlib import suppress
from typing import Annotated

import typer

from jobchute.cli.errors import CannotAskError
from jobchute.cli.list_options import moment_of
from jobchute.cli.options import EndedSince, Stack

Interval = Annotated[float, typer.Option(help="Seconds between two reads.", min=1)]


def top(since: EndedSince = "24h", interval: Interval = 5, stack: Stack = None) -> None:
    """Show what `jobchute status` shows, again and again. q or Ctrl-C ends it.

    Each read makes a bounded number of calls, which is shown.
    """
    from rich.console import Console

    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.terminal.keys import keyboard
    from jobchute.cli.terminal.live import View, run
    from jobchute.cli.terminal.reading import Reader
    from jobchute.cli.ui.counting import CountedClients
    from jobchute.runtime import compose, current, use

    moment_of(since, current().clock.now())
    if not sys.stdout.isatty():
        raise CannotAskError("top needs a terminal; for a pipe or a file: jobchute status")
    parts = current()
    clients = CountedClients(parts.clients)
    with use(compose(clients, parts.settings, parts.clock)), keyboard() as wait, suppress(KeyboardInterrupt):
        reader = Reader(deployment_of(stack), stack, since)
        view = View(reader.read, lambda: clients.calls, parts.clock.now, interval, stack)
        run(view, Console(highlight=False), wait)
