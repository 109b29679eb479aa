"""Creating a job at its provider, or finding the one that an earlier attempt has created."""

import time
from collections.abc import Callable
from typing import NamedTuple

from jobchute.errors import (
    AmbiguousError,
    NameTakenError,
    NotShownError,
    PermanentError,
    QuotaError,
    RefusedError,
    ThrottledError,
)
from jobchute.job import Document, Job
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.request_bodies import RequestRows
from jobchute.lifecycle.adapters import AdaptersByApi, adapter_of
from jobchute.lifecycle.pool_capacity import PoolCapacity
from jobchute.lifecycle.timing import may_be_hidden

MAX_CREATES = 5
"""Create calls of one attempt, where the provider says of each that they come too fast."""


class JobCreator(NamedTuple):
    """now: epoch seconds.

    hidden: seconds for which a provider may not show a job that it has created. patience: seconds to wait at
    most for a create slot: the job's own, or its pool's next one where a call was throttled.
    """

    ledger: Ledger
    requests: RequestRows
    capacity: PoolCapacity
    adapters: AdaptersByApi
    now: Callable[[], float]
    hidden: int
    patience: float = 5.0
    sleep: Callable[[float], None] = time.sleep

    def create_or_adopt(self, job: Job) -> str | None:
        """The job's provider id; None where a cancelled job turned out not to exist there."""
        adapter = adapter_of(self.adapters, job)
        request = self._request_of(job)
        # Where every attempt before was refused, there is nothing to find. So a job whose provider cannot be
        # reached ends when it is cancelled or its wait limit is over.
        found = self._find(job, request) if job.may_exist else None
        if found is not None:
            return found
        if job.stop_cause is not None:
            self._check_hidden(job)
            return None
        try:
            call = adapter.request_for(job, request)
            made = self._create(job, lambda: adapter.submit(call))
            if made is None:
                self._check_hidden(job)
            return made
        except (QuotaError, AmbiguousError) as error:
            error.is_of_create = not isinstance(error, NotShownError)
            raise
        except PermanentError as error:
            is_conflict = isinstance(error, NameTakenError) or error.code == "ConflictException"
            found = self._find_taken(job, request) if is_conflict else None
            if found is not None:
                return found
            if may_be_hidden(job, self.now(), self.hidden):
                # If its name is taken, it may be so by this very job.
                raise NotShownError(error.message, code=error.code) from error
            raise

    def _check_hidden(self, job: Job) -> None:
        """Of a cancelled job that was not found. Raises NotShownError if it may exist all the same."""
        if may_be_hidden(job, self.now(), self.hidden):
            raise NotShownError("whether it was created is not known, and its provider does not show it")

    def _request_of(self, job: Job) -> Document:
        if not job.alternative:
            return self.requests.get(job.job_id)
        from jobchute.lifecycle.variants import request_of

        return request_of(self.requests, job)

    def _create(self, job: Job, create: Callable[[], str]) -> str | None:
        """The job's provider id; None where it was cancelled while it waited for its create slot."""
        early = job.create_at / 1000 - self.now()
        if 0 < early <= self.patience and self._is_cancelled_after(job, early):
            return None
        for _ in range(MAX_CREATES - 1):
            try:
                return create()
            except ThrottledError as error:
                error.retry_at = self._next_slot(job)
                wait = error.retry_at - self.now()
                if not error.retry_at or wait > self.patience:
                    raise
                if self._is_cancelled_after(job, max(wait, 0)):
                    return None
        return create()

    def _is_cancelled_after(self, job: Job, seconds: float) -> bool:
        """Nothing was created yet, so a job that is cancelled meanwhile costs nothing."""
        self.sleep(seconds)
        return self.ledger.get(job.job_id).stop_cause is not None

    def _next_slot(self, job: Job) -> float:
        """When the job's pool may make its next create call: not now, as one was throttled. 0 is unknown."""
        if not job.pool:
            return 0
        reserve = self.capacity.reserve_create_slot
        slot = reserve(job.pool)
        if slot is not None and slot <= self.now() * 1000:
            slot = reserve(job.pool)
        return (slot or 0) / 1000

    def _find(self, job: Job, request: Document) -> str | None:
        """As the adapter's; but a refused look-up proves nothing, so it never ends a job that may exist."""
        try:
            return adapter_of(self.adapters, job).find(job, request)
        except NameTakenError:
            raise
        except PermanentError as error:
            raise AmbiguousError(error.message, code=error.code) from error

    def _find_taken(self, job: Job, request: Document) -> str | None:
        """As _find, for a job whose name or token is taken there: it may be this very one, so a look-up that is
        refused for now is no proof that nothing was created."""
        try:
            return self._find(job, request)
        except RefusedError as error:
            raise AmbiguousError(error.message, code=error.code) from error
