"""Fireworks AI batch jobs over plain HTTPS: no SDK has them, they are not idempotent and send no events."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

import urllib3

from jobchute.errors import (
    AmbiguousError,
    NotFoundError,
    PermanentError,
    ProviderError,
    RefusedError,
    ThrottledError,
)
from jobchute.job import Document, Job, State, Submitted
from jobchute.outcomes import Cause, Result
from jobchute.providers.adapter import (
    Connections,
    Observation,
    ProviderRequest,
    earliest,
    name_in,
    proof_of,
    provider_id_of,
    states_among,
)
from jobchute.providers.fireworks.account import Account
from jobchute.providers.fireworks.batch_job.spec import SPEC
from jobchute.providers.http_errors import was_never_sent, words_of
from jobchute.providers.spec import DAY

STATES = {
    "CREATING": State.SUBMITTED,
    "QUEUED": State.SUBMITTED,
    "PENDING": State.SUBMITTED,
    "RUNNING": State.RUNNING,
    "COMPLETED": State.SUCCEEDED,
    "FAILED": State.FAILED,
    "CANCELLING": None,
    "CANCELLED": State.CANCELLED,
    "DELETING": None,
    # Of batchInferenceJobs beside them, should batch jobs ever say so.
    "EXPIRED": State.TIMED_OUT,
    "PAUSED": None,
    "RE_QUEUEING": None,
    "WRITING_RESULTS": None,
}
CAUSES = {"FAILED": Cause.UNKNOWN, "EXPIRED": Cause.TIMED_OUT}
JOB_ID_ANNOTATION, ATTEMPT_ANNOTATION = "jobchute/job-id", "jobchute/attempt"
"""A tag's colon is no annotation syntax (Kubernetes: an optional DNS prefix, a slash, a name)."""

PAGE_SIZE = 200


class FireworksJobs(NamedTuple):
    """A job is found again by its annotation. The provider id is the last segment of the job's name.

    forget: has the next call read the account anew.
    """

    http: Callable[[], urllib3.PoolManager]
    account: Callable[[], Account]
    forget: Callable[[], None]

    def name_of(self, job_id: str, request: Document) -> str:
        return name_in(request, SPEC.name.member, job_id)

    def time_limit(self, request: Document) -> int:  # noqa: ARG002
        """A batch job has no time limit of its own; Jobchute sets one."""
        return SPEC.run_time.default

    def pending_limit(self, request: Document) -> int:  # noqa: ARG002
        """Fireworks documents no limit for PENDING."""
        return 7 * DAY

    def request_for(self, job: Job, request: Document) -> ProviderRequest:
        proof = proof_of(job, JOB_ID_ANNOTATION, ATTEMPT_ANNOTATION)
        annotations = {**job.labels, **request.get("annotations", {}), **proof}
        return {**request, "displayName": job.name, "annotations": annotations}

    def submit(self, call: ProviderRequest) -> str:
        return _id_of(self._call("POST", body=call))

    def find(self, job: Job, request: Document) -> str | None:  # noqa: ARG002
        for listed in self._list(earliest([job])):
            told = listed.get("annotations") or {}
            is_own = told.get(JOB_ID_ANNOTATION) == job.job_id
            if is_own and told.get(ATTEMPT_ANNOTATION, "1") == str(job.attempt):
                return _id_of(listed)
        return None

    def observe(self, job: Submitted) -> Observation:
        seen = self._call("GET", f"/{provider_id_of(job)}")
        native = seen.get("state", "")
        state = STATES.get(native)
        return Observation(
            native=native,
            state=state,
            reason=seen.get("status") or None,
            is_known=native in STATES,
            # The texts of `status` are not documented: of a failure they tell nothing.
            cause=CAUSES.get(native),
            result=_facts(seen) if state is not None and state.is_final else None,
        )

    def list_states(self, jobs: Collection[Job]) -> Mapping[str, State | None]:
        if not jobs:
            return {}
        listed = self._list(earliest(jobs))
        states = ((_id_of(each), STATES.get(each.get("state", ""))) for each in listed)
        return states_among(jobs, states, page=PAGE_SIZE)

    def cancel(self, job: Job) -> None:
        try:
            self._call("POST", f"/{provider_id_of(job)}:cancel", body={})
        except PermanentError:
            # What a finished job answers is not documented: the state decides, not the refusal.
            if self.observe(job).state in (None, State.SUBMITTED, State.RUNNING):
                raise

    def _list(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """The newest first, up to the first page that shows to be of older jobs alone. What `filter` takes is
        not documented."""
        token = ""
        while True:
            fields = {"pageSize": str(PAGE_SIZE), "orderBy": "create_time desc", "pageToken": token}
            page = self._call("GET", fields={key: value for key, value in fields.items() if value})
            jobs = page.get("batchJobs") or []
            yield from jobs
            token = page.get("nextPageToken") or ""
            if not token or _are_older(jobs, since):
                return

    def _call(
        self, method: str, path: str = "", *, body: Any = None, fields: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        account = self.account()
        response = self._answer_to(method, path, account=account, body=body, fields=fields)
        if response.status == 401:
            # The key may have been replaced since it was read.
            self.forget()
        if response.status >= 300:
            raise _error(response.status, response.data, account.api_key)
        return _json(response.data)

    def _answer_to(
        self, method: str, path: str, *, account: Account, body: Any, fields: Mapping[str, str] | None
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self.http().request(
                method,
                f"{account.base_url}/v1/accounts/{account.account_id}/batchJobs{path}",
                headers={"Authorization": f"Bearer {account.api_key}", "Content-Type": "application/json"},
                body=None if body is None else json.dumps(body).encode(),
                fields=fields,
                retries=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            kind = RefusedError if was_never_sent(error) else AmbiguousError
            # The cause may quote a header, and the key in it.
            raise kind(words_of(error), code=type(error).__name__) from None


def adapter_over(connections: Connections) -> FireworksJobs:
    """The adapter of this API."""
    return FireworksJobs(connections.http, connections.account, connections.forget_account)


def _are_older(jobs: Sequence[Mapping[str, Any]], since: datetime) -> bool:
    """Whether a page shows that all further jobs were created before a time.

    An empty page shows nothing, because others may follow it (AIP-158); nor does a page in another order.
    """
    try:
        times = [datetime.fromisoformat(str(job.get("createTime"))) for job in jobs]
        return bool(times) and times[0] < since and times == sorted(times, reverse=True)
    except (ValueError, TypeError):
        return False


def _facts(seen: Mapping[str, Any]) -> Result:
    """A batch job is a program on the account's own node pool: Fireworks reports its times alone."""
    queued, started, ended = (_time(seen.get(name)) for name in ("createTime", "startTime", "endTime"))
    return Result(queued_at=queued, started_at=started, ended_at=ended)


def _time(text: object) -> datetime | None:
    """None for a time that is not in ISO 8601."""
    try:
        at = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _id_of(job: Mapping[str, Any]) -> str:
    """`accounts/a/batchJobs/123` is 123. An answer without a name leaves it open what was created."""
    name = str(job.get("name") or "")
    if not name:
        raise AmbiguousError("Fireworks' answer names no job")
    return name.rsplit("/", 1)[-1]


def _json(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise AmbiguousError("Fireworks' answer is not JSON") from error
    return value if isinstance(value, dict) else {}


def _error(status: int, data: bytes, api_key: str) -> ProviderError:
    """Fireworks documents 200 alone; the mapping of gRPC codes is that of its own client."""
    from jobchute.redaction import without

    message = without(_message(data), [api_key])
    code = f"HTTP {status}"
    if status in (401, 403):
        # A key can be replaced and given rights while jobs wait, as AWS's credentials can.
        return RefusedError(f"{message}; check the key in the Fireworks secret and its rights", code=code)
    if status in (429, 402, 412):
        return ThrottledError(message, code=code)
    if status == 404:
        return NotFoundError(message, code=code)
    if status in (408, 409, 499) or status >= 500:
        return AmbiguousError(message, code=code)
    return PermanentError(message, code=code)


def _message(data: bytes) -> str:
    try:
        body = json.loads(data)
        error = body.get("error", body)
        return str(error.get("message") or body) if isinstance(error, dict) else str(error)
    except (ValueError, AttributeError):
        return data[:300].decode(errors="replace")
