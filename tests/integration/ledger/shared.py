"""A ledger for the tests of it."""

from typing import Any

from jobchute.job import Job
from jobchute.ledger.jobs import Ledger
from tests.builders import a_job

RETENTION = 1000


def added(ledger: Ledger, label: str = "churn", **changes: Any) -> Job:
    job = a_job(label, **changes)
    assert ledger.add(job) is None
    return job
