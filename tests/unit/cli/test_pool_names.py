"""A rule of pools that would match nothing is refused, with the nearest name that does."""

import pytest

from jobchute.cli.pool_names import problem_with
from jobchute.job import Api
from jobchute.providers.pool_defaults import DEFAULTS

TRAINING = str(Api.TRAINING_JOB)


@pytest.mark.parametrize(
    "name",
    [
        *Api,
        *DEFAULTS,
        f"{TRAINING}/ml.m5.large",
        f"{TRAINING}/ml.m5.*",
        "sagemaker:CreateProcessingJob/ml.*",
        "braket:CreateJob/arn:aws:braket:::device/qpu/ionq/Aria-1",
        "braket:CreateJob/local:*",
        "braket:CreateJob/arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1",
        "braket:CreateJob/arn:aws:braket:*/ionq/*",
        "braket:CreateJob/*",
        "bedrock:CreateModelInvocationJob/arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-v2:1",
        "bedrock:CreateModelInvocationJob/anthropic.claude-v2",
        "fireworks:CreateBatchJob/gpu-pool",
        "label:team=growth",
    ],
)
def test_a_rule_that_can_match_is_no_problem(name: str) -> None:
    assert problem_with(name) is None


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("sagemaker:CreateTrainingJobs", "did you mean sagemaker:CreateTrainingJob?"),
        ("sagemaker:createtrainingjob/*", "did you mean sagemaker:CreateTrainingJob/*?"),
        ("braket:createjob", "did you mean braket:CreateJob?"),
        (f"{TRAINING}/ml.m5.lrge", f"did you mean {TRAINING}/ml.m5.large?"),
        (f"{TRAINING}/m5.large", f"did you mean {TRAINING}/ml.m5.large?"),
        (f"{TRAINING}/", f"did you mean {TRAINING} or {TRAINING}/*?"),
        ("braket:CreateJob/sv1", "a device is an ARN or local:…"),
        ("braket:CreateJob/arn:aws:braket:::devices/qpu/ionq/Aria-1", "a device is an ARN or local:…"),
        (
            "braket:CreateJob/arn:aws:sqs:us-east-1:123456789012:jobs",
            "a device is an ARN or local:…",
        ),
        ("bedrock:CreateModelInvocationJob/claude v2", "a model is an id or an ARN"),
        ("fireworks:CreateBatchJob/ ", "without white space around it"),
        ("fireworks:CreateBatchJob/gpu\n", "without white space around it"),
        ("fireworks:CreateBatchJob/" + "é" * 257, "at most 512 bytes"),
        (" braket:CreateJob", "did you mean braket:CreateJob?"),
        (f"{TRAINING}/ML.M5.LARGE", f"did you mean {TRAINING}/ml.m5.large?"),
        (f"{TRAINING}/ml.m5.*x", "has no such instance type"),
        ("label:aws-team=growth", "label:NAME=VALUE"),
        ("label:team=*", "label:NAME=VALUE"),
        ("", "a pool is API, API/CAPACITY (* for any) or label:NAME=VALUE"),
        ("everything", "a pool is API, API/CAPACITY"),
        ("label:team", "label:NAME=VALUE"),
        ("label:=growth", "label:NAME=VALUE"),
        ("label:team=", "label:NAME=VALUE"),
        ("label:a b=c", "label:NAME=VALUE"),
    ],
)
def test_a_rule_without_a_match_is_told_the_nearest_name(name: str, nearest: str) -> None:
    problem = problem_with(name)
    assert problem is not None
    assert nearest in problem
