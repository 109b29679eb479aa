"""SageMaker training and processing as an unmodified boto3 client sees them."""

from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]


@pytest.fixture
def sagemaker(client: Any) -> Any:
    return client("sagemaker")


def error_of(call: Any, **parameters: Any) -> dict[str, Any]:
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    return dict(caught.value.response["Error"])


def tagged(job: dict[str, Any], scenario: str) -> dict[str, Any]:
    return job | {"Tags": [{"Key": "jobchute:simulate", "Value": scenario}]}


def test_a_training_job_goes_through_its_secondary_statuses(
    sagemaker: Any, training_job: Any, simulator: Any
) -> None:
    sagemaker.create_training_job(**training_job)
    assert sagemaker.describe_training_job(TrainingJobName="churn")["SecondaryStatus"] == "Starting"
    simulator.advance(1000)
    job = sagemaker.describe_training_job(TrainingJobName="churn")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Completed", "Completed")
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]] == [
        "Starting",
        "Downloading",
        "Training",
        "Uploading",
        "Completed",
    ]
    assert job["ModelArtifacts"] == {"S3ModelArtifacts": "s3://models/out/churn/output/model.tar.gz"}
    assert (job["TrainingEndTime"] - job["TrainingStartTime"]).total_seconds() == pytest.approx(100, abs=0.01)
    assert job["ResourceConfig"] == training_job["ResourceConfig"]


@pytest.mark.parametrize(
    ("scenario", "status", "secondary"),
    [
        ("fail", "Failed", "Failed"),
        ("stop", "Stopped", "Stopped"),
        ("timeout", "Stopped", "MaxRuntimeExceeded"),
    ],
)
def test_a_scenario_leads_a_training_job_to_its_end(
    sagemaker: Any, training_job: Any, simulator: Any, scenario: str, status: str, secondary: str
) -> None:
    sagemaker.create_training_job(**tagged(training_job, scenario))
    simulator.advance(1000)
    job = sagemaker.describe_training_job(TrainingJobName="churn")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == (status, secondary)
    assert job.get("FailureReason", "").startswith("AlgorithmError: ") == (scenario == "fail")


@pytest.mark.parametrize(
    ("scenario", "status"),
    [("succeed", "Completed"), ("fail", "Failed"), ("stop", "Stopped"), ("timeout", "Stopped")],
)
def test_a_scenario_leads_a_processing_job_to_its_end(
    sagemaker: Any, processing_job: Any, simulator: Any, scenario: str, status: str
) -> None:
    sagemaker.create_processing_job(**tagged(processing_job, scenario))
    simulator.advance(1000)
    job = sagemaker.describe_processing_job(ProcessingJobName="features")
    assert job["ProcessingJobStatus"] == status
    took = (job["ProcessingEndTime"] - job["ProcessingStartTime"]).total_seconds()
    assert (took >= 3600) == (scenario == "timeout")


@pytest.mark.parametrize(
    ("scenario", "status"), [("succeed", "Completed"), ("fail", "Failed"), ("stop", "Stopped")]
)
def test_a_scenario_leads_a_transform_job_to_its_end(
    sagemaker: Any, transform_job: Any, simulator: Any, scenario: str, status: str
) -> None:
    sagemaker.create_transform_job(**tagged(transform_job, scenario))
    assert "TransformStartTime" not in sagemaker.describe_transform_job(TransformJobName="scores")
    simulator.advance(1000)
    job = sagemaker.describe_transform_job(TransformJobName="scores")
    assert (job["TransformJobStatus"], "LastModifiedTime" in job) == (status, False)
    assert job["TransformStartTime"] < job["TransformEndTime"]
    (listed,) = sagemaker.list_transform_jobs(StatusEquals=status)["TransformJobSummaries"]
    assert (listed["TransformJobStatus"], "TransformStartTime" in listed) == (status, False)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"MaxPayloadInMB": 101}, "cannot exceed 100 MB"),
        ({"MaxPayloadInMB": 6, "MaxConcurrentTransforms": 17}, "cannot exceed 100 MB"),
    ],
)
def test_a_transform_job_s_payloads_have_a_limit(
    sagemaker: Any, transform_job: Any, changes: dict[str, int], problem: str
) -> None:
    assert problem in error_of(sagemaker.create_transform_job, **transform_job | changes)["Message"]


@pytest.mark.parametrize(
    ("scenario", "status", "counted"),
    [
        ("succeed", "Completed", {"Completed": 3}),
        ("fail", "Failed", {"NonRetryableError": 5}),
        ("stop", "Stopped", {"Stopped": 2}),
        ("timeout", "Stopped", {"Stopped": 2}),
    ],
)
def test_a_scenario_leads_a_tuning_job_to_its_end(
    sagemaker: Any, tuning_job: Any, simulator: Any, scenario: str, status: str, counted: dict[str, int]
) -> None:
    sagemaker.create_hyper_parameter_tuning_job(**tagged(tuning_job, scenario))
    describe = partial(sagemaker.describe_hyper_parameter_tuning_job, HyperParameterTuningJobName="Tune")
    assert not any(describe()["TrainingJobStatusCounters"].values())
    simulator.advance(100)
    assert describe()["TrainingJobStatusCounters"]["InProgress"] == 2
    simulator.advance(1000)
    job = describe()
    counters = {name: number for name, number in job["TrainingJobStatusCounters"].items() if number}
    assert (job["HyperParameterTuningJobStatus"], counters) == (status, counted)
    assert ("BestTrainingJob" in job) == (status == "Completed")
    assert (job["ConsumedResources"]["RuntimeInSeconds"] == 3600) == (scenario == "timeout")
    (listed,) = sagemaker.list_hyper_parameter_tuning_jobs()["HyperParameterTuningJobSummaries"]
    assert listed["TrainingJobStatusCounters"] == job["TrainingJobStatusCounters"]


def test_a_tuning_job_s_name_is_the_same_in_small_letters(sagemaker: Any, tuning_job: Any) -> None:
    sagemaker.create_hyper_parameter_tuning_job(**tuning_job)
    again = tuning_job | {"HyperParameterTuningJobName": "tune"}
    assert error_of(sagemaker.create_hyper_parameter_tuning_job, **again)["Code"] == "ResourceInUse"
    missing = error_of(sagemaker.stop_hyper_parameter_tuning_job, HyperParameterTuningJobName="none")
    assert missing["Code"] == "ResourceNotFound"


@pytest.mark.parametrize("changes", [{"TrainingJobDefinition": None}, {"TrainingJobDefinitions": [None]}])
def test_a_tuning_job_defines_its_jobs_in_one_way(
    sagemaker: Any, tuning_job: Any, changes: dict[str, Any]
) -> None:
    definition = tuning_job["TrainingJobDefinition"]
    changed = {name: [definition] if value else value for name, value in changes.items()}
    given = {name: value for name, value in (tuning_job | changed).items() if value is not None}
    refused = error_of(sagemaker.create_hyper_parameter_tuning_job, **given)
    assert "exactly one of TrainingJobDefinition" in refused["Message"]


def test_a_used_name_is_in_use_until_the_job_is_deleted(
    sagemaker: Any, training_job: Any, simulator: Any
) -> None:
    arn = sagemaker.create_training_job(**training_job)["TrainingJobArn"]
    refused = error_of(sagemaker.create_training_job, **training_job)
    assert refused["Code"] == "ResourceInUse"
    assert refused["Message"] == (
        "Training job names must be unique within an AWS account and region, "
        f"and a training job with this name already exists ({arn})"
    )
    assert error_of(sagemaker.delete_training_job, TrainingJobName="churn")["Code"] == "ResourceInUse"
    simulator.advance(1000)
    sagemaker.delete_training_job(TrainingJobName="churn")
    sagemaker.create_training_job(**training_job)


def test_a_training_and_a_processing_job_may_share_a_name(
    sagemaker: Any, training_job: Any, processing_job: Any
) -> None:
    sagemaker.create_training_job(**training_job)
    sagemaker.create_processing_job(**processing_job | {"ProcessingJobName": "churn"})
    assert sagemaker.describe_processing_job(ProcessingJobName="churn")["ProcessingJobStatus"] == "InProgress"


def test_a_missing_job_is_a_validation_exception(sagemaker: Any) -> None:
    wanted = {"Code": "ValidationException", "Message": "Requested resource not found."}
    assert error_of(sagemaker.describe_training_job, TrainingJobName="none") == wanted
    assert error_of(sagemaker.stop_processing_job, ProcessingJobName="none") == wanted


def test_a_stop_leads_through_stopping_and_is_refused_after(
    sagemaker: Any, training_job: Any, simulator: Any
) -> None:
    sagemaker.create_training_job(**training_job)
    sagemaker.stop_training_job(TrainingJobName="churn")
    assert sagemaker.describe_training_job(TrainingJobName="churn")["TrainingJobStatus"] == "Stopping"
    simulator.advance(1000)
    job = sagemaker.describe_training_job(TrainingJobName="churn")
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert error_of(sagemaker.stop_training_job, TrainingJobName="churn") == {
        "Code": "ValidationException",
        "Message": "The request was rejected because the training job is in status Stopped.",
    }


def test_jobs_are_listed_newest_first_and_in_pages(sagemaker: Any, training_job: Any) -> None:
    for number in range(3):
        sagemaker.create_training_job(**training_job | {"TrainingJobName": f"churn-{number}"})
    pages = sagemaker.get_paginator("list_training_jobs").paginate(PaginationConfig={"PageSize": 2})
    names = [[job["TrainingJobName"] for job in page["TrainingJobSummaries"]] for page in pages]
    assert names == [["churn-2", "churn-1"], ["churn-0"]]
    found = sagemaker.list_training_jobs(NameContains="n-1", StatusEquals="InProgress")
    assert [job["TrainingJobName"] for job in found["TrainingJobSummaries"]] == ["churn-1"]


def test_tags_can_be_added_and_listed(sagemaker: Any, training_job: Any) -> None:
    arn = sagemaker.create_training_job(**training_job)["TrainingJobArn"]
    sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "größe", "Value": "ein Wert"}])
    assert sagemaker.list_tags(ResourceArn=arn)["Tags"] == [
        {"Key": "team", "Value": "growth"},
        {"Key": "größe", "Value": "ein Wert"},
    ]


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"ResourceConfig": None}, "ResourceConfig is required"),
        ({"AlgorithmSpecification": {"TrainingInputMode": "File"}}, "exactly one of TrainingImage"),
        (
            {"ResourceConfig": {"VolumeSizeInGB": 1, "SelectedInstanceCount": 1}},
            "SelectedInstanceCount isn't accepted",
        ),
    ],
)
def test_what_the_model_lets_pass_and_the_service_does_not(
    sagemaker: Any, training_job: Any, changes: Any, problem: str
) -> None:
    request = {name: value for name, value in (training_job | changes).items() if value is not None}
    refused = error_of(sagemaker.create_training_job, **request)
    assert refused["Code"] == "ValidationException"
    assert problem in refused["Message"]


def ended(sagemaker: Any, simulator: Any, job: Any) -> Any:
    sagemaker.create_training_job(**job)
    simulator.advance(1000)
    return sagemaker.describe_training_job(TrainingJobName=job["TrainingJobName"])


def test_a_job_without_capacity_never_starts(sagemaker: Any, training_job: Any, simulator: Any) -> None:
    job = ended(sagemaker, simulator, tagged(training_job, "capacity"))
    assert job["FailureReason"].startswith("CapacityError: ")
    assert not job.keys() & {"TrainingStartTime", "TrainingEndTime", "BillableTimeInSeconds"}
    retrying = [each["StatusMessage"] for each in job["SecondaryStatusTransitions"]]
    assert "Insufficient capacity error from EC2 while launching instances, retrying!" in retrying


def test_an_interrupted_job_waits_for_too_long(sagemaker: Any, training_job: Any, simulator: Any) -> None:
    spot = tagged(training_job, "interrupted") | {"EnableManagedSpotTraining": True}
    job = ended(sagemaker, simulator, spot)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxWaitTimeExceeded")
    assert "Interrupted" in [each["Status"] for each in job["SecondaryStatusTransitions"]]


def test_a_spot_job_is_billed_for_less_than_it_trained(
    sagemaker: Any, training_job: Any, simulator: Any
) -> None:
    job = ended(sagemaker, simulator, training_job | {"EnableManagedSpotTraining": True})
    assert 0 < job["BillableTimeInSeconds"] < job["TrainingTimeInSeconds"]
    other = ended(sagemaker, simulator, training_job | {"TrainingJobName": "on-demand"})
    assert other["BillableTimeInSeconds"] == other["TrainingTimeInSeconds"]


def test_each_defined_metric_has_a_value(sagemaker: Any, training_job: Any, simulator: Any) -> None:
    defined = [{"Name": name, "Regex": "x=(.*)"} for name in ("validation:auc", "train:loss")]
    algorithm = training_job["AlgorithmSpecification"] | {"MetricDefinitions": defined}
    values: list[list[float]] = []
    for rate in ("0.1", "0.2", "0.2"):
        changed = {"AlgorithmSpecification": algorithm, "HyperParameters": {"eta": rate}}
        name = f"eta-{len(values)}"
        job = ended(sagemaker, simulator, training_job | changed | {"TrainingJobName": name})
        metrics = job["FinalMetricDataList"]
        assert [each["MetricName"] for each in metrics] == ["validation:auc", "train:loss"]
        values.append([each["Value"] for each in metrics])
    assert values[0] != values[1] == values[2]


def test_the_first_preferred_instance_is_selected(sagemaker: Any, training_job: Any, simulator: Any) -> None:
    preferred = [{"InstanceType": kind} for kind in ("ml.g6.2xlarge", "ml.g5.2xlarge")]
    resources = {"InstancePreferences": preferred, "InstanceCount": 2, "VolumeSizeInGB": 50}
    job = ended(sagemaker, simulator, training_job | {"ResourceConfig": resources})
    assert job["ResourceConfig"] == {
        **resources,
        "SelectedInstanceType": "ml.g6.2xlarge",
        "SelectedInstanceCount": 2,
    }
