"""HTTP/1.1 with keep-alive on loopback, a thread a connection."""

import logging
import socket
import threading
import uuid
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from .messages import Request, Response, json_response

MAX_BODY = 8 * 1024 * 1024

log = logging.getLogger(__name__)

Answer = Callable[[Request], Response]


class HttpServer:
    """Listens from its making on, answers between `start` and `stop`; after `stop` every connection is
    closed.
    """

    def __init__(self, port: int, answer: Answer) -> None:
        self._server = _Server(("127.0.0.1", port), answer)
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="simulator-http", daemon=True
        )

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.close_connections()
        self._server.server_close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True

    def __init__(self, address: tuple[str, int], answer: Answer) -> None:
        super().__init__(address, _Exchange)
        self.answer = answer
        self._connections: set[socket.socket] = set()
        self._connections_lock = threading.Lock()

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._connections_lock:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._connections_lock:
            self._connections.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that goes away is no error of ours."""
        log.debug("the connection %s from %s ended", request, client_address, exc_info=True)

    def close_connections(self) -> None:
        """Wake the threads that wait for a next request, so that they end."""
        with self._connections_lock:
            waiting = list(self._connections)
        for connection in waiting:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                log.debug("a connection was closed already")


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "JobchuteSimulator"
    disable_nagle_algorithm = True
    wbufsize = -1  # an answer in one piece
    timeout = 120
    server: _Server

    def _exchange(self) -> None:
        request = self._request()
        self._send(
            json_response(413, {"message": "the body is too long"})
            if request is None
            else self._answer(request)
        )

    def _request(self) -> Request | None:
        length = int(self.headers.get("Content-Length") or 0)
        if length > MAX_BODY:
            self.close_connection = True
            return None
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        return Request(self.command, path, query, headers, self.rfile.read(length))

    def _answer(self, request: Request) -> Response:
        try:
            return self.server.answer(request)
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            return json_response(500, {"message": "the simulator failed; its log says why"})

    def _send(self, response: Response) -> None:
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(response.body)))
        self.send_header("x-amzn-RequestId", str(uuid.uuid4()))
        self.end_headers()
        self.wfile.write(response.body)
        self.wfile.flush()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _exchange

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        log.debug(format, *args)
