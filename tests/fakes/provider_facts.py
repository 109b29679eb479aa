"""What AWS's services report of a job: its status, and the facts of its end."""

from datetime import UTC, datetime
from typing import Any

from tests.fakes.provider import ProviderJob

Page = dict[str, Any]


def facts_of_braket(job: ProviderJob) -> Page:
    created, ended = times_of(job)
    return {
        "createdAt": created,
        **({} if job.begun_at is None else {"startedAt": created}),
        "endedAt": ended,
        "billableDuration": seconds_of(job),
        "instanceConfig": job.call["instanceConfig"],
    }


def facts_of_bedrock(job: ProviderJob) -> Page:
    created, ended = times_of(job)
    names = ("totalRecordCount", "processedRecordCount", "successRecordCount", "errorRecordCount")
    counts = (1000, 1000, 993, 7) if job.begun_at is not None else (0, 0, 0, 0)
    return {"submitTime": created, "endTime": ended, **dict(zip(names, counts, strict=True))}


def facts_of_customization(job: ProviderJob) -> Page:
    """Its sub-tasks while it is open; of its end, a loss."""
    created, ended = times_of(job)
    begun = {"status": "InProgress", "creationTime": created} if "/" in job.native else {"status": "NotStarted"}
    if not job.is_over:
        return {"creationTime": created, "statusDetails": {"trainingDetails": begun}}
    return {"creationTime": created, "endTime": ended, "trainingMetrics": {"trainingLoss": 0.25}}


def status_of(job: ProviderJob, prefix: str) -> Page:
    """With the secondary status, if there is one. A tuning job counts its training jobs instead."""
    status, _, secondary = job.native.partition("/")
    if prefix == "HyperParameterTuning":
        counters = {"Completed": 0, "InProgress": int(bool(secondary))}
        return {f"{prefix}JobStatus": status, "TrainingJobStatusCounters": counters}
    return {f"{prefix}JobStatus": status, **({"SecondaryStatus": secondary} if secondary else {})}


def facts_of_sagemaker(job: ProviderJob, prefix: str) -> Page:
    created, ended = times_of(job)
    times = {"CreationTime": created, f"{prefix}EndTime": ended}
    if job.begun_at is None:
        return times
    begun = datetime.fromtimestamp(job.begun_at, tz=UTC)
    times |= {f"{prefix}StartTime": begun}
    if prefix != "Training":
        return times
    metrics = [{"MetricName": name, "Value": 0.1234567} for name in ("validation:auc", "train:loss")]
    return {**times, "BillableTimeInSeconds": seconds_of(job), "FinalMetricDataList": metrics}


def seconds_of(job: ProviderJob) -> int:
    """For how long a job that has ended ran."""
    return 0 if job.begun_at is None or job.ended_at is None else int(job.ended_at - job.begun_at)


def times_of(job: ProviderJob) -> tuple[datetime, datetime]:
    """When it was created, and when it ended."""
    at = job.created_at if job.ended_at is None else job.ended_at
    return datetime.fromtimestamp(job.created_at, tz=UTC), datetime.fromtimestamp(at, tz=UTC)
