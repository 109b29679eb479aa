"""The server on the loopback interface."""

import secrets
import socket
from collections.abc import Callable
from contextlib import suppress

import uvicorn

from jobchute.cli.errors import CannotAskError
from jobchute.cli.ui.app import application
from jobchute.cli.ui.security import hosts_of
from jobchute.cli.ui.site import Site

ADDRESS = "127.0.0.1"


def bound(port: int) -> socket.socket:
    """A socket on the loopback interface. port: 0 for any that is free. Raises CannotAskError."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((ADDRESS, port))
    except OSError as error:
        listener.close()
        raise CannotAskError(
            f"port {port} is not free ({error.strerror}); choose another with --port"
        ) from error
    return listener


def serve(site: Site, listener: socket.socket, *, told: Callable[[str], None]) -> None:
    """Serve until Ctrl-C. told: is called with the address of the page once it can be opened."""
    port, token = listener.getsockname()[1], secrets.token_urlsafe(18)
    guarded = application(site, token=token, hosts=hosts_of(port))
    config = uvicorn.Config(
        guarded, interface="asgi3", log_level="warning", access_log=False, server_header=False, lifespan="off"
    )
    listener.listen()
    told(f"http://{ADDRESS}:{port}/{token}/")
    with suppress(KeyboardInterrupt):  # how it is meant to end; uvicorn raises it once its answers are sent
        uvicorn.Server(config).run(sockets=[listener])
