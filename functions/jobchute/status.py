"""The status document: what a person with S3 alone is told. Pure."""

from typing import Any

from jobchute.job import Job, Source, State

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
        "pool": job.pool,
        "priority": job.priority if job.pool is not None else None,
        "after": [dict(each) for each in job.after] or None,
        "idempotencyKey": job.idempotency_key,
        "retryOf": job.retry_of,
        "owner": job.owner,
        "source": source_of(job.source),
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
        "history": [dict(entry) for entry in job.history],
    }
    if job.state is State.REJECTED:
        document["errors"] = [dict(problem) for problem in job.problems]
    return {name: value for name, value in document.items() if value not in (None, {})}


def source_of(source: Source) -> dict[str, Any]:
    """The document that a job is of, and which of its combinations where it has a matrix."""
    found = {"uri": source.uri, "version": source.version, "document": source.index}
    return found if source.combination is None else {**found, "combination": source.combination}


def duplicate_status_of(job: Job) -> dict[str, Any]:
    """The answer to a request that is a job already."""
    return {"duplicate": True, "note": f"This request is already {job.job_id}. {AGAIN}", **status_of(job)}


def status_key(path: str, *indexes: int | None) -> str:
    """`requests/a/b.json` is answered at `status/a/b.json.json`, each of several documents in it besides.

    indexes: the document's place in a file of several, and its combination in a document with a matrix; None
    where it is the only one.
    """
    path = "/".join([path.removeprefix("requests/"), *(str(index) for index in indexes if index is not None)])
    return f"status/{path}.json"
