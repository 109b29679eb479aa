"""A proxy before the embedded AWS that writes down every call of the functions, and what DynamoDB charges."""

import http.client
import json
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.reconciliations import LOOK
from tests.harness.bench.units import Item, Units, read_units, size_of, write_units

OF_THE_CONNECTION = frozenset({"connection", "keep-alive", "transfer-encoding", "date", "server"})
FUNCTION = re.compile(r"app/([a-z]+)")
SIGNED_FOR = re.compile(r"Credential=[^/]+/\d+/[^/]+/([^/]+)/aws4_request")
PROVIDERS = frozenset({"braket", "bedrock", "sagemaker", "fireworks"})
WRITES = ("PutItem", "UpdateItem", "DeleteItem")


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a function's. at: time.time() when it came in."""

    at: float
    function: str
    service: str
    operation: str
    status: int
    write: Units
    read: float


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

    def item(self, table: str, item: Item, headers: Mapping[str, str]) -> Item | None:
        """The stored image of the item with this item's key."""
        key = {name: item[name] for name in ("pk", "sk")}
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
    server: _Server

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Silent."""

    def _handle(self) -> None:
        began, meter = time.time(), self.server.meter
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "expect"}
        service, operation = self._what()
        written = _written(operation, body) if service == "dynamodb" else []
        before = [meter.item(table, item, headers) for table, item in written]
        status, answered, answer = meter.forward(self.command, self.path, body, headers)
        write = Units()
        for (table, item), old in zip(written, before, strict=True):
            write += write_units(old, meter.item(table, item, headers))
        if operation == "TransactWriteItems":
            write = write.times(2)
        read = _read(operation, body, answer) if service == "dynamodb" and status == 200 else 0.0
        function = FUNCTION.search(self.headers.get("User-Agent") or "")
        meter.log.calls.append(
            Call(began, function[1] if function else "", service, operation, status, write, read)
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


def _written(operation: str, body: bytes) -> list[tuple[str, Item]]:
    """Table and key of every item that the call writes.

    Without the sweep's notes of when it last looked at all jobs, mended a pool or found it unused: one each in
    five minutes, whatever the number of jobs.
    """
    if operation in WRITES:
        asked = json.loads(body)
        key = asked.get("Key") or asked["Item"]
        is_note = {name: key[name] for name in LOOK} == to_dynamodb(LOOK)
        is_note = is_note or asked.get("UpdateExpression", "").startswith(("SET mendedAt", "SET retiringAt"))
        return [] if is_note else [(asked["TableName"], key)]
    if operation == "TransactWriteItems":
        actions = [action for entry in json.loads(body)["TransactItems"] for action in entry.values() if action]
        return [(action["TableName"], action.get("Key") or action["Item"]) for action in actions]
    return []


def _read(operation: str, body: bytes, answer: bytes) -> float:
    match operation:
        case "GetItem":
            found = json.loads(answer).get("Item", {})
            return read_units(size_of(found), consistent=json.loads(body).get("ConsistentRead", False))
        case "Query":
            size = sum(map(size_of, json.loads(answer)["Items"]))
            return read_units(size, consistent=json.loads(body).get("ConsistentRead", False))
        case "BatchGetItem":
            tables = json.loads(body)["RequestItems"].values()
            consistent = any(table.get("ConsistentRead", False) for table in tables)
            items = [item for found in json.loads(answer)["Responses"].values() for item in found]
            return sum(read_units(size_of(item), consistent=consistent) for item in items)
    return 0.0
