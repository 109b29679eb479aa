"""The adapter of the API that a job is submitted to."""

from collections.abc import Mapping

from jobchute.errors import PermanentError
from jobchute.job import Api, Submitted
from jobchute.providers.adapter import Adapter

AdaptersByApi = Mapping[Api, Adapter]


def adapter_of(adapters: AdaptersByApi, job: Submitted) -> Adapter:
    """Raises PermanentError for a rejected job, which has no API."""
    if job.api is None:
        raise PermanentError(f"{job.job_id} was rejected and never had a provider")
    return adapters[job.api]
