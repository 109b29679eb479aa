"""Fireworks' REST API, in the place of urllib3.

Nothing of batch jobs is idempotent, and their ids are server-made. A batch inference job has the id that its
caller chose and a mark in its displayName instead of tags, and is deleted instead of cancelled.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, NamedTuple, NoReturn

import urllib3
from urllib3.connection import HTTPConnection

from jobchute.job import Api, iso
from jobchute.providers.fireworks.batch_job.adapter import JOB_ID_ANNOTATION
from tests.apis import VALUES
from tests.fakes.provider import Provider, ProviderJob
from tests.fakes.wire import Wire


class Kind(NamedTuple):
    """collection: the path of the jobs below the account. word: which calls are named by.

    before: calls of a submission before the create call.
    """

    api: Api
    collection: str
    word: str
    before: int


JOBS = Kind(Api.FIREWORKS_JOB, "batchJobs", "fireworks", before=0)
INFERENCE = Kind(Api.FIREWORKS_INFERENCE_JOB, "batchInferenceJobs", "fireworks-inference", before=1)
MODELS = "models"


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    data: bytes


class FakeFireworks:
    """The part of urllib3.PoolManager that the adapters use."""

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
        collection, path = _parts(url)
        kind = JOBS if collection == JOBS.collection else INFERENCE
        operation = _operation(method, path) if collection != MODELS else "model"
        return self.wire.call(
            f"{kind.word}:{operation}",
            lambda: self._answer(kind, operation, path, (json.loads(body or b"null"), fields or {})),
            refuse=lambda place: _error(429 if (place - kind.before) % 3 else 503),
            lose=_lose,
            creates=operation == "create",
            repeats=False,
        )

    def _answer(self, kind: Kind, operation: str, path: str, sent: tuple[Any, Mapping[str, str]]) -> Response:
        body, fields = sent
        if self.provider.is_unreachable:
            raise urllib3.exceptions.NewConnectionError(HTTPConnection("fireworks.invalid"), "no address")
        if self.provider.is_down:
            return _error(503)
        match operation:
            case "model":
                return _ok({"name": f"accounts{path}"})
            case "create" if self.provider.is_full(kind.api, body):
                return _error(429)
            case "create":
                return self._created(body) if kind is JOBS else self._chosen(path, body)
            case "list" if self.provider.clock.now < self.provider.denied_until:
                return _error(400)
            case "list" if self.provider.has_empty_pages and "pageToken" not in fields:
                return _ok({kind.collection: [], "nextPageToken": "0"})
            case "list":
                return _ok(self._page(kind, int(fields.get("pageToken", "0")), int(fields["pageSize"])))
        known = self.provider.shown(self.provider.by_id.get(path.strip("/").partition(":")[0]))
        if known is None or known.is_gone or known.api is not kind.api or _is_deleted(known):
            return _error(404)
        if operation == "get":
            return _ok(self.shown(known))
        if known.is_over or (operation == "delete" and self.provider.refuses_deletion):
            return _error(400)
        self.provider.stop(known)
        return _ok({})

    def _created(self, body: Any) -> Response:
        owner = body.get("annotations", {}).get(JOB_ID_ANNOTATION)
        return _ok(self.shown(self.provider.create(JOBS.api, body["displayName"], body, owner=owner)))

    def _chosen(self, path: str, body: Any) -> Response:
        """A job under the id that its caller chose."""
        chosen = path.partition("=")[2]
        known = self.provider.by_id.get(chosen)
        if known is not None and not known.is_gone and not _is_deleted(known):
            return TAKEN[self.provider.taken](self.shown(known))
        mark = VALUES[INFERENCE.api].tagging.tags_in(body)[VALUES[INFERENCE.api].tagging.proof]
        owner = self.provider.owner_of(mark)
        return _ok(self.shown(self.provider.create(INFERENCE.api, chosen, body, owner=owner)))

    def shown(self, job: ProviderJob) -> dict[str, Any]:
        """A job as a list has it."""
        return _shown(job) if job.api is JOBS.api else _shown_inference(job)

    def _page(self, kind: Kind, begin: int, size: int) -> dict[str, Any]:
        end = begin + size
        listed = (job for job in self.provider.listed(kind.api) if not _is_deleted(job))
        jobs = list(islice(listed, begin, end + 1))
        token = str(end) if len(jobs) > size else ""
        return {kind.collection: [self.shown(job) for job in jobs[:size]], "nextPageToken": token}


def _parts(url: str) -> tuple[str, str]:
    """The collection that a call is about, and the path below it."""
    below = url.partition("/accounts/")[2].partition("/")[2]
    cut = next((place for place, letter in enumerate(below) if letter in "/?:"), len(below))
    return below[:cut], below[cut:]


def _operation(method: str, path: str) -> str:
    if path.endswith(":cancel"):
        return "cancel"
    if method == "DELETE":
        return "delete"
    if path.startswith("/"):
        return "get"
    return "create" if method == "POST" else "list"


def _is_deleted(job: ProviderJob) -> bool:
    """Whether a batch inference job was stopped, which is done by deleting it."""
    return job.api is INFERENCE.api and job.stopped_at is not None and job.is_over


def _shown(job: ProviderJob) -> dict[str, Any]:
    told = {"status": job.reason} if job.reason else {}
    name = f"accounts/a/batchJobs/{job.provider_id}"
    ended = {"endTime": iso(job.ended_at)} if job.ended_at is not None else {}
    return {**job.call, "name": name, "state": job.native, "createTime": iso(job.created_at), **told, **ended}


def _shown_inference(job: ProviderJob) -> dict[str, Any]:
    code = "INVALID_ARGUMENT" if job.reason else "OK"
    return {
        **job.call,
        "name": f"accounts/a/batchInferenceJobs/{job.provider_id}",
        "state": f"JOB_STATE_{job.native}",
        "status": {"code": code, "message": job.reason or ""},
        "createTime": iso(job.created_at),
        "updateTime": iso(job.created_at if job.ended_at is None else job.ended_at),
    }


def _ok(body: Any) -> Response:
    return Response(200, json.dumps(body).encode())


def _error(status: int, code: int | None = None) -> Response:
    message = f"refused with {status}, as for a rate limit or a quota"
    return Response(status, json.dumps({"code": status if code is None else code, "message": message}).encode())


TAKEN: Mapping[str, Callable[[Any], Response]] = {
    "conflict": lambda _: _error(409, 6),
    "bad request": lambda _: _error(400, 6),
    "unexplained": lambda _: _error(409),
    "same": _ok,
}
"""What may be answered to a chosen id that is taken: which it is, no documentation says."""


def _lose() -> NoReturn:
    raise urllib3.exceptions.ProtocolError("the connection broke")
