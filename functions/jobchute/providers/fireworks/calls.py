"""Calls of Fireworks' REST API over plain HTTPS, which all kinds of its jobs share: no SDK has all of them."""

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Self

import urllib3

from jobchute.errors import (
    AmbiguousError,
    NameTakenError,
    NotFoundError,
    PermanentError,
    ProviderError,
    RefusedError,
    ThrottledError,
)
from jobchute.job import Job, State
from jobchute.providers.adapter import Connections, earliest, states_among
from jobchute.providers.fireworks.account import Account
from jobchute.providers.http_errors import was_never_sent, words_of

PAGE_SIZE = 200
ALREADY_EXISTS = (6, "ALREADY_EXISTS")
"""google.rpc.Code: the caller chose an id that a job has."""


class FireworksCalls(NamedTuple):
    """collection: the path of the jobs below the account, and their member in a list.

    forget: has the next call read the account anew.
    """

    http: Callable[[], urllib3.PoolManager]
    account: Callable[[], Account]
    forget: Callable[[], None]
    collection: str

    @classmethod
    def over(cls, connections: Connections, collection: str) -> Self:
        return cls(connections.http, connections.account, connections.forget_account, collection)

    def states(
        self, jobs: Collection[Job], state_of: Callable[[Mapping[str, Any]], State | None]
    ) -> Mapping[str, State | None]:
        """What an adapter's `list_states` returns. state_of: a job as it is listed."""
        if not jobs:
            return {}
        states = ((id_of(each), state_of(each)) for each in self.list(earliest(jobs)))
        return states_among(jobs, states, page=PAGE_SIZE)

    def list(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        """The newest first, up to the first page that shows to be of older jobs alone. What `filter` takes is
        not documented."""
        token = ""
        while True:
            fields = {"pageSize": str(PAGE_SIZE), "orderBy": "create_time desc", "pageToken": token}
            page = self.call("GET", fields={key: value for key, value in fields.items() if value})
            jobs = page.get(self.collection) or []
            yield from jobs
            token = page.get("nextPageToken") or ""
            if not token or _are_older(jobs, since):
                return

    def call(
        self, method: str, path: str = "", *, body: Any = None, fields: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """A call of the jobs' own collection. path: what follows it."""
        account_id = self.account().account_id
        return self.at(method, f"accounts/{account_id}/{self.collection}{path}", body=body, fields=fields)

    def known(self, name: str) -> dict[str, Any] | None:
        """The job of a name; None if there is none."""
        try:
            return self.call("GET", f"/{name}")
        except NotFoundError:
            return None

    def at(
        self, method: str, resource: str, *, body: Any = None, fields: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """A call of any resource, by its full name."""
        account = self.account()
        response = self._answer_to(method, resource, account=account, body=body, fields=fields)
        if response.status == 401:
            # The key may have been replaced since it was read.
            self.forget()
        if response.status >= 300:
            raise _error(response.status, response.data, account.api_key)
        return _json(response.data)

    def _answer_to(
        self, method: str, resource: str, *, account: Account, body: Any, fields: Mapping[str, str] | None
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self.http().request(
                method,
                f"{account.base_url}/v1/{resource}",
                headers={"Authorization": f"Bearer {account.api_key}", "Content-Type": "application/json"},
                body=None if body is None else json.dumps(body).encode(),
                fields=fields,
                retries=False,
            )
        except (urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            kind = RefusedError if was_never_sent(error) else AmbiguousError
            # The cause may quote a header, and the key in it.
            raise kind(words_of(error), code=type(error).__name__) from None


def id_of(job: Mapping[str, Any]) -> str:
    """`accounts/a/batchJobs/123` is 123. An answer without a name leaves it open what was created."""
    name = str(job.get("name") or "")
    if not name:
        raise AmbiguousError("Fireworks' answer names no job")
    return name.rsplit("/", 1)[-1]


def numbers_in(object_: Mapping[str, Any], members: Mapping[str, str]) -> dict[str, int]:
    """Those of the members that are there, by new names. Protocol buffers' JSON has large numbers as text."""
    told = {name: str(object_.get(member)) for name, member in members.items()}
    return {name: int(text) for name, text in told.items() if text.isdecimal()}


def time_in(job: Mapping[str, Any], member: str) -> datetime | None:
    """None for a time that is not in ISO 8601."""
    try:
        at = datetime.fromisoformat(str(job.get(member)))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _are_older(jobs: Sequence[Mapping[str, Any]], since: datetime) -> bool:
    """Whether a page shows that all further jobs were created before a time.

    An empty page shows nothing, because others may follow it (AIP-158); nor does a page in another order.
    """
    try:
        times = [datetime.fromisoformat(str(job.get("createTime"))) for job in jobs]
        return bool(times) and times[0] < since and times == sorted(times, reverse=True)
    except (ValueError, TypeError):
        return False


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
    if _is_taken(data):
        return NameTakenError(message, code=code)
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


def _is_taken(data: bytes) -> bool:
    try:
        body = json.loads(data)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("code") in ALREADY_EXISTS
