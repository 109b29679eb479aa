"""SageMaker batch transform jobs.

InProgress → Completed | Failed, Stopping → Stopped. They have no secondary status, time limit or delete [M].
"""

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from jobchute.job import Api

from ..events import Event, epoch_milliseconds
from ..failures import SAGEMAKER, failing, failures
from ..jobs import Job, Kind, Logs, Phase, Step
from ..scenarios import Outcome
from ..settings import Settings
from ..storage import Storage
from .sagemaker_family import FAILED, FINAL, Family, instances_of, refusals

MAX_PAYLOAD_MB = 100
_TRANSFORMING = Step(Phase.QUEUE, 1, "InProgress", "Transforming")
_FAILED = (_TRANSFORMING, Step(Phase.RUN, 1, "Failed", reason=FAILED))
_NO_CAPACITY = failing((Step(Phase.RUN, 1, "Failed", reason=FAILED),), SAGEMAKER[Outcome.CAPACITY])
_TIMES = ("CreationTime", "TransformStartTime", "TransformEndTime")


def transform_event(job: Job, settings: Settings) -> Event:
    """`SageMaker Transform Job State Change`: times are numbers of epoch milliseconds, tags a map; what is not
    known is null [T].
    """
    times = transform_fields(job, settings)
    detail = {
        **{name: value for name, value in job.request.items() if name != "Tags"},
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status,
        "FailureReason": job.reason or None,
        **{name: None if times[name] is None else epoch_milliseconds(times[name]) for name in _TIMES},
        "Tags": dict(job.tags),
    }
    return Event("sagemaker", "SageMaker Transform Job State Change", job.arn, detail, job.modified)


def transform_fields(job: Job, _: Settings) -> dict[str, Any]:
    """What DescribeTransformJob says beyond the request; only the list says when a job was modified [M]."""
    return {
        "TransformJobArn": job.arn,
        "TransformJobStatus": job.status,
        "FailureReason": job.reason or None,
        "CreationTime": job.created,
        "TransformStartTime": job.started,
        "TransformEndTime": job.ended,
        "LastModifiedTime": job.modified,
    }


def transform_problems(request: Mapping[str, Any]) -> Iterator[str]:
    """What SageMaker says of a request that its model lets pass [M: the members' documentation]."""
    payload = request.get("MaxPayloadInMB", 0) * request.get("MaxConcurrentTransforms", 1)
    if max(payload, request.get("MaxPayloadInMB", 0)) > MAX_PAYLOAD_MB:
        yield f"MaxConcurrentTransforms * MaxPayloadInMB cannot exceed {MAX_PAYLOAD_MB} MB"
    if request["TransformInput"]["DataSource"]["S3DataSource"]["S3DataType"] == "AugmentedManifestFile":
        yield "AugmentedManifestFile is not compatible with batch transform"


def _cluster(request: Mapping[str, Any]) -> Mapping[str, Any]:
    cluster: Mapping[str, Any] = request.get("TransformResources", {})
    return cluster


def _leave_predictions(job: Job, step: Step, storage: Storage) -> Step:
    """For each input object, a line for each of its lines, as `….out`.

    A job that was stopped or that failed stores nothing [M: StopTransformJob].
    """
    if step.status == "Completed":
        source = job.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        folder = source.removeprefix("s3://").partition("/")[2].rpartition("/")[0]
        for key, body in storage.read(source, "").items():
            lines = "".join(f"0.{number % 10}\n" for number in range(len(body.splitlines())))
            name = key.removeprefix(folder).lstrip("/")
            storage.write(
                f"{job.request['TransformOutput']['S3OutputPath'].rstrip('/')}/{name}.out", lines.encode()
            )
    return step


KIND = Kind(
    api=Api.TRANSFORM_JOB,
    first=Step(Phase.QUEUE, 0, "InProgress"),
    paths=MappingProxyType(
        {
            Outcome.SUCCEED: (_TRANSFORMING, Step(Phase.RUN, 1, "Completed")),
            Outcome.PARTIAL: (_TRANSFORMING, Step(Phase.RUN, 1, "Completed")),
            Outcome.FAIL: _FAILED,
            **failures(_FAILED, SAGEMAKER),
            Outcome.CAPACITY: _NO_CAPACITY,
            Outcome.INTERRUPTED: _NO_CAPACITY,
            Outcome.PENDING: (),
            Outcome.STOP: (_TRANSFORMING, Step(Phase.RUN, 1, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
        }
    ),
    stop=(Step(Phase.STOP, 0, "Stopping"), Step(Phase.STOP, 1, "Stopped")),
    started="Transforming",
    final=FINAL,
    refusals=refusals("transform job"),
    logs=Logs(
        group="/aws/sagemaker/TransformJobs",
        begins="Transforming",
        prefix=lambda job: f"{job.name}/",
        instances=lambda request: instances_of(_cluster(request)),
    ),
    event=transform_event,
    work=_leave_predictions,
)

TRANSFORM = Family(
    kind=KIND,
    noun="Transform",
    resource="transform-job",
    fields=transform_fields,
    problems=transform_problems,
    cluster=_cluster,
)
