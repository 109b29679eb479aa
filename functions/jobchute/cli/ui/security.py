"""Who may ask for a page, and what a browser may do with it.

The server listens on the loopback interface alone. Another site that is open in the same browser must not read
the pages either: it does not know the token in their addresses, and a name of its own that resolves to
127.0.0.1 (DNS rebinding) is refused by the Host header. The token is a part of the path, not a cookie: browsers
send a cookie to every port of a host, so also to other programs that listen on 127.0.0.1.
"""

from secrets import compare_digest

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

READ_METHODS = frozenset({"GET", "HEAD"})
POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
HOSTS = ("127.0.0.1", "localhost")


class Guard:
    """ASGI middleware around the application. hosts: `127.0.0.1:PORT` and the like. token: the first segment
    of each path.
    """

    def __init__(self, application: ASGIApp, *, hosts: frozenset[str], token: str) -> None:
        self._application = application
        self._hosts = hosts
        self._token = token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._application(scope, receive, send)
            return
        if scope["type"] != "http":  # the page has no web sockets
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        await (self._refusal(scope) or self._application)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope) -> ASGIApp | None:
        if Headers(scope=scope).get("host", "").lower() not in self._hosts:
            return PlainTextResponse("this address is not the page's\n", status_code=421)
        if scope["method"] not in READ_METHODS:
            allowed = {"Allow": ", ".join(sorted(READ_METHODS))}
            return PlainTextResponse("the page is read only\n", status_code=405, headers=allowed)
        token = scope["path"].removeprefix("/").partition("/")[0]
        if not compare_digest(token.encode(), self._token.encode()):
            return PlainTextResponse(
                "open the address that jobchute ui printed; it holds a token\n", status_code=404
            )
        return None


def hosts_of(port: int) -> frozenset[str]:
    """The Host headers of a server on this port."""
    return frozenset(f"{name}:{port}" for name in HOSTS)
