"""Fireworks' REST API for batch jobs, in the place of urllib3: nothing is idempotent, ids are server-made."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NoReturn

import urllib3
from urllib3.connection import HTTPConnection

from jobchute.job import Api, iso
from jobchute.providers.fireworks.batch_job.adapter import JOB_ID_ANNOTATION
from tests.fakes.provider import Provider, ProviderJob
from tests.fakes.wire import Wire

API = Api.FIREWORKS_JOB


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    data: bytes


class FakeFireworks:
    """The part of urllib3.PoolManager that the adapter uses."""

    def __init__(self, provider: Provider, wire: Wire) -> None:
        self.provider = provider
        self.wire = wire

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        body: bytes | None,
        fields: Mapping[str, str] | None,
        retries: bool,
    ) -> Response:
        for value in headers.values():
            if "\n" in value or "\r" in value:
                # As http.client.HTTPConnection.putheader has it, which urllib3 sends headers with.
                raise ValueError(f"Invalid header value {value.encode()!r}")
        assert headers["Authorization"] == "Bearer key"
        assert retries is False, "a create call must not be repeated"
        path = url.partition("/batchJobs")[2]
        operation = _operation(method, path)
        return self.wire.call(
            f"fireworks:{operation}",
            lambda: self._answer(operation, path, json.loads(body or b"null"), fields or {}),
            refuse=lambda place: _error(429 if place % 3 else 503),
            lose=_lose,
            creates=operation == "create",
            repeats=False,
        )

    def _answer(self, operation: str, path: str, body: Any, fields: Mapping[str, str]) -> Response:
        if self.provider.is_unreachable:
            raise urllib3.exceptions.NewConnectionError(HTTPConnection("fireworks.invalid"), "no address")
        if self.provider.is_down:
            return _error(503)
        match operation:
            case "create":
                if self.provider.is_full(API, body):
                    return _error(429)
                owner = body.get("annotations", {}).get(JOB_ID_ANNOTATION)
                job = self.provider.create(API, body["displayName"], body, owner=owner)
                return _ok(_shown(job))
            case "list" if self.provider.clock.now < self.provider.denied_until:
                return _error(400)
            case "list" if self.provider.has_empty_pages and "pageToken" not in fields:
                return _ok({"batchJobs": [], "nextPageToken": "0"})
            case "list":
                return _ok(self._page(int(fields.get("pageToken", "0")), int(fields["pageSize"])))
        known = self.provider.by_id.get(path.strip("/").partition(":")[0])
        if known is None or known.is_gone:
            return _error(404)
        if operation == "get":
            return _ok(_shown(known))
        if known.is_over:
            return _error(400)
        self.provider.stop(known)
        return _ok({})

    def shown(self, job: ProviderJob) -> dict[str, Any]:
        """A job as a list has it."""
        return _shown(job)

    def _page(self, begin: int, size: int) -> dict[str, Any]:
        end = begin + size
        jobs = list(islice(self.provider.listed(API), begin, end + 1))
        token = str(end) if len(jobs) > size else ""
        return {"batchJobs": [self.shown(job) for job in jobs[:size]], "nextPageToken": token}


def _operation(method: str, path: str) -> str:
    if path.endswith(":cancel"):
        return "cancel"
    if path:
        return "get"
    return "create" if method == "POST" else "list"


def _shown(job: ProviderJob) -> dict[str, Any]:
    told = {"status": job.reason} if job.reason else {}
    name = f"accounts/a/batchJobs/{job.provider_id}"
    ended = {"endTime": iso(job.ended_at)} if job.ended_at is not None else {}
    return {**job.call, "name": name, "state": job.native, "createTime": iso(job.created_at), **told, **ended}


def _ok(body: Any) -> Response:
    return Response(200, json.dumps(body).encode())


def _error(status: int) -> Response:
    return Response(
        status,
        json.dumps(
            {"code": status, "message": f"refused with {status}, as for a rate limit or a quota"}
        ).encode(),
    )


def _lose() -> NoReturn:
    raise urllib3.exceptions.ProtocolError("the connection broke")
