"""What each API reports about a job that has ended, in the words of one object."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from jobchute.job import Api, State
from jobchute.providers.bedrock.adapter import BedrockJobs
from jobchute.providers.bedrock.invocation_job.adapter import INVOCATION, RECORD_COUNTS
from tests.builders import a_job
from tests.unit.providers.test_causes import seen
from tests.unit.providers.test_native_states import Answering, described

QUEUED = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
STARTED, ENDED = QUEUED + timedelta(minutes=2), QUEUED + timedelta(minutes=70)
TIMES = {
    "queuedAt": "2026-09-01T10:00:00Z",
    "startedAt": "2026-09-01T10:02:00Z",
    "endedAt": "2026-09-01T11:10:00Z",
}
PARTS = ("InstanceType", "InstanceCount", "VolumeSizeInGB")


def result(api: Api, status: str, **more: Any) -> dict[str, Any] | None:
    facts = seen(api, status, **more).result
    assert facts is not None
    return facts.document()


def training(resources: dict[str, Any], **more: Any) -> dict[str, Any]:
    found = result(
        Api.TRAINING_JOB,
        "Completed",
        SecondaryStatus="Completed",
        ResourceConfig=resources,
        CreationTime=QUEUED,
        TrainingStartTime=STARTED,
        TrainingEndTime=ENDED,
        TrainingTimeInSeconds=3400,
        BillableTimeInSeconds=1190,
        **more,
    )
    assert found is not None
    return found


def test_a_training_job() -> None:
    found = training(
        {"InstanceType": "ml.g5.xlarge", "InstanceCount": 2, "VolumeSizeInGB": 30},
        ModelArtifacts={"S3ModelArtifacts": "s3://out/churn/output/model.tar.gz"},
        FinalMetricDataList=[{"MetricName": "validation:loss", "Value": 0.31, "Timestamp": ENDED}],
    )
    assert found == {
        "version": 1,
        **TIMES,
        "billableSeconds": 2380,
        "instances": {"type": "ml.g5.xlarge", "count": 2},
        "metrics": {"validation:loss": 0.31},
        "model": "s3://out/churn/output/model.tar.gz",
        "output": "s3://out/churn/output/",
    }


def test_the_instances_are_those_that_the_provider_selected() -> None:
    preferences = [{"InstanceType": "ml.g6.2xlarge"}, {"InstanceType": "ml.g5.2xlarge"}]
    found = training(
        {
            "InstancePreferences": preferences,
            "InstanceCount": 1,
            "SelectedInstanceType": "ml.g5.2xlarge",
            "SelectedInstanceCount": 3,
        }
    )
    assert found["instances"] == {"type": "ml.g5.2xlarge", "count": 3}
    assert found["billableSeconds"] == 3 * 1190


@pytest.mark.parametrize(
    ("types", "instances"),
    [(("ml.a", "ml.a"), {"type": "ml.a", "count": 3}), (("ml.a", "ml.b"), None)],
)
def test_groups_of_instances_are_billed_together(types: tuple[str, str], instances: object) -> None:
    groups = [{"InstanceType": kind, "InstanceCount": n} for n, kind in enumerate(types, start=1)]
    found = training({"InstanceGroups": groups})
    assert (found["billableSeconds"], found.get("instances")) == (3 * 1190, instances)


def test_a_training_job_that_never_started_used_nothing() -> None:
    found = result(
        Api.TRAINING_JOB,
        "Failed",
        SecondaryStatus="Failed",
        FailureReason="CapacityError: Unable to provision requested ML compute capacity.",
        ResourceConfig={"InstanceType": "ml.p4d.24xlarge", "InstanceCount": 1},
        CreationTime=QUEUED,
        LastModifiedTime=ENDED,
    )
    assert found == {
        "version": 1,
        "queuedAt": TIMES["queuedAt"],
        "endedAt": TIMES["endedAt"],
        "output": "s3://out/churn/output/",
    }


def test_a_serverless_training_job_is_billed_by_tokens() -> None:
    found = result(
        Api.TRAINING_JOB, "Completed", SecondaryStatus="Completed", BillableTokenCount=5000, CreationTime=QUEUED
    )
    assert found is not None
    assert found["tokens"] == {"billable": 5000}


@pytest.mark.parametrize("count", [1, 2])
def test_a_processing_job_has_an_output_if_it_has_only_one(count: int) -> None:
    found = result(
        Api.PROCESSING_JOB,
        "Failed",
        FailureReason="AlgorithmError: See job logs for more information",
        ExitMessage="Algorithm Error: (caused by CalledProcessError)",
        CreationTime=QUEUED,
        ProcessingStartTime=STARTED,
        ProcessingEndTime=ENDED,
        ProcessingResources={"ClusterConfig": {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1}},
        ProcessingOutputConfig={"Outputs": [{"S3Output": {"S3Uri": f"s3://out/{n}"}} for n in range(count)]},
    )
    assert found == {
        "version": 1,
        **TIMES,
        "instances": {"type": "ml.m5.xlarge", "count": 1},
        **({"output": "s3://out/0"} if count == 1 else {}),
        "exitMessage": "Algorithm Error: (caused by CalledProcessError)",
    }


@pytest.mark.parametrize("has_started", [True, False])
def test_a_transform_job_is_billed_from_start_to_end(has_started: bool) -> None:
    found = result(
        Api.TRANSFORM_JOB,
        "Completed" if has_started else "Failed",
        CreationTime=QUEUED,
        TransformEndTime=ENDED,
        TransformOutput={"S3OutputPath": "s3://out/scores/"},
        TransformResources={"InstanceType": "ml.m5.xlarge", "InstanceCount": 2},
        **({"TransformStartTime": STARTED} if has_started else {}),
    )
    used = {"billableSeconds": 2 * 68 * 60, "instances": {"type": "ml.m5.xlarge", "count": 2}}
    times = {name: at for name, at in TIMES.items() if has_started or name != "startedAt"}
    assert found == {"version": 1, **times, **(used if has_started else {}), "output": "s3://out/scores/"}


def tuning(**more: Any) -> dict[str, Any] | None:
    definitions = [
        {"DefinitionName": name, "OutputDataConfig": {"S3OutputPath": f"s3://out/{name}/"}} for name in "ab"
    ]
    return result(
        Api.TUNING_JOB,
        "Completed",
        CreationTime=QUEUED,
        HyperParameterTuningEndTime=ENDED,
        TrainingJobDefinitions=definitions,
        **more,
    )


def test_a_tuning_job_tells_the_best_of_its_training_jobs() -> None:
    found = tuning(
        BestTrainingJob={
            "TrainingJobName": "churn-001-0123abcd",
            "TrainingJobDefinitionName": "b",
            "FinalHyperParameterTuningJobObjectiveMetric": {"MetricName": "loss", "Value": 0.25},
        }
    )
    assert found == {
        "version": 1,
        "queuedAt": TIMES["queuedAt"],
        "endedAt": TIMES["endedAt"],
        "metrics": {"loss": 0.25},
        "model": "s3://out/b/churn-001-0123abcd/output/model.tar.gz",
        "output": "s3://out/b/",
    }


def test_a_tuning_job_without_a_best_one_has_no_model() -> None:
    times = {name: TIMES[name] for name in ("queuedAt", "endedAt")}
    assert tuning() == {"version": 1, **times, "output": "s3://out/a/"}


@pytest.mark.parametrize("total", [0, 1200])
def test_a_bedrock_job_has_counts_once_its_input_is_validated(total: int) -> None:
    found = result(
        Api.BEDROCK_JOB,
        "PartiallyCompleted",
        submitTime=QUEUED,
        endTime=ENDED,
        totalRecordCount=total,
        processedRecordCount=total and 900,
        successRecordCount=total and 893,
        errorRecordCount=total and 7,
    )
    counts = {"records": {"total": 1200, "processed": 900, "succeeded": 893, "failed": 7}}
    assert found == {
        "version": 1,
        "queuedAt": TIMES["queuedAt"],
        "endedAt": TIMES["endedAt"],
        **(counts if total else {}),
        "output": "s3://out/arn:1/",
    }


COUNTS = {"total": 1200, "processed": 900, "succeeded": 893, "failed": 7}


@pytest.mark.parametrize(
    ("manifest", "records", "tokens"),
    [
        (b'{"inputTokenCount":9000,"outputTokenCount":5400}', COUNTS, {"input": 9000, "output": 5400}),
        (b'{"inputTokenCount":9000,"outputTokenCount":5400,"inputAudioSecond":3}', COUNTS, None),
        (b'{"inputTokenCount":9000}', COUNTS, None),
        (b'{"inputTokenCount":true,"outputTokenCount":1}', COUNTS, None),
        (b'{"inputTokenCount":-1,"outputTokenCount":1}', COUNTS, None),
        (b"[]", COUNTS, None),
        (b"{", COUNTS, None),
        (None, COUNTS, None),
        (None, COUNTS | {"processed": 0}, {"input": 0, "output": 0}),
        (b'{"inputTokenCount":9000,"outputTokenCount":5400}', COUNTS | {"total": 0}, None),
        (b'{"inputTokenCount":9000,"outputTokenCount":5400}', {}, None),
    ],
)
def test_the_tokens_of_a_batch_are_in_its_manifest(
    manifest: bytes | None, records: dict[str, int], tokens: dict[str, int] | None
) -> None:
    """A batch that is also billed by another measure has no known number of tokens alone."""
    read: list[str] = []

    def answered(uri: str) -> bytes | None:
        read.append(uri)
        return manifest

    counts = {RECORD_COUNTS[name]: count for name, count in records.items()}
    client: Any = Answering(described("PartiallyCompleted", **counts))
    seen_job = BedrockJobs(lambda: client, lambda: client, answered, INVOCATION).observe(
        a_job(api=Api.BEDROCK_JOB, state=State.RUNNING, provider_id="arn:1")
    )
    assert seen_job.result is not None
    assert seen_job.result.tokens == tokens
    assert read in ([], ["s3://out/arn:1/manifest.json.out"])


@pytest.mark.parametrize(
    ("billed", "seconds"),
    [(3600, 7200), (3_600_000, 7200), (100, 200), (0, 0), (100_000_000, None), (None, None)],
)
def test_a_braket_job_is_billed_for_no_longer_than_it_ran(billed: int | None, seconds: int | None) -> None:
    found = result(
        Api.BRAKET_JOB,
        "COMPLETED",
        createdAt=QUEUED,
        startedAt=STARTED,
        endedAt=ENDED,
        instanceConfig={"instanceType": "ml.m5.large", "volumeSizeInGb": 30, "instanceCount": 2},
        **({} if billed is None else {"billableDuration": billed}),
    )
    assert found == {
        "version": 1,
        **TIMES,
        **({} if seconds is None else {"billableSeconds": seconds}),
        "instances": {"type": "ml.m5.large", "count": 2},
        "model": "s3://out/output/model.tar.gz",
        "output": "s3://out/output/",
    }


def test_a_fireworks_job_has_its_times() -> None:
    found = result(
        Api.FIREWORKS_JOB,
        "COMPLETED",
        createTime=TIMES["queuedAt"],
        startTime="2026-09-01T10:02:00.123456Z",
        endTime=TIMES["endedAt"],
    )
    assert found == {"version": 1, **TIMES}


@pytest.mark.parametrize("time", ["yesterday", "2026-09-01T10:00:00", 7, None])
def test_a_time_that_fireworks_writes_otherwise_is_left_out(time: object) -> None:
    assert result(Api.FIREWORKS_JOB, "FAILED", createTime=time) is None
