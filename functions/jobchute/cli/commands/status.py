"""jobchute status: the state of everything on one screen."""

import sys

from jobchute.cli.list_options import moment_of
from jobchute.cli.options import AsJson, EndedSince, Stack
from jobchute.cli.output import print_json


def status(since: EndedSince = "24h", stack: Stack = None, as_json: AsJson = False) -> None:
    """Show what runs, what waits and until when, what failed and what to do next, pools and budgets.

    On a terminal it fits the screen.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.terminal.reading import Reader
    from jobchute.runtime import current

    moment_of(since, current().clock.now())
    overview = Reader(deployment_of(stack), stack, since).read()
    if as_json:
        from jobchute.cli.terminal.documents import as_json as document_of

        print_json(document_of(overview))
        return
    from jobchute.cli.terminal.screen import drawn, print_as_text

    if not sys.stdout.isatty():
        print_as_text(overview, stack)
        return
    from rich.console import Console

    console = Console(highlight=False)
    console.print(drawn(overview, width=console.width, height=console.height - 1, stack=stack))
