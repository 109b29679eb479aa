"""The items by which the jobs of a label are found."""

from jobchute.job import Job
from jobchute.ledger.items import to_dynamodb
from jobchute.ledger.job_rows import JobRows, expiry_of
from jobchute.ledger.table import TIME_TO_LIVE


def point_from_labels(rows: JobRows, job: Job, existing: Job | None, *, retention: int) -> None:
    """After the row, so that a label never points to nothing; a repeated delivery mends a crash.

    existing: the row that was there before, which may be of another document.
    """
    if existing is not None:
        if existing.source.reference != job.source.reference:
            return
        job = existing
    for name, value in job.labels.items():
        key = {"pk": f"LABEL#{name}={value}", "sk": f"{job.created_at}#{job.job_id}", "jobId": job.job_id}
        pointer = key | {TIME_TO_LIVE: expiry_of(job.created_at, retention)}
        rows.put(to_dynamodb(pointer))
