"""Every error that crosses a module's border.

JobchuteError
├── ProviderError                what a provider (or its wire) answered
│   ├── PermanentError           the request cannot succeed: ends the job with the provider's words
│   │   ├── NameTakenError       another job, not ours, has this name
│   │   └── NotFoundError        the provider knows no such job
│   ├── RefusedError             not now, and nothing was created: come back later
│   │   ├── ThrottledError       too many calls
│   │   └── QuotaError           no capacity or quota at the moment
│   └── AmbiguousError           the answer was lost: the job may exist or not; look before creating again
├── IdempotencyConflictError     another body under a used idempotency key
├── UnknownJobError              the ledger has no such job
├── TooManyDependentsError       no more jobs can wait for this one
├── OwnDependencyError           a job is to wait for itself
├── OverBudgetError              a job may cost more than its budget has left
├── NoOwnerError                 a request comes from a place or a principal that no owner has
├── EnvironmentVariablesError    a function's environment lacks something
├── NoProgressError              calls left the same work to each other and did not advance it
└── JobNotSucceededError         how an execution names the end of its job
    ├── JobFailedError  JobTimedOutError  JobCancelledError
"""

from typing import Self

from jobchute.outcomes import Cause


class JobchuteError(Exception):
    """The root of the tree above."""


class ProviderError(JobchuteError):
    """code: the provider's error code; message: the provider's words.

    cause: of the end that follows, where one code stands for several causes; else None.
    is_of_create: whether it was the create call that was refused for want of quota, or has an unknown outcome.
    """

    is_of_create: bool = False

    def __init__(self, message: str, *, code: str = "", cause: Cause | None = None) -> None:
        super().__init__(f"{code}: {message}" if code else message)
        self.code = code
        self.cause = cause
        self.message = message


class PermanentError(ProviderError):
    """The same request would be refused again."""


class NameTakenError(PermanentError):
    """The name belongs to a job that does not carry our tag."""

    @classmethod
    def of(cls, name: str, member: str, *, job: str = "") -> Self:
        """member: of the request, which chose the name. job: the other job's own id."""
        other = f" ({job})" if job else ""
        message = f"a job named {name!r} exists that Jobchute did not make for this request{other}"
        return cls(f"{message}; give the request another {member}", code="NameTaken")


class NotFoundError(PermanentError):
    """The provider knows no such job."""


class GoneError(NotFoundError):
    """The provider neither finds nor lists a job that was to be deleted."""


class RefusedError(ProviderError):
    """The provider refused for the moment; nothing was created."""


class ThrottledError(RefusedError):
    """Too many calls in too short a time. retry_at: epoch seconds of the pool's next moment; 0 is unknown."""

    retry_at: float = 0.0


class QuotaError(RefusedError):
    """A quota is used up, or no capacity is free."""


class AmbiguousError(ProviderError):
    """A time-out, a broken connection or a server error: the call may have taken effect."""


class NotShownError(AmbiguousError):
    """An earlier call may have created the job, and its provider may not show it yet."""


class IdempotencyConflictError(JobchuteError):
    """The key was used before with another body."""


class UnknownJobError(JobchuteError):
    """The ledger has no job of this id or key."""


class TooManyDependentsError(JobchuteError):
    """As many jobs as can wait for this one do so already."""


class OwnDependencyError(JobchuteError):
    """A job is to wait for itself. place: of the entry among the document's dependencies."""

    def __init__(self, place: int, target: str) -> None:
        super().__init__(target)
        self.place = place


class OverBudgetError(JobchuteError):
    """A job may cost more than its budget has left in a month. Amounts are in millionths of a dollar.

    job_id: of the job. name: of the budget. used: what others have reserved and spent. amount: what the job may
    cost.
    """

    def __init__(self, job_id: str, name: str, month: str, *, limit: int, used: int, amount: int) -> None:
        super().__init__(f"{job_id} may cost {amount} of {name} in {month}: {used} of {limit} are used")
        self.job_id = job_id
        self.name = name
        self.month = month
        self.limit = limit
        self.used = used
        self.amount = amount


class NoOwnerError(JobchuteError):
    """The deployment has owners, and the request is of none of them; the message says what to change."""


class NoProgressError(JobchuteError):
    """Several calls in a row left the same work to each other, and none advanced it."""


class EnvironmentVariablesError(JobchuteError):
    """A function's environment lacks a variable, or one is malformed; the message names each."""


class JobNotSucceededError(JobchuteError):
    """Never raised: its subclasses name the end of a job in its execution."""


class JobFailedError(JobNotSucceededError):
    """The job ended FAILED."""


class JobTimedOutError(JobNotSucceededError):
    """The job ended TIMED_OUT."""


class JobCancelledError(JobNotSucceededError):
    """The job ended CANCELLED."""


REFUSALS = (IdempotencyConflictError, OwnDependencyError, TooManyDependentsError, OverBudgetError)
"""What is raised of a single valid request that cannot become a job, and by a dry run of it too."""
