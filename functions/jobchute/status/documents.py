"""The status document of a job: its content, and its key in the bucket. Pure."""

from collections.abc import Collection, Mapping
from typing import Any

from jobchute.job import Job, Source, State, iso, sha256
from jobchute.ledger.refusals import last_at, told_of
from jobchute.pools.limits import waits_since
from jobchute.requests.request_names import REQUESTS

STATUS = "status/"
MESSAGES = "status-messages/"
DOCUMENTS = "status-documents/"
BUCKETS = "status-buckets/"
LONG = "status-long/"
STATUS_FOLDERS = (STATUS, MESSAGES, DOCUMENTS, BUCKETS, LONG)
"""Every object that Jobchute writes is below one of these. No name of a request leads into the last four."""
MAX_KEY_BYTES = 1024
"""The longest key, in UTF-8 (S3 User Guide, "Naming Amazon S3 objects")."""
AGAIN = "Nothing was submitted again. To run it a second time, give it another idempotencyKey."


def status_of(job: Job) -> dict[str, Any]:
    """A job or rejection as its status document, which is also the output of the tool's --json."""
    document: dict[str, Any] = {
        "jobId": job.job_id,
        "api": job.api,
        "state": job.state,
        "reason": job.reason,
        "cause": job.cause,
        "waiting": waiting_of(job),
        "refusals": told_of(job),
        "name": job.name or None,
        "providerId": job.provider_id,
        "providerStatus": job.native_status,
        "output": job.output,
        "logs": job.logs,
        "cost": cost_told(job),
        "result": None if job.result is None else dict(job.result),
        "labels": dict(job.labels),
        "changes": [change_told(each) for each in job.changes] or None,
        "pool": job.pool,
        "priority": job.priority if job.pool is not None else None,
        "objective": None if job.objective is None else dict(job.objective),
        "after": [dict(each) for each in job.after] or None,
        "awaits": [dict(each) for each in job.awaits] or None,
        "awaitsUntil": iso(job.awaits_until) if job.awaits and job.awaits_until is not None else None,
        "idempotencyKey": job.idempotency_key,
        "retryOf": job.retry_of,
        "owner": job.owner,
        "source": source_of(job.source),
        "createdAt": job.created_at,
        "updatedAt": job.updated_at,
        **_attempts_of(job),
    }
    if job.state is State.REJECTED:
        document["errors"] = [dict(problem) for problem in job.problems]
    return {name: value for name, value in document.items() if value not in (None, {})}


def _attempts_of(job: Job) -> dict[str, Any]:
    """The moves of all attempts, and the attempts of a job that may have several."""
    if job.retry is None:
        return {"history": [dict(entry) for entry in job.history]}
    from jobchute.attempts import attempts_told, whole_history

    return {"attempt": job.attempt, "attempts": attempts_told(job), "history": whole_history(job)}


def cost_told(job: Job) -> dict[str, Any] | None:
    """What a job may cost and, after its end, what it has cost; None where no prices were loaded."""
    if job.cost is None or "priced" not in job.cost:
        return None
    from jobchute.money.told import told

    return told(job.cost, job.estimate)


def waiting_of(job: Job) -> dict[str, Any] | None:
    """What a job waits for, by its row; None if it was admitted or has ended.

    `turn`: its turn in a pool. `attempt`: the time of its next attempt. `budget`: room in its budget. `jobs`:
    the ends of other jobs, and `names` that no job has yet. What keeps a pool from admitting jobs changes
    without the row: see `jobchute jobs show`.
    """
    if job.state.is_final:
        return None
    if job.state is State.QUEUED and job.attempt > 1 and job.waiting is None and not job.create_at:
        at = iso(job.retry_at or 0)
        text = f"attempt {job.attempt}, which begins at {at} or later"
        return {"for": "attempt", "attempt": job.attempt, "at": at, "text": text}
    if job.waiting is not None:
        return {"for": "turn", "pool": job.waiting, "since": last_at(job) or waits_since(job)}
    if job.state is State.QUEUED and job.awaits_budget is not None:
        return {"for": "budget", "budget": job.awaits_budget, "since": job.created_at, "text": job.reason}
    if job.state is State.QUEUED and (job.waits_for or job.awaits):
        names = {"names": [each["name"] for each in job.awaits]} if job.awaits else {}
        return {"for": "jobs", "jobs": sorted(job.waits_for), **names, "since": job.created_at}
    return None


def change_told(change: Mapping[str, Any]) -> dict[str, Any]:
    """With a message as `sqs://<message id>#<document>`: it has no version."""
    return {**change, "document": str(change["document"]).replace("?version=#", "#")}


def source_of(source: Source) -> dict[str, Any]:
    """The document of a job, and the combination if the document has a matrix."""
    found = {"uri": source.uri, "version": source.version, "document": source.index}
    return found if source.combination is None else {**found, "combination": source.combination}


def duplicate_status_of(job: Job, not_applied: Collection[str] = ()) -> dict[str, Any]:
    """The answer to a request that is already a job. not_applied: keys whose values differ from the job's."""
    note = " ".join(
        filter(None, (f"This request is already {job.job_id}. {AGAIN}", not_applied_note(not_applied)))
    )
    differing = {"notApplied": [*not_applied]} if not_applied else {}
    return {"duplicate": True, "note": note, **differing, **status_of(job)}


def not_applied_note(not_applied: Collection[str]) -> str:
    """Empty if the document does not differ from the job."""
    if not not_applied:
        return ""
    *others, last = not_applied
    names = " and ".join(filter(None, (", ".join(others), last)))
    is_one = not others and not last.endswith("s")
    differ, are, those = ("differs", "is", "what") if is_one else ("differ", "are", "those")
    return (
        f"Its {names} {differ} from the job's and {are} not applied: a job keeps {those} it was accepted with."
    )


def unfollowed_status_of(job: Job, not_applied: Collection[str] = ()) -> dict[str, Any]:
    """The answer to a request that is already a job whose row can hold no more duplicates."""
    answer = duplicate_status_of(job, not_applied)
    stale = (
        "This document shows the job as it was when this request arrived. It is not updated, because too many "
        "other status documents of the job are. "
        f"See {job.source.status_key}, or run: jobchute jobs show {job.job_id}"
    )
    return {**answer, "note": f"{answer['note']} {stale}"}


def status_key(key: str) -> str:
    """`requests/a/b.json` of the stack's own bucket is answered at `status/a/b.json.json`.

    Raises ValueError for a key outside `requests/`: its answer would replace that to another request.
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
    """A key that S3 accepts: a key that is too long is replaced by its SHA-256."""
    return key if len(key.encode()) <= MAX_KEY_BYTES else f"{LONG}{sha256(key)}.json"
