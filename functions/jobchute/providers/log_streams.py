"""Where a job's logs are, from its API's spec."""

from typing import NamedTuple

from jobchute.job import Job
from jobchute.providers.registry import SPECS


class LogStreams(NamedTuple):
    """A job's streams: those of a CloudWatch log group whose names begin with the prefix.

    A job has a stream for each instance, and more after a restart.
    """

    group: str
    prefix: str


def log_streams_of(job: Job) -> LogStreams | None:
    """None for an API without logs in CloudWatch, and for a job that its provider does not have yet."""
    if job.api is None or job.provider_id is None or not SPECS[job.api].log_group:
        return None
    spec = SPECS[job.api]
    return LogStreams(spec.log_group, spec.log_streams.format(name=job.name, id=_last_part(job)))


def other_logs_of(job: Job) -> str:
    """Where to look instead, for an API without logs in CloudWatch; empty for the others."""
    return "" if job.api is None else SPECS[job.api].no_logs.replace("{id}", _last_part(job) or "ID")


def _last_part(job: Job) -> str:
    return (job.provider_id or "").rpartition("/")[2]
