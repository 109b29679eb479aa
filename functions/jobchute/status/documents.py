"""The status document: what a person with S3 alone is told, and where it lies. Pure."""

from collections.abc import Collection
from typing import Any

from jobchute.job import Job, Source, State, iso, sha256
from jobchute.ledger.refusals import last_at, told_of
from jobchute.requests.request_names import REQUESTS

STATUS = "status/"
MESSAGES = "status-messages/"
DOCUMENTS = "status-documents/"
BUCKETS = "status-buckets/"
LONG = "status-long/"
STATUS_FOLDERS = (STATUS, MESSAGES, DOCUMENTS, BUCKETS, LONG)
"""All that is written in the bucket is below one of these. No name of a request leads into the last four."""
MAX_KEY_BYTES = 1024
"""Of a key, in UTF-8 (S3 User Guide, "Naming Amazon S3 objects")."""
AGAIN = "Nothing was submitted again. To run it a second time, give it another idempotencyKey."


def status_of(job: Job) -> dict[str, Any]:
    """How a job or a rejection stands, in the form of the status document and of the tool's --json."""
    document: dict[str, Any] = {
        "jobId": job.job_id,
        "api": job.api,
        "state": job.state,
        "reason": job.reason,
        "waiting": waiting_of(job),
        "refusals": told_of(job),
        "name": job.name or None,
        "providerId": job.provider_id,
        "providerStatus": job.native_status,
        "output": job.output,
        "logs": job.logs,
        "labels": dict(job.labels),
        "pool": job.pool,
        "priority": job.priority if job.pool is not None else None,
        "after": [dict(each) for each in job.after] or None,
        "awaits": [dict(each) for each in job.awaits] or None,
        "awaitsUntil": iso(job.awaits_until) if job.awaits and job.awaits_until is not None else None,
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


def waiting_of(job: Job) -> dict[str, Any] | None:
    """For what a job waits, as far as its row tells; None for one that has had its turn, or has ended.

    `turn`: for its turn in a pool. `jobs`: for the ends of other jobs, with `names` that no job has yet. What
    keeps a pool from letting jobs in changes without the row; `jobchute jobs show` tells it.
    """
    if job.state.is_final:
        return None
    if job.waiting is not None:
        return {"for": "turn", "pool": job.waiting, "since": last_at(job) or job.created_at}
    if job.state is State.QUEUED and (job.waits_for or job.awaits):
        names = {"names": [each["name"] for each in job.awaits]} if job.awaits else {}
        return {"for": "jobs", "jobs": sorted(job.waits_for), **names, "since": job.created_at}
    return None


def source_of(source: Source) -> dict[str, Any]:
    """The document that a job is of, and which of its combinations where it has a matrix."""
    found = {"uri": source.uri, "version": source.version, "document": source.index}
    return found if source.combination is None else {**found, "combination": source.combination}


def duplicate_status_of(job: Job, not_applied: Collection[str] = ()) -> dict[str, Any]:
    """The answer to a request that is a job already. not_applied: keys with other values than the job's."""
    note = " ".join(
        filter(None, (f"This request is already {job.job_id}. {AGAIN}", not_applied_note(not_applied)))
    )
    differing = {"notApplied": [*not_applied]} if not_applied else {}
    return {"duplicate": True, "note": note, **differing, **status_of(job)}


def not_applied_note(not_applied: Collection[str]) -> str:
    """Empty where the document says nothing else than the job."""
    if not not_applied:
        return ""
    names = " and ".join(filter(None, (", ".join([*not_applied][:-1]), [*not_applied][-1])))
    return f"Its {names} differ from the job's and are not applied: a job keeps those it was accepted with."


def unfollowed_status_of(job: Job, not_applied: Collection[str] = ()) -> dict[str, Any]:
    """The answer to a request that is a job already, whose row remembers no more places to answer at."""
    answer = duplicate_status_of(job, not_applied)
    stale = (
        "This document shows the job as it was when this request came; as too many others follow it already, "
        "this one does not follow it. "
        f"Look at {job.source.status_key}, or run: jobchute jobs show {job.job_id}"
    )
    return {**answer, "note": f"{answer['note']} {stale}"}


def status_key(key: str) -> str:
    """`requests/a/b.json` of the stack's own bucket is answered at `status/a/b.json.json`.

    Raises ValueError for a key outside of `requests/`, whose answer would take the place of another one's.
    """
    if not key.startswith(REQUESTS):
        raise ValueError(f"{key!r} is not below {REQUESTS}")
    return _short(f"{STATUS}{key.removeprefix(REQUESTS)}.json")


def message_status_key(message_id: str) -> str:
    """A message is answered at `status-messages/MESSAGE_ID.json`."""
    return _short(f"{MESSAGES}{message_id}.json")


def bucket_status_key(bucket: str, key: str) -> str:
    """An object of another bucket is answered at `status-buckets/BUCKET/KEY.json` in the stack's own."""
    return _short(f"{BUCKETS}{bucket}/{key}.json")


def document_status_key(folder: str, index: int, combination: int | None = None) -> str:
    """`status-documents/FOLDER/3.json`, and `…/3.17.json` for a job of a document with a matrix.

    folder: `requests/PATH`, `messages/MESSAGE_ID` or `buckets/BUCKET/KEY`.
    """
    name = str(index) if combination is None else f"{index}.{combination}"
    return _short(f"{DOCUMENTS}{folder}/{name}.json")


def _short(key: str) -> str:
    """A key that S3 takes: one that would be too long is replaced by its SHA-256."""
    return key if len(key.encode()) <= MAX_KEY_BYTES else f"{LONG}{sha256(key)}.json"
