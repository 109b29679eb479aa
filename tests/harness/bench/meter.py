"""A proxy before the embedded AWS that writes down every call of the functions, and what DynamoDB charges."""

import http.client
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from tests.harness.bench.charges import TRANSACTION, read, written
from tests.harness.bench.units import Item, Units, write_units

OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "date", "server"})
FUNCTION = re.compile(r"app/([a-z]+)")
SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
PROVIDERS = frozenset({"braket", "bedrock", "sagemaker", "fireworks"})
COUNTED = frozenset({"dynamodb", "events"})
"""The services whose requests are looked into, by their signing names."""


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function's. at: time.time() when it came in. told: events, of PutEvents."""

    at: float
    function: str
    service: str
    operation: str
    status: int
    write: Units
    read: float
    told: int


@dataclass(slots=True)
class Log:
    calls: list[Call] = field(default_factory=list)

    def since(self, moment: float) -> list[Call]:
        return [call for call in self.calls if call.at >= moment]


class Meter:
    """Listens on a port of its own for each upstream."""

    def __init__(self, upstream: str, log: Log) -> None:
        self.host = urlsplit(upstream).netloc
        self.log = log
        self._server = _Server(("127.0.0.1", 0), _Exchange)
        self._server.meter = self
        threading.Thread(target=self._server.serve_forever, args=(0.1,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def item(self, table: str, key: Item, headers: Mapping[str, str]) -> Item | None:
        """The stored image of the item with this key."""
        body = json.dumps({"TableName": table, "Key": key, "ConsistentRead": True}).encode()
        own = {**headers, "X-Amz-Target": "DynamoDB_20120810.GetItem"}
        found: Item | None = json.loads(self.forward("POST", "/", body, own)[2]).get("Item")
        return found

    def forward(
        self, method: str, path: str, body: bytes, headers: Mapping[str, str]
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        upstream = http.client.HTTPConnection(self.host, timeout=60)
        passed = {n: v for n, v in headers.items() if n.lower() not in OF_THE_CONNECTION | {"content-length"}}
        try:
            upstream.request(method, path, body, passed | {"Connection": "close"})
            answer = upstream.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            upstream.close()


class _Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True
    meter: Meter


class _Exchange(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # head and body are two writes, and an answer would take 40 ms more
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""

    def _handle(self) -> None:
        began, meter = time.time(), self.server.meter
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        service, operation = self._what()
        asked = json.loads(body) if service in COUNTED else {}
        keys = written(operation, asked)
        before = [meter.item(table, key, headers) for table, key in keys]
        status, answered, answer = meter.forward(self.command, self.path, body, headers)
        write = Units()
        for (table, key), old in zip(keys, before, strict=True):
            write += write_units(old, meter.item(table, key, headers))
        if operation == TRANSACTION:
            write = write.times(2)
        units = read(operation, asked, json.loads(answer)) if asked and status == HTTPStatus.OK else 0.0
        told = len(asked.get("Entries", ()))
        function = FUNCTION.search(self.headers.get("User-Agent") or "")
        meter.log.calls.append(
            Call(began, function[1] if function else "", service, operation, status, write, units, told)
        )
        self._answer(status, answered, answer)

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _handle

    def _what(self) -> tuple[str, str]:
        """The service, by its signing name, and the operation, or the method where the path tells it."""
        signed = SIGNED_FOR.search(self.headers.get("Authorization") or "")
        _, _, operation = (self.headers.get("X-Amz-Target") or "").partition(".")
        return (signed[1] if signed else "fireworks"), operation or self.command

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            if name.lower() not in OF_THE_CONNECTION | {"content-length"}:
                self.send_header(name, value)
        length = next((v for n, v in headers if n.lower() == "content-length"), "0")
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        self.wfile.write(b"" if self.command == "HEAD" else body)
