"""A provider's words about a job, made fit to be written down: cut, and without the request's secrets."""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger

from jobchute.errors import ProviderError, UnknownJobError
from jobchute.job import Job, Submitted
from jobchute.ledger.request_bodies import RequestRows
from jobchute.masking import redacted

logger = Logger(child=True)

NO_BUDGET = "stopped before it was submitted: its budget had no room for it in all the time that it waited"
REQUEST_IS_LOST = "the ledger has lost this job's request"
WAITING_AFTER = "waiting after "
"""How the reason of a job begins that its provider put off."""
MAX_REASON = 1024
"""Characters of a job's reason."""


def never_submitted(job: Job) -> str:
    """The reason of an end before the job, or its newest attempt, was submitted."""
    return f"stopped before {'it' if job.attempt == 1 else f'attempt {job.attempt}'} was submitted"


def provider_text(requests: RequestRows, job: Submitted, text: str) -> str:
    """Returns REQUEST_IS_LOST where the job's request is gone: its secrets are unknown, so no text is safe."""
    return mask_of(requests, job)(text)


def mask_of(requests: RequestRows, job: Submitted) -> Callable[[str], str]:
    """The same for several texts of one job, whose request is read once."""
    try:
        bodies = _bodies_of(requests, job)
    except UnknownJobError:
        return lambda _: REQUEST_IS_LOST

    def mask(text: str) -> str:
        for body in bodies:
            text = redacted(text, body)
        return text[:MAX_REASON]

    return mask


def _bodies_of(requests: RequestRows, job: Submitted) -> list[dict[str, Any]]:
    """All that the job asks for: alternatives may have secrets of their own."""
    if not (job.retry or {}).get("plan"):
        return [requests.get(job.job_id)]
    from jobchute.lifecycle.variants import bodies_of

    return list(bodies_of(requests, job))


def log_provider_error(requests: RequestRows, job: Job, message: str, error: ProviderError) -> None:
    """Log a warning with the provider's error, its secrets masked."""
    text = provider_text(requests, job, str(error))
    logger.warning(message, job_id=job.job_id, source=job.source.uri, error=text)
