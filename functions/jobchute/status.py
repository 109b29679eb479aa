"""The status document: what a person with S3 alone is told. Pure."""

from typing import Any

from jobchute.job import Job, State

AGAIN = "Nothing was submitted again. To run it a second time, give it another idempotencyKey."


def status_of(job: Job) -> dict[str, Any]:
    """How a job or a rejection stands, in the form of the status document and of the tool's --json."""
    document: dict[str, Any] = {
        "jobId": job.job_id,
        "api": job.api,
        "state": job.state,
        "reason": job.reason,
        "name": job.name or None,
        "providerId": job.provider_id,
        "providerStatus": job.native_status,
        "output": job.output,
        "logs": job.logs,
        "labels": dict(job.labels),
        "idempotencyKey": job.idempotency_key,
        "retryOf": job.retry_of,
        "source": {"uri": job.source.uri, "version": job.source.version, "document": job.source.index},
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
        "history": [dict(entry) for entry in job.history],
    }
    if job.state is State.REJECTED:
        document["errors"] = [dict(problem) for problem in job.problems]
    return {name: value for name, value in document.items() if value not in (None, {})}


def duplicate_status_of(job: Job) -> dict[str, Any]:
    """The answer to a request that is a job already."""
    return {"duplicate": True, "note": f"This request is already {job.job_id}. {AGAIN}", **status_of(job)}


def status_key(path: str, index: int | None = None) -> str:
    """`requests/a/b.json` is answered at `status/a/b.json.json`, each of several documents in it besides.

    index: the document's place in a file of several, None in a file of one.
    """
    path = path.removeprefix("requests/")
    return f"status/{path}.json" if index is None else f"status/{path}/{index}.json"
