"""Prices and requests whose costs are easy to compute by hand, and their bounds."""

from decimal import Decimal
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.money.cost import Cost, cost_of
from jobchute.money.prices import Price, Prices, key_of
from jobchute.providers.charges import charges_of

HOUR, DAY = 3600, 24 * 3600
RATES = {
    "sagemaker:training/ml.m5.large": ("0.115", "hour"),
    "sagemaker:training/ml.m5.4xlarge": ("0.922", "hour"),
    "sagemaker:training/ml.g5.xlarge": ("1.408", "hour"),
    "sagemaker:training/volume": ("0.146", "GB-month"),
    "sagemaker:processing/ml.m5.xlarge": ("0.23", "hour"),
    "sagemaker:processing/ml.t3.medium": ("0.05", "hour"),
    "sagemaker:transform/ml.m5.large": ("0.134", "hour"),
    "sagemaker:processing/volume": ("0.073", "GB-month"),
    "braket:job/ml.m5.large": ("0.002", "minute"),
    "braket:job/volume": ("0.146", "GB-month"),
    "braket:task/Forte 1": ("0.30", "task"),
    "braket:shot/Forte 1": ("0.08", "shot"),
    "braket:simulator/SV1": ("0.075", "minute"),
    "bedrock:input/Nova Pro": ("0.0004", "1K tokens"),
    "bedrock:output/Nova Pro": ("1.6", "1M tokens"),
    "fireworks:rank/my-pool": ("2.5", "hour"),
    "fireworks:input/accounts/fireworks/models/m": ("0.45", "1M tokens"),
    "fireworks:output/accounts/fireworks/models/m": ("0.45", "1M tokens"),
}
PRICES = Prices(
    {key_of(name): Price(Decimal(dollars), per) for name, (dollars, per) in RATES.items()}, "2026-11-27"
)
"""A gigabyte-month has 730 hours: the volumes' prices make 0.0002 and 0.0001 dollars an hour of a gigabyte."""

PLAN = "arn:aws:sagemaker:eu-central-2:123456789012:training-plan/reserved"
LARGE = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
SV1 = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
FORTE = "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1"
CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 3, "VolumeSizeInGB": 100}


def training(resources: dict[str, Any], stopping: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"ResourceConfig": resources, "StoppingCondition": stopping or {}, **more}


def tuning(number: int | None, parallel: int, seconds: int | None = None) -> dict[str, Any]:
    limits = {
        "MaxNumberOfTrainingJobs": number,
        "MaxParallelTrainingJobs": parallel,
        "MaxRuntimeInSeconds": seconds,
    }
    given = {name: value for name, value in limits.items() if value is not None}
    return {
        "HyperParameterTuningJobConfig": {"ResourceLimits": given},
        "TrainingJobDefinition": training({**LARGE, "VolumeSizeInGB": 10}, {"MaxRuntimeInSeconds": HOUR}),
    }


def processing(cluster: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"ProcessingResources": {"ClusterConfig": cluster}, **more}


def braket(device: str = "local:none", count: int | None = 2, seconds: int | None = 90) -> dict[str, Any]:
    config = {"instanceType": "ml.m5.large", "volumeSizeInGb": 30}
    return {
        "deviceConfig": {"device": device},
        "instanceConfig": config if count is None else {**config, "instanceCount": count},
        **({} if seconds is None else {"stoppingCondition": {"maxRuntimeInSeconds": seconds}}),
    }


def of(api: Api, request: dict[str, Any], **usage: int) -> Cost:
    return cost_of(charges_of(api, request, usage), PRICES)


BOUNDS: list[tuple[str, Api, dict[str, Any], float]] = [
    # 2 x 0.115 x 24 h: without a limit, a training job runs for a day.
    ("training, by default", Api.TRAINING_JOB, training(LARGE), 5.52),
    # 2 x (0.115 + 50 x 0.0002) x 1 h
    (
        "training, with a volume",
        Api.TRAINING_JOB,
        training({**LARGE, "VolumeSizeInGB": 50}, {"MaxRuntimeInSeconds": HOUR}),
        0.25,
    ),
    # 2 x 0.115 x (1 h + 0.5 h): the volumes are not kept.
    (
        "training, with a warm pool",
        Api.TRAINING_JOB,
        training({**LARGE, "KeepAlivePeriodInSeconds": 1800}, {"MaxRuntimeInSeconds": HOUR}),
        0.345,
    ),
    # Spot: MaxWaitTimeInSeconds bounds the wait, and the discount is not known: 2 x 0.115 x 1 h.
    (
        "training, spot",
        Api.TRAINING_JOB,
        training(
            LARGE, {"MaxRuntimeInSeconds": HOUR, "MaxWaitTimeInSeconds": DAY}, EnableManagedSpotTraining=True
        ),
        0.23,
    ),
    # MaxRuntimeInSeconds covers all attempts of the provider: 2 x 0.115 x 1 h.
    (
        "training, with the provider's retries",
        Api.TRAINING_JOB,
        training(LARGE, {"MaxRuntimeInSeconds": HOUR}, RetryStrategy={"MaximumRetryAttempts": 30}),
        0.23,
    ),
    # (2 x 0.115 + 1 x 1.408 + 3 x 10 x 0.0002) x 1 h
    (
        "training, instance groups",
        Api.TRAINING_JOB,
        training(
            {
                "InstanceGroups": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 2, "InstanceGroupName": "a"},
                    {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "InstanceGroupName": "b"},
                ],
                "VolumeSizeInGB": 10,
            },
            {"MaxRuntimeInSeconds": HOUR},
        ),
        1.644,
    ),
    # (2 x 0.115 + 1 x 1.408) x (1 h + 0.5 h) + 3 x 10 x 0.0002 x 1 h: the volumes are not kept.
    (
        "training, instance groups with a warm pool",
        Api.TRAINING_JOB,
        training(
            {
                "InstanceGroups": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 2, "InstanceGroupName": "a"},
                    {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "InstanceGroupName": "b"},
                ],
                "VolumeSizeInGB": 10,
                "KeepAlivePeriodInSeconds": 1800,
            },
            {"MaxRuntimeInSeconds": HOUR},
        ),
        2.463,
    ),
    # Paid in advance, which does not lower the bound: 2 x 0.115 x 1 h. Waiting for the plan is not billed.
    (
        "training, with a training plan",
        Api.TRAINING_JOB,
        training(
            {**LARGE, "TrainingPlanArn": PLAN}, {"MaxRuntimeInSeconds": HOUR, "MaxPendingTimeInSeconds": DAY}
        ),
        0.23,
    ),
    # The dearest of 4 x (0.115 + 10 x 0.0002) and 1 x (0.922 + 10 x 0.0002), x 1 h, and 0.5 h x 0.922
    (
        "training, preferences with plans, volumes and a warm pool",
        Api.TRAINING_JOB,
        training(
            {
                "InstancePreferences": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 4, "TrainingPlanArns": [PLAN]},
                    {"InstanceType": "ml.m5.4xlarge", "InstanceCount": 1},
                ],
                "VolumeSizeInGB": 10,
                "KeepAlivePeriodInSeconds": 1800,
            },
            {"MaxRuntimeInSeconds": HOUR},
        ),
        1.385,
    ),
    # The dearest of 4 x 0.115, 1 x 0.922 and 1 x 1.408, x 2 h
    (
        "training, preferences with counts",
        Api.TRAINING_JOB,
        training(
            {
                "InstancePreferences": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 4},
                    {"InstanceType": "ml.m5.4xlarge", "InstanceCount": 1},
                    {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
                ]
            },
            {"MaxRuntimeInSeconds": 2 * HOUR},
        ),
        2.816,
    ),
    # 3 x the dearer of 0.115 and 0.922, x 1 h
    (
        "training, preferences with one count",
        Api.TRAINING_JOB,
        training(
            {
                "InstanceCount": 3,
                "InstancePreferences": [{"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.m5.4xlarge"}],
            },
            {"MaxRuntimeInSeconds": HOUR},
        ),
        2.766,
    ),
    # 2 x 0.115 x 1 h, and beside it (0.05 + 20 x 0.0001) x 1 h for the rule with an instance
    (
        "training, with rules",
        Api.TRAINING_JOB,
        training(
            LARGE,
            {"MaxRuntimeInSeconds": HOUR},
            DebugRuleConfigurations=[
                {"RuleConfigurationName": "own", "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 20},
                {"RuleConfigurationName": "built in"},
            ],
        ),
        0.282,
    ),
    # 2 x 0.115 x 2 h, and beside it 2 x (0.23 + 5 x 0.0001) x 2 h for the profiler's rules
    (
        "training, with the profiler's rules",
        Api.TRAINING_JOB,
        training(
            LARGE,
            {"MaxRuntimeInSeconds": 2 * HOUR},
            ProfilerRuleConfigurations=[
                {"RuleConfigurationName": name, "InstanceType": "ml.m5.xlarge", "VolumeSizeInGB": 5}
                for name in ("one", "two")
            ],
        ),
        1.382,
    ),
    # 3 x (0.23 + 100 x 0.0001) x 24 h: without a limit, a processing job runs for a day.
    ("processing, by default", Api.PROCESSING_JOB, processing(CLUSTER), 17.28),
    # 3 x (0.23 + 100 x 0.0001) x 0.5 h
    (
        "processing, with a limit",
        Api.PROCESSING_JOB,
        processing(CLUSTER, StoppingCondition={"MaxRuntimeInSeconds": 1800}),
        0.36,
    ),
    # The dearer of 10 x (0.05 + 0.0001) and 1 x (0.23 + 0.0001), x 1 h
    (
        "processing, preferences",
        Api.PROCESSING_JOB,
        processing(
            {
                "InstancePreferences": [
                    {"InstanceType": "ml.t3.medium", "InstanceCount": 10},
                    {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
                ],
                "VolumeSizeInGB": 1,
            },
            StoppingCondition={"MaxRuntimeInSeconds": HOUR},
        ),
        0.501,
    ),
    # 3 x the dearer of 0.05 + 2 x 0.0001 and 0.23 + 2 x 0.0001, x 0.5 h
    (
        "processing, preferences with one count",
        Api.PROCESSING_JOB,
        processing(
            {
                "InstanceCount": 3,
                "InstancePreferences": [{"InstanceType": "ml.t3.medium"}, {"InstanceType": "ml.m5.xlarge"}],
                "VolumeSizeInGB": 2,
            },
            StoppingCondition={"MaxRuntimeInSeconds": 1800},
        ),
        0.3453,
    ),
    # The lesser of 6 jobs x 1 h and 2 at a time x 2 h, x 2 x (0.115 + 10 x 0.0002)
    ("tuning, by the tuning job's limit", Api.TUNING_JOB, tuning(6, 2, 2 * HOUR), 0.936),
    # 6 jobs x 1 h, x 2 x (0.115 + 10 x 0.0002)
    ("tuning, by its jobs", Api.TUNING_JOB, tuning(6, 2), 1.404),
    # 2 at a time x 30 d, x 2 x (0.115 + 10 x 0.0002)
    ("tuning, without a number of jobs", Api.TUNING_JOB, tuning(None, 2), 336.96),
    # 2 x 0.134 x 6 d: Jobchute's limit is five days, and a job is stopped a day later.
    ("transform", Api.TRANSFORM_JOB, {"TransformResources": LARGE}, 38.592),
    # 2 x (0.002 x 1.5 min + 30 x 0.0002 x 0.025 h)
    ("braket, local", Api.BRAKET_JOB, braket(), 0.0063),
    # (0.002 x 7200 min + 30 x 0.0002 x 120 h): without a limit, a job runs for five days, on one instance.
    ("braket, by default", Api.BRAKET_JOB, braket(count=None, seconds=None), 15.12),
    # 0.30 + 2,500 x 0.08
    ("task, quantum device", Api.QUANTUM_TASK, {"deviceArn": FORTE, "shots": 2500}, 200.3),
    # 0.075 x 36 h: Jobchute's limit is twelve hours, and a task is stopped a day later.
    ("task, simulator", Api.QUANTUM_TASK, {"deviceArn": SV1, "shots": 2500}, 162.0),
    # 1 rank x 2.5 x 8 d: Jobchute's limit is seven days, and a job is stopped a day later.
    ("fireworks, one rank", Api.FIREWORKS_JOB, {"nodePoolId": "my-pool"}, 480.0),
    ("fireworks, ranks", Api.FIREWORKS_JOB, {"nodePoolId": "my-pool", "numRanks": 4}, 1920.0),
]
EACH = pytest.mark.parametrize(
    ("api", "request_", "dollars"), [case[1:] for case in BOUNDS], ids=[case[0] for case in BOUNDS]
)
