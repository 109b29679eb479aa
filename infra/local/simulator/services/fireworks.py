"""Fireworks AI batch jobs over REST.

CREATING → PENDING → RUNNING → COMPLETED | FAILED, CANCELLING → CANCELLED. No idempotency of any kind: two
creates are two jobs [M]. Errors are `{"code", "message", "details"}` with gRPC's codes and their usual HTTP
statuses [I]. Chosen here [I]: cancelling a finished job is FAILED_PRECONDITION; a run that takes too long is
FAILED (no limit is documented); a deleted job is gone at once; `filter` and `readMask` are refused rather
than ignored.
"""

import re
from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..errors import FireworksError, SettingsError
from ..events import iso_time
from ..failures import failing
from ..jobs import Job, Kind, Phase, Step
from ..listing import InvalidPageToken, page
from ..messages import Request, Response, json_response
from ..scenarios import Outcome, Refusal
from ..world import World
from .fireworks_inference import KIND as INFERENCE
from .fireworks_inference import FireworksInference, described, model
from .fireworks_rules import problems_of

# google.rpc.Code: number and HTTP status.
CODES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        "INVALID_ARGUMENT": (3, 400),
        "NOT_FOUND": (5, 404),
        "ALREADY_EXISTS": (6, 409),
        "PERMISSION_DENIED": (7, 403),
        "RESOURCE_EXHAUSTED": (8, 429),
        "FAILED_PRECONDITION": (9, 400),
        "UNIMPLEMENTED": (12, 501),
        "INTERNAL": (13, 500),
        "UNAVAILABLE": (14, 503),
        "UNAUTHENTICATED": (16, 401),
    }
)
DEFAULT_PAGE, MAX_PAGE = 50, 200
FAILED = "rank 0 exited with code 1 (simulated)"
TOO_LONG = "the job ran longer than allowed (simulated)"

_TO_RUNNING = (Step(Phase.QUEUE, 0.5, "PENDING"), Step(Phase.QUEUE, 0.5, "RUNNING"))
_FAILED = (*_TO_RUNNING, Step(Phase.RUN, 1, "FAILED", reason=FAILED))
# No text of a failure is documented, so what these say tells no cause.
_TEXTS = {
    outcome: f"{outcome} (simulated)"
    for outcome in Outcome
    if outcome
    not in (Outcome.SUCCEED, Outcome.FAIL, Outcome.STOP, Outcome.TIMEOUT, Outcome.PARTIAL, Outcome.PENDING)
}

JOB = Kind(
    api=Api.FIREWORKS_JOB,
    first=Step(Phase.QUEUE, 0, "CREATING"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: (*_TO_RUNNING, Step(Phase.RUN, 1, "COMPLETED")),
            Outcome.PARTIAL: (*_TO_RUNNING, Step(Phase.RUN, 1, "COMPLETED")),
            Outcome.FAIL: _FAILED,
            Outcome.STOP: (*_TO_RUNNING, Step(Phase.RUN, 1, "CANCELLING"), Step(Phase.STOP, 1, "CANCELLED")),
            Outcome.TIMEOUT: failing(_FAILED, TOO_LONG),
            Outcome.PENDING: _TO_RUNNING[:1],
            **{outcome: failing(_FAILED, text) for outcome, text in _TEXTS.items()},
        }
    ),
    stop=(Step(Phase.STOP, 0, "CANCELLING"), Step(Phase.STOP, 1, "CANCELLED")),
    started="RUNNING",
    final=frozenset({"COMPLETED", "FAILED", "CANCELLED"}),
    refusals=MappingProxyType(
        {
            Refusal.THROTTLE: partial(
                FireworksError, "RESOURCE_EXHAUSTED", "rate limit exceeded, please retry later"
            ),
            Refusal.QUOTA: partial(FireworksError, "RESOURCE_EXHAUSTED", "quota exceeded for batch jobs"),
            Refusal.UNAVAILABLE: partial(FireworksError, "UNAVAILABLE", "the service is currently unavailable"),
        }
    ),
)

_PATH = re.compile(
    r"/v1/accounts/(?P<account>[^/:]+)/(?P<kind>batchJobs|batchInferenceJobs|models)"
    r"(?:/(?P<id>[^/:]+))?(?::(?P<verb>\w+))?"
)


class Fireworks:
    """The API at https://api.fireworks.ai."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._inference = FireworksInference(world)

    def answer(self, request: Request) -> Response:
        operation = "fireworks:unknown"
        try:
            operation, perform = self._routed(request)
            self._world.calls.count(operation)
            self._check_key(request)
            with self._world.jobs.lock:
                return json_response(200, perform())
        except FireworksError as error:
            failure = error
        except SettingsError as error:
            failure = FireworksError("INVALID_ARGUMENT", str(error))
        self._world.calls.count_error(operation, failure.code)
        number, status = CODES[failure.code]
        return json_response(status, {"code": number, "message": failure.message, "details": []})

    def _routed(self, request: Request) -> tuple[str, Callable[[], Any]]:
        at = _PATH.fullmatch(request.path)
        if at is None:
            raise FireworksError("NOT_FOUND", f"no such path: {request.path}")
        account, key, inference = at["account"], at["id"], self._inference
        parent = f"accounts/{account}/{at['kind']}/"
        match request.method, at["kind"], key, at["verb"]:
            case "POST", "batchJobs", None, None:
                return "fireworks:CreateBatchJob", lambda: self._create(account, request)
            case "GET", "batchJobs", None, None:
                return "fireworks:ListBatchJobs", lambda: self._list(account, request)
            case "GET", "batchJobs", str(), None:
                return "fireworks:GetBatchJob", lambda: _described(self._job(account, key))
            case "POST", "batchJobs", str(), "cancel":
                return "fireworks:CancelBatchJob", lambda: self._cancel(self._job(account, key))
            case "DELETE", "batchJobs", str(), None:
                return "fireworks:DeleteBatchJob", lambda: self._delete(self._job(account, key))
            case "POST", "batchInferenceJobs", None, None:
                return str(INFERENCE.api), lambda: inference.create(parent, request)
            case "GET", "batchInferenceJobs", None, None:
                jobs = inference.listed(parent)
                return "fireworks:ListBatchInferenceJobs", lambda: _page(jobs, "batchInferenceJobs", request)
            case "GET", "batchInferenceJobs", str(), None:
                return "fireworks:GetBatchInferenceJob", lambda: described(inference.job(parent, key))
            case "DELETE", "batchInferenceJobs", str(), None:
                return "fireworks:DeleteBatchInferenceJob", lambda: inference.delete(inference.job(parent, key))
            case "GET", "models", str(), None:
                return "fireworks:GetModel", lambda: model(f"{parent}{key}")
        raise FireworksError(
            "UNIMPLEMENTED", f"the simulator does not implement {request.method} {request.path}"
        )

    def _check_key(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        wanted = self._world.settings.fireworks_key
        if scheme != "Bearer" or not key.strip() or (wanted is not None and key.strip() != wanted):
            raise FireworksError("UNAUTHENTICATED", "the API key is missing or not valid")

    def _create(self, account: str, request: Request) -> dict[str, Any]:
        body = _body(request)
        if problems := list(problems_of(body)):
            raise FireworksError("INVALID_ARGUMENT", "invalid BatchJob: " + "; ".join(problems))
        self._world.admission.check_rate(JOB)
        job = self._world.launch(
            JOB,
            name=body.get("displayName", ""),
            request=body,
            tags=body.get("annotations", {}),
            identify=lambda: self._identify(account),
        )
        return _described(job)

    def _identify(self, account: str) -> tuple[str, str]:
        key = self._world.new_word(16)
        return key, f"{_parent(account)}{key}"

    def _list(self, account: str, request: Request) -> dict[str, Any]:
        jobs = [job for job in self._world.jobs.of(JOB.api) if job.arn.startswith(_parent(account))]
        return _page(jobs, "batchJobs", request)

    def _cancel(self, job: Job) -> dict[str, Any]:
        if job.is_final:
            raise FireworksError(
                "FAILED_PRECONDITION", f"the batch job cannot be cancelled in state {job.status}"
            )
        if job.status != "CANCELLING":
            self._world.jobs.stop(job)
        return {}

    def _delete(self, job: Job) -> dict[str, Any]:
        self._world.jobs.remove(job)
        return {}

    def _job(self, account: str, key: str) -> Job:
        job = self._world.jobs.get(JOB.api, key)
        if job is None or job.arn != f"{_parent(account)}{key}":
            raise FireworksError("NOT_FOUND", f"batch job '{key}' not found")
        return job


def _page(jobs: list[Job], member: str, request: Request) -> dict[str, Any]:
    query = {name: values[-1] for name, values in request.parameters().items()}
    if refused := [name for name in ("filter", "readMask") if query.get(name)]:
        raise FireworksError("INVALID_ARGUMENT", f"the simulator does not evaluate {', '.join(refused)}")
    is_descending = _is_descending(query.get("orderBy") or "create_time desc")
    ordered = sorted(jobs, key=lambda job: job.created, reverse=is_descending)
    try:
        shown, following = page(ordered, size=_page_size(query.get("pageSize")), token=query.get("pageToken"))
    except InvalidPageToken as problem:
        raise FireworksError("INVALID_ARGUMENT", "invalid pageToken") from problem
    describe = _described if member == "batchJobs" else described
    return {member: [describe(job) for job in shown], "nextPageToken": following or "", "totalSize": len(jobs)}


def _parent(account: str) -> str:
    return f"accounts/{account}/batchJobs/"


def _body(request: Request) -> Any:
    try:
        return request.json()
    except ValueError as problem:
        raise FireworksError("INVALID_ARGUMENT", f"the body is not JSON: {problem}") from problem


def _page_size(text: str | None) -> int:
    """50 where none is asked for; a larger one than 200 is 200."""
    if not text or text == "0":
        return DEFAULT_PAGE
    if not text.isdecimal():
        raise FireworksError("INVALID_ARGUMENT", "pageSize must be a number from 0 up")
    return min(int(text), MAX_PAGE)


def _is_descending(order: str) -> bool:
    match order.split():
        case ["create_time" | "createTime"]:
            return False
        case ["create_time" | "createTime", "asc" | "desc" as direction]:
            return direction == "desc"
    raise FireworksError("INVALID_ARGUMENT", "orderBy must be create_time, with asc or desc")


def _described(job: Job) -> dict[str, Any]:
    times = {
        "createTime": job.created,
        "startTime": job.started,
        "endTime": job.ended,
        "updateTime": job.modified,
    }
    return {
        **job.request,
        "name": job.arn,
        "createdBy": "simulator@example.com",
        "state": job.status,
        "status": job.reason,
        **{name: iso_time(at) for name, at in times.items() if at is not None},
    }
