"""Where a job's logs are: as its API's adapter says it (tests/integration/providers), or where else to look."""

import pytest

from jobchute.job import Api
from jobchute.providers.log_streams import log_streams_of, other_logs_of
from tests.apis import VALUES
from tests.builders import a_job


@pytest.mark.parametrize("api", Api)
def test_a_submitted_job_has_streams_or_says_where_to_look(api: Api) -> None:
    values = VALUES[api]
    job = a_job(api=api, provider_id=values.provider_id.format(name="churn", number=7))
    streams = log_streams_of(job)
    last = str(job.provider_id).rpartition("/")[2]
    expected = values.logs and values.logs.format(last=last)
    assert (streams and f"{streams.group}:{streams.prefix}") == expected
    assert (streams is None) == bool(other_logs_of(job))


@pytest.mark.parametrize("api", Api)
def test_a_job_that_was_not_submitted_has_no_streams(api: Api) -> None:
    assert log_streams_of(a_job(api=api)) is None


def test_a_rejection_has_none() -> None:
    assert (log_streams_of(a_job(api=None)), other_logs_of(a_job(api=None))) == (None, "")
