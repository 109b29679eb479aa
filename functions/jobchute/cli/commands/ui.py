"""jobchute ui: a page in the browser that shows the deployment."""

import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.options import Stack
from jobchute.cli.output import counted, say

if TYPE_CHECKING:
    from jobchute.cli.ui.site import Site

Port = Annotated[int, typer.Option(min=0, max=65535, help="The port; 0 for any that is free.")]
Open = Annotated[bool, typer.Option("--open/--no-open", help="Open the page in a browser.")]
Export = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        help="Write the pages as files into a new folder instead of serving them.",
        show_default=False,
    ),
]


def ui(port: Port = 0, is_opened: Open = False, export: Export = None, stack: Stack = None) -> None:
    """Show the deployment on a page of this computer: what runs, what waits and why, what failed.

    The page reads with your own credentials and changes nothing. Only this computer can open its address, which
    holds a token that is new each time. Ctrl-C ends it.
    """
    from jobchute.cli.ui.composition import site_of

    site = site_of(stack)
    if export is None:
        _serve(site, port, is_opened)
        return
    from jobchute.cli.ui.export import Plan
    from jobchute.cli.ui.export import export as write

    written = write(site, export, Plan())
    say(f"{counted(written.files, 'page')} written; open {export / 'index.html'}")
    if written.left_out:
        say(f"{counted(written.left_out, 'page')} left out; see {export / 'left-out.html'}", err=True)
    if is_opened:
        webbrowser.open((export / "index.html").resolve().as_uri())


def _serve(site: "Site", port: int, is_opened: bool) -> None:
    from jobchute.cli.ui.server import bound, serve

    def told(address: str) -> None:
        say(f"{address}  (read only; Ctrl-C ends it)")
        if is_opened:
            webbrowser.open(address)

    with bound(port) as listener:
        serve(site, listener, told=told)
