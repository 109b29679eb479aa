"""The status document of a document with a matrix: the jobs that it makes. Pure."""

import json
from typing import TYPE_CHECKING, Any

from jobchute.job import Source, job_id_of
from jobchute.requests.models.wording import shown
from jobchute.requests.names import NAMES
from jobchute.requests.secrets import masked
from jobchute.requests.sweep import Combination, Sweep
from jobchute.sources import combination_source
from jobchute.status import source_of

if TYPE_CHECKING:
    from jobchute.lifecycle import Lifecycle

MOST_CALL_BYTES = 4 * 1024 * 1024
"""So much of the calls of a dry run is answered; of what is beyond, each job's name and id."""


def sweep_status_of(sweep: Sweep, source: Source) -> dict[str, Any]:
    """What follows from the document alone; how each job stands is in its own status document."""
    return {
        "source": source_of(source),
        "combinations": sweep.size,
        "jobs": [
            {**_job(each, source.owner), "status": combination_source(source, each.number).status_key}
            for each in sweep.combinations()
        ],
    }


def dry_run_status_of(sweep: Sweep, source: Source, lifecycle: "Lifecycle") -> dict[str, Any]:
    """Every job with the call that it would make."""
    jobs: list[dict[str, Any]] = []
    left = MOST_CALL_BYTES
    for combination in sweep.combinations():
        job = _job(combination, source.owner)
        _, call = lifecycle.plan(combination.submission, source)
        shown_call = masked(call)
        left -= len(json.dumps(shown_call))
        jobs.append({**job, "call": shown_call} if left >= 0 else job)
    answer = {"dryRun": True, "api": sweep.template.api, "valid": True, "source": source_of(source)}
    return {**answer, "combinations": sweep.size, "callsLeftOut": left < 0, "jobs": jobs}


def _job(combination: Combination, owner: str | None) -> dict[str, Any]:
    submission = combination.submission
    return {
        "combination": combination.number,
        "jobId": job_id_of(submission.api, submission.request, submission.idempotency_key, owner),
        "name": submission.request.get(NAMES[submission.api][0]),
        "values": {path: _value(value) for path, value in combination.values.items()},
    }


def _value(value: object) -> object:
    """A number as it is, a text cut, and of an object or a list what it is."""
    return value if isinstance(value, bool | int | float) else shown(value).strip('"')
