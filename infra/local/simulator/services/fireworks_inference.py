"""Fireworks AI batch inference over REST.

VALIDATING → PENDING → RUNNING → WRITING_RESULTS → COMPLETED | FAILED | EXPIRED [D, T]. The caller may choose
the id; a taken one is ALREADY_EXISTS [I]. There is no cancel: DELETE of a job that runs leads over
DELETING_CLEANING_UP to its absence [T]. Chosen here [I]: a model whose id has `no-batch` in it says that it has
no batch inference; every data set has 100 rows, and a job that ends `partial` fails at 3 of them.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..errors import FireworksError
from ..events import iso_time
from ..jobs import Job, Kind, Phase, Step
from ..messages import Request
from ..scenarios import Outcome, Refusal
from ..world import World

PREFIX = "JOB_STATE_"
DELETING = "DELETING_CLEANING_UP"
NO_BATCH = "no-batch"
ROWS, FAILED_ROWS, TOKENS_OF_ROW = 100, 3, 50
INVALID_ROW = "Dataset has a syntax error: chat dataset validation failed: invalid role bananas in message 1"

_TO_RUNNING = (Step(Phase.QUEUE, 0.5, "PENDING"), Step(Phase.QUEUE, 0.5, "RUNNING"))
_COMPLETED = (*_TO_RUNNING, Step(Phase.RUN, 0.9, "WRITING_RESULTS"), Step(Phase.RUN, 0.1, "COMPLETED"))
_NEVER_RUN = (Step(Phase.QUEUE, 0.5, "PENDING"), Step(Phase.RUN, 1, "EXPIRED", reason="expired (simulated)"))


def _failed(code: str, text: str) -> tuple[Step, ...]:
    return (*_TO_RUNNING, Step(Phase.RUN, 1, "FAILED", detail=code, reason=text))


KIND = Kind(
    api=Api.FIREWORKS_INFERENCE_JOB,
    first=Step(Phase.QUEUE, 0, "VALIDATING"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: _COMPLETED,
            Outcome.PARTIAL: _COMPLETED,
            Outcome.FAIL: _failed("INVALID_ARGUMENT", INVALID_ROW),
            Outcome.INPUT: _failed("INVALID_ARGUMENT", INVALID_ROW),
            Outcome.THROTTLED: _failed("RESOURCE_EXHAUSTED", "rate limit exceeded (simulated)"),
            Outcome.INTERNAL: _failed("INTERNAL", "internal error (simulated)"),
            Outcome.PERMISSION: _failed("PERMISSION_DENIED", "no access to the model (simulated)"),
            Outcome.CODE: _failed("UNKNOWN", "code (simulated)"),
            Outcome.UNKNOWN: _failed("UNKNOWN", "unknown (simulated)"),
            Outcome.TIMEOUT: (*_TO_RUNNING, Step(Phase.RUN, 1, "EXPIRED", reason="expired (simulated)")),
            Outcome.CAPACITY: _NEVER_RUN,
            Outcome.INTERRUPTED: _NEVER_RUN,
            Outcome.PENDING: _TO_RUNNING[:1],
            Outcome.STOP: (*_TO_RUNNING, Step(Phase.RUN, 1, "CANCELLING"), Step(Phase.STOP, 1, "CANCELLED")),
        }
    ),
    stop=(Step(Phase.STOP, 0, DELETING), Step(Phase.STOP, 1, "CANCELLED")),
    started="RUNNING",
    final=frozenset({"COMPLETED", "FAILED", "EXPIRED", "CANCELLED"}),
    refusals=MappingProxyType(
        {
            Refusal.THROTTLE: partial(
                FireworksError, "RESOURCE_EXHAUSTED", "rate limit exceeded, please retry later"
            ),
            Refusal.QUOTA: partial(
                FireworksError, "RESOURCE_EXHAUSTED", "quota exceeded for batch inference jobs"
            ),
            Refusal.UNAVAILABLE: partial(FireworksError, "UNAVAILABLE", "the service is currently unavailable"),
        }
    ),
)

_TEXTS = ("displayName", "model", "inputDatasetId", "outputDatasetId", "precision", "continuedFromJobName")


class FireworksInference:
    """The jobs of all accounts. Called under the lock of the jobs."""

    def __init__(self, world: World) -> None:
        self._world = world

    def create(self, parent: str, request: Request) -> dict[str, Any]:
        """parent: `accounts/a/batchInferenceJobs/`."""
        try:
            body = request.json()
        except ValueError as problem:
            raise FireworksError("INVALID_ARGUMENT", f"the body is not JSON: {problem}") from problem
        if problems := list(_problems(body)):
            raise FireworksError("INVALID_ARGUMENT", "invalid BatchInferenceJob: " + "; ".join(problems))
        self._world.admission.check_rate(KIND)
        key = "".join(request.parameters().get("batchInferenceJobId", [])) or self._world.new_word(16)
        if self.find(parent, key) is not None:
            raise FireworksError("ALREADY_EXISTS", f"batch inference job '{key}' already exists")
        words = str(body.get("displayName", "")).split()
        tags = dict(word.split("=", 1) for word in words if "=" in word)
        job = self._world.launch(
            KIND,
            name=key,
            request=body,
            tags={**tags, **_mark_in(words)},
            identify=lambda: (key, f"{parent}{key}"),
        )
        return described(job)

    def find(self, parent: str, key: str) -> Job | None:
        """None for a job that was deleted, once that is done."""
        job = self._world.jobs.get(KIND.api, key)
        return job if job is not None and job.arn == f"{parent}{key}" and not _is_gone(job) else None

    def job(self, parent: str, key: str) -> Job:
        if (job := self.find(parent, key)) is None:
            raise FireworksError("NOT_FOUND", f"batch inference job '{key}' not found")
        return job

    def listed(self, parent: str) -> list[Job]:
        jobs = self._world.jobs.of(KIND.api)
        return [job for job in jobs if job.arn.startswith(parent) and not _is_gone(job)]

    def delete(self, job: Job) -> dict[str, Any]:
        if job.is_final:
            self._world.jobs.remove(job)
        elif job.status != DELETING:
            self._world.jobs.stop(job)
        return {}


def model(name: str) -> dict[str, Any]:
    """What is told of a model; whether it has batch inference is told of those alone that have not."""
    told = {"batchInferenceSupported": False} if NO_BATCH in name else {}
    return {"name": name, "state": "READY", "supportsServerless": True, **told}


def described(job: Job) -> dict[str, Any]:
    times = {"createTime": job.created, "updateTime": job.modified}
    return {
        **job.request,
        "name": job.arn,
        "createdBy": "simulator@example.com",
        "state": f"{PREFIX}{job.status}",
        "status": {"code": job.detail or "OK", "message": job.reason},
        "jobProgress": _progress(job),
        **{name: iso_time(at) for name, at in times.items()},
    }


def _progress(job: Job) -> dict[str, Any]:
    """Large numbers are text in the JSON of protocol buffers."""
    has_run = job.status == "COMPLETED" or (job.status == "EXPIRED" and job.started is not None)
    done = ROWS if has_run else 0
    failed = FAILED_ROWS if has_run and job.scenario.outcome is Outcome.PARTIAL else 0
    return {
        "totalInputRequests": ROWS,
        "totalProcessedRequests": done,
        "successfullyProcessedRequests": done - failed,
        "failedRequests": failed,
        "outputRows": done - failed,
        "inputTokens": str(TOKENS_OF_ROW * done),
        "outputTokens": str(TOKENS_OF_ROW * (done - failed)),
    }


def _mark_in(words: list[str]) -> dict[str, str]:
    """What Jobchute appends to a displayName: the beginning of a job id, and the number of a later attempt."""
    mark, _, attempt = words[-1].partition("/") if words else ("", "", "")
    return {"jobchute/mark": mark, **({"jobchute/attempt": attempt} if attempt else {})}


def _is_gone(job: Job) -> bool:
    return job.is_final and any(moment.status == DELETING for moment in job.history)


def _problems(job: Any) -> Iterator[str]:
    if not isinstance(job, dict):
        yield "the body must be a BatchInferenceJob object"
        return
    for key, value in job.items():
        if key not in (*_TEXTS, "inferenceParameters"):
            yield f"unknown field '{key}'"
        elif not isinstance(value, str if key in _TEXTS else Mapping):
            yield f"field '{key}' is of the wrong type"
    for key in () if job.get("continuedFromJobName") else ("model", "inputDatasetId"):
        if not job.get(key):
            yield f"field '{key}' is required"
