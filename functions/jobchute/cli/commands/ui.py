"""jobchute ui: a page in the browser that shows the deployment."""

import webbrowser
from typing import Annotated

import typer

from jobchute.cli.options import Stack
from jobchute.cli.output import say

Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")]


def ui(port: Port = 0, is_opened: Open = False, stack: Stack = None) -> None:
    """Show the deployment on a page of this computer: what runs, what waits and why, what failed.

    The page reads with your own credentials and changes nothing. Only this computer can open its address, which
    holds a token that is new each time. Ctrl-C ends it.
    """
    from jobchute.cli.ui.composition import site_of
    from jobchute.cli.ui.server import bound, serve

    def told(address: str) -> None:
        say(f"{address}  (read only; Ctrl-C ends it)")
        if is_opened:
            webbrowser.open(address)

    site = site_of(stack)
    with bound(port) as listener:
        serve(site, listener, told=told)
