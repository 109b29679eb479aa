"""Why a valid request cannot become a job of this ledger, in its sender's terms. Pure."""

from jobchute.errors import (
    IdempotencyConflictError,
    OverBudgetError,
    OwnDependencyError,
    TooManyDependentsError,
)
from jobchute.job import OWN_TOKENS
from jobchute.ledger.dependencies import MAX_DEPENDENTS
from jobchute.problems import Problem
from jobchute.requests.submission import Submission

Reason = IdempotencyConflictError | OwnDependencyError | TooManyDependentsError | OverBudgetError


def rejection_of(error: Reason, submission: Submission) -> Problem:
    match error:
        case IdempotencyConflictError():
            return key_used(str(error), submission)
        case OwnDependencyError():
            rule = f"{str(error)[:100]!r} is this job itself; a job cannot wait for itself; remove the entry"
            return Problem(f"after[{error.place}]", "OWN_JOB", rule)
        case TooManyDependentsError():
            rule = f"{MAX_DEPENDENTS} jobs already wait for {error}; let this one wait for one of them"
            return Problem("after", "TOO_MANY", rule)
        case OverBudgetError():
            from jobchute.lifecycle.budget_entry import figures_of

            way_out = "send it again when there is room, or let it wait with whenOverBudget: wait"
            return Problem("", "OVER_BUDGET", f"over budget: {figures_of(error)}; {way_out}")


def key_used(job_id: str, submission: Submission) -> Problem:
    """Another body was accepted under this identity before."""
    rule = f"another request was already accepted with this key, as {job_id}; give this one another key"
    return Problem(_key_path(submission), "KEY_USED", rule)


def _key_path(submission: Submission) -> str:
    """Where the document gives its key: in the envelope, or as its body's own token."""
    if submission.idempotency_key is not None:
        return "idempotencyKey"
    return next(f"request.{name}" for name in OWN_TOKENS if submission.request.get(name))
