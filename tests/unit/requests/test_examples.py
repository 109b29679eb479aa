"""Real request bodies by others: the valid are accepted, the invalid refused for the reason they give."""

import json
from pathlib import Path
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.requests.body import problems_in
from tests.paths import EXAMPLES

VALID = sorted(EXAMPLES.glob("valid/*/*.json"))
INVALID = sorted(EXAMPLES.glob("invalid/*/*.json"))

# What each invalid example is known for: problems that must be among those found.
EXPECTED: dict[str, set[tuple[str, str]]] = {
    "bedrock-CreateModelInvocationJob/01": {("request.jobName", "TOO_LONG")},
    "bedrock-CreateModelInvocationJob/05": {("request.roleArn", "MISSING")},
    "bedrock-CreateModelInvocationJob/07": {
        ("request.roleArn", "MISSING"),
        ("request.outputDataConfig", "MISSING"),
    },
    "bedrock-CreateModelInvocationJob/09": {("request.roleArn", "PATTERN")},
    "braket-CreateJob/01": {("request.jobName", "PATTERN")},
    "braket-CreateJob/03": {
        ("request.roleArn", "PATTERN"),
        ("request.algorithmSpecification.scriptModeConfig.s3Uri", "PATTERN"),
        ("request.outputDataConfig", "MISSING"),
        ("request.instanceConfig", "MISSING"),
        ("request.deviceConfig", "MISSING"),
    },
    "fireworks-CreateBatchJob/01": {
        ("request.notebookExecutor", "EXCLUSIVE"),
        ("request.shellExecutor", "EXCLUSIVE"),
        ("request.environmentId", "EXCLUSIVE"),
        ("request.snapshotId", "EXCLUSIVE"),
        ("request.pythonExecutor.targetType", "NOT_ALLOWED_VALUE"),
    },
    "fireworks-CreateBatchJob/02": {
        ("request.notebookExecutor", "EXCLUSIVE"),
        ("request.shellExecutor", "EXCLUSIVE"),
        ("request.environmentId", "EXCLUSIVE"),
        ("request.snapshotId", "EXCLUSIVE"),
        ("request.pythonExecutor.targetType", "NOT_ALLOWED_VALUE"),
    },
    "sagemaker-CreateProcessingJob/01": {("request.ProcessingJobName", "PATTERN")},
    "sagemaker-CreateProcessingJob/03": {("request.AppSpecification.ContainerArguments", "TOO_FEW")},
    "sagemaker-CreateProcessingJob/05": {("request.ProcessingInputs[1].S3Input.LocalPath", "DUPLICATE")},
    "sagemaker-CreateProcessingJob/07": {
        (f"request.ProcessingInputs[2].DatasetDefinition.{key}", "UNKNOWN_KEY")
        for key in ("Typename", "Datasetsourcetype", "Name", "S3Executioncontext")
    },
    "sagemaker-CreateProcessingJob/12": {
        ("request.ProcessingJobName", "PATTERN"),
        ("request.ProcessingInputs[0].S3Input.S3DataType", "NOT_ALLOWED_VALUE"),
        ("request.ProcessingInputs[0].S3Input.S3Uri", "PATTERN"),
        ("request.RoleArn", "PATTERN"),
        ("request.Tags[0].Name", "UNKNOWN_KEY"),
    },
    "sagemaker-CreateProcessingJob/14": {
        ("request.ProcessingInputs[1].LocalPath", "UNKNOWN_KEY"),
        ("request.ProcessingInputs[1].DataDistributionType", "UNKNOWN_KEY"),
        ("request.ProcessingInputs[1].InputMode", "UNKNOWN_KEY"),
        ("request.ProcessingOutputConfig.AppManaged", "UNKNOWN_KEY"),
        ("request.NetworkConfig.StoppingCondition", "UNKNOWN_KEY"),
    },
    "sagemaker-CreateProcessingJob/16": {
        ("request.ProcessingInputs[0].InputName", "MISSING"),
        ("request.ProcessingInputs[0].Source", "UNKNOWN_KEY"),
        ("request.ProcessingInputs[0].Destination", "UNKNOWN_KEY"),
    },
    "sagemaker-CreateHyperParameterTuningJob/01": {("request.HyperParameterTuningJobName", "PATTERN")},
    "sagemaker-CreateHyperParameterTuningJob/02": {("request.HyperParameterTuningJobName", "TOO_LONG")},
    "sagemaker-CreateHyperParameterTuningJob/04": {
        ("request.TrainingJobDefinition.AlgorithmSpecification.MetricDefinitions", "REQUIRES")
    },
    "sagemaker-CreateHyperParameterTuningJob/07": {
        ("request.HyperParameterTuningJobConfig.TrainingJobEarlyStoppingType", "NOT_ALLOWED_VALUE")
    },
    "sagemaker-CreateTransformJob/01": {("request.TransformJobName", "PATTERN")},
    "sagemaker-CreateTransformJob/02": {("request.TransformJobName", "PATTERN")},
    "sagemaker-CreateTransformJob/04": {
        ("request.TransformResources", "MISSING"),
        ("request.TransformInput.DataSource.S3DataSource.S3DataType", "MISSING"),
    },
    "sagemaker-CreateTransformJob/05": {("request.BatchStrategy", "REQUIRES")},
    "sagemaker-CreateTransformJob/07": {
        ("request.TransformInput.DataSource.S3DataSource.S3DataType", "NOT_ALLOWED_VALUE")
    },
    "sagemaker-CreateTrainingJob/01": {("request.TrainingJobName", "PATTERN")},
    "sagemaker-CreateTrainingJob/03": {
        ("request.TrainingJobName", "TOO_LONG"),
        ("request.TrainingJobName", "PATTERN"),
    },
    "sagemaker-CreateTrainingJob/05": {("request.ResourceConfig.InstanceType", "NOT_ALLOWED_VALUE")},
    "sagemaker-CreateTrainingJob/07": {("request.StoppingCondition.MaxWaitTimeInSeconds", "REQUIRES")},
    "sagemaker-CreateTrainingJob/09": {("request.HyperParameters", "TOO_MANY")},
    "sagemaker-CreateTrainingJob/11": {
        (f"request.InputDataConfig[{index}].DataSource.S3DataSource.InstanceGroupNames", "REQUIRES")
        for index in (2, 3)
    },
    "sagemaker-CreateTrainingJob/13": {
        ("request.InputDataConfig[0].DataSource.FileSystemDataSource.FileSystemId", "TOO_SHORT")
    },
    "sagemaker-CreateTrainingJob/15": {("request.ResourceConfig.VolumeSizeInGb", "UNKNOWN_KEY")},
    "sagemaker-CreateTrainingJob/17": {
        ("request.AlgorithmSpecification.TrainingImage", "REQUIRES"),
        ("request.OutputDataConfig.S3OutputPath", "PATTERN"),
    },
    "sagemaker-CreateTrainingJob/20": {("request.HyperParameters.num_round", "WRONG_TYPE")},
    "sagemaker-CreateTrainingJob/22": {("request.InputDataConfig[0].ChannelName", "PATTERN")},
    "sagemaker-CreateTrainingJob/24": {
        ("request.InputDataConfig[0].DataSource.S3DataSource.AtttributeNames", "UNKNOWN_KEY")
    },
    "sagemaker-CreateTrainingJob/26": {
        ("request.VpcConfig.Subnets", "WRONG_TYPE"),
        ("request.VpcConfig.SecurityGroupIds", "WRONG_TYPE"),
    },
}


def example_name(path: Path) -> str:
    return f"{path.parent.name}/{path.name[:2]}"


def loaded(path: Path) -> dict[str, Any]:
    example: dict[str, Any] = json.loads(path.read_text())
    return example


@pytest.mark.parametrize("path", VALID, ids=example_name)
def test_a_valid_example_is_accepted(path: Path) -> None:
    example = loaded(path)
    assert problems_in(Api(example["api"]), example["request"]) == []


def expected_of(path: Path) -> set[tuple[str, str]]:
    """Those above, else the file's `problems`: pairs of a path and a code."""
    problems = loaded(path).get("problems", ())
    return EXPECTED.get(example_name(path)) or {(where, code) for where, code in problems}


def is_only_known_to_aws(path: Path) -> bool:
    """Whether what is wrong is not in the request: that objects are missing, for instance."""
    return bool(loaded(path).get("detectable") == "only at AWS")


@pytest.mark.parametrize("path", INVALID, ids=example_name)
def test_an_invalid_example_is_refused_for_its_reason(path: Path) -> None:
    example = loaded(path)
    found = {(problem.path, problem.code) for problem in problems_in(Api(example["api"]), example["request"])}
    assert expected_of(path) <= found
    assert found or is_only_known_to_aws(path)


def test_every_invalid_example_has_its_expectation() -> None:
    assert set(EXPECTED) <= {example_name(path) for path in INVALID}
    assert all(expected_of(path) or is_only_known_to_aws(path) for path in INVALID)
    assert {loaded(path)["api"] for path in VALID} == {loaded(path)["api"] for path in INVALID} <= set(Api)
