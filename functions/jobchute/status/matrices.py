"""The status document of a document with a matrix: the jobs that it makes. Pure."""

from typing import Any

from jobchute.job import Source, job_id_of
from jobchute.providers.registry import SPECS
from jobchute.requests.sweep import Combination, Sweep
from jobchute.status.documents import source_of
from jobchute.status.sources import combination_source
from jobchute.validation.wording import shown


def sweep_status_of(sweep: Sweep, source: Source) -> dict[str, Any]:
    """What follows from the document alone; each job's state is in its own status document."""
    return {
        "source": source_of(source),
        "combinations": sweep.size,
        "jobs": [
            {**job_in_sweep(each, source.owner), "status": combination_source(source, each.number).status_key}
            for each in sweep.combinations()
        ],
    }


def job_in_sweep(combination: Combination, owner: str | None) -> dict[str, Any]:
    """What is known about a job before it is made."""
    submission = combination.submission
    return {
        "combination": combination.number,
        "jobId": job_id_of(submission.api, submission.request, submission.idempotency_key, owner),
        "name": submission.request.get(SPECS[submission.api].name.member),
        "values": {path: _value(value) for path, value in combination.values.items()},
    }


def _value(value: object) -> object:
    """A number unchanged, a text cut, and the type of an object or a list."""
    return value if isinstance(value, bool | int | float) else shown(value).strip('"')
