"""The proxy: HTTP/1.1 on loopback, a thread a connection, one upstream."""

import http.client
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.harness.faults_wire.faults import Fate, Fault, Plan
from tests.harness.faults_wire.wire_errors import REFUSALS, TARGETS, Answer, refusal

PATIENCE_SECONDS = 30.0
OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "date", "server"})
SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")

Kill = Callable[[int], bool]
"""Kills the process at the other end of a connection, by its port; False where it may not."""


class Proxy:
    """Passes on what comes, or does to it what the plan says."""

    def __init__(self, upstream: str, plan: Plan, kill: Kill) -> None:
        self.host = urlsplit(upstream).netloc
        self.plan = plan
        self.kill = kill
        self._late: set[threading.Timer] = set()
        self._server = _Server(("127.0.0.1", 0), _Exchange)
        self._server.proxy = self
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def is_quiet(self) -> bool:
        """Whether no late commit is on its way."""
        return not any(timer.is_alive() for timer in list(self._late))

    def stop(self) -> None:
        for timer in list(self._late):
            timer.cancel()
        self._server.shutdown()
        self._server.server_close()

    def forward_late(self, delay: float, forward: Callable[[], object]) -> None:
        timer = threading.Timer(delay, forward)
        timer.daemon = True
        self._late.add(timer)
        timer.start()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    proxy: Proxy

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients are killed and connections are reset here all the time."""


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, and an answer would take 40 ms more
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        service, operation = self._what()
        fate = self.server.proxy.plan.fate(service, operation)
        if fate is None or not self._break(fate, service, body):
            self._answer(*self._forward(body))

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle

    def _what(self) -> tuple[str, str]:
        """The service, by its signing name, and the operation, or the method where the path tells it."""
        target, _, operation = (self.headers.get("X-Amz-Target") or "").partition(".")
        if operation:
            return TARGETS[target], operation
        signed = SIGNED_FOR.search(self.headers.get("Authorization") or "")
        return (signed[1] if signed else "fireworks"), self.command

    def _break(self, fate: Fate, service: str, body: bytes) -> bool:
        """Returns whether the caller was dealt with."""
        proxy, refusals = self.server.proxy, REFUSALS[service]
        match fate.fault:
            case Fault.KILL_BEFORE | Fault.KILL_AFTER:
                return self._kill(fate.fault, service, body)
            case Fault.THROTTLED:
                self._answer(*refusal(service, *refusals.throttled))
            case Fault.UNAVAILABLE:
                self._answer(*refusal(service, *refusals.unavailable))
            case Fault.LOST_5XX:
                self._forward(body)
                self._answer(*refusal(service, *refusals.unavailable))
            case Fault.RESET:
                self._reset()
            case Fault.LOST:
                self._forward(body)
                self._reset()
            case Fault.LATE:
                proxy.forward_late(fate.delay, lambda: self._forward(body))
                self._reset()
            case Fault.SLOW:
                time.sleep(fate.delay)
                self._answer(*self._forward(body))
            case Fault.CUT:
                self._cut(*self._forward(body))
        proxy.plan.count(service, fate.fault)
        return True

    def _kill(self, fault: Fault, service: str, body: bytes) -> bool:
        """The killed process may have sent its call or not: before, the call is dropped with it."""
        proxy = self.server.proxy
        answer = self._forward(body) if fault is Fault.KILL_AFTER else None
        if proxy.kill(self.client_address[1]):
            proxy.plan.count(service, fault)
            self._reset()
        elif answer is not None:
            self._answer(*answer)
        return answer is not None or self.close_connection

    def _forward(self, body: bytes) -> Answer:
        """A connection of its own for every call: a retry on a stale one would be a second call."""
        upstream = http.client.HTTPConnection(self.server.proxy.host, timeout=PATIENCE_SECONDS)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in OF_THE_CONNECTION}
        headers.pop("Expect", None)
        try:
            upstream.request(self.command, self.path, body, headers | {"Connection": "close"})
            answer = upstream.getresponse()
            passed = {n: v for n, v in answer.getheaders() if n.lower() not in OF_THE_CONNECTION}
            return answer.status, passed, answer.read()
        finally:
            upstream.close()

    def _answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._head(status, headers, len(body))
        self.wfile.write(b"" if self.command == "HEAD" else body)

    def _cut(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self._head(status, headers, max(len(body), 2))
        self.wfile.write(body[: len(body) // 2])
        self.wfile.flush()
        self._reset()

    def _head(self, status: int, headers: dict[str, str], length: int) -> None:
        self.send_response(status)
        known = {name.lower() for name in headers}
        for name, value in headers.items():
            if self.command == "HEAD" or name.lower() != "content-length":
                self.send_header(name, value)
        if self.command != "HEAD" or "content-length" not in known:
            self.send_header("Content-Length", str(length))
        self.end_headers()

    def _reset(self) -> None:
        """RST instead of FIN: what closing does while SO_LINGER is zero."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
