"""Every way in which a request asks for capacity is in a bound by hand, by the members of botocore's models."""

from collections.abc import Mapping
from typing import Any

import botocore.session
import pytest

from tests.unit.money.quantities import BOUNDS

FREE = "not billed"
"""Of a member that changes no quantity."""
ANSWERED = "only in answers"

WAYS: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("sagemaker", "ResourceConfig"): {
        "InstanceType": "training, by default",
        "InstanceCount": "training, by default",
        "VolumeSizeInGB": "training, with a volume",
        "VolumeKmsKeyId": FREE,
        "KeepAlivePeriodInSeconds": "training, with a warm pool",
        "InstanceGroups": "training, instance groups",
        "TrainingPlanArn": "training, with a training plan",
        "InstancePlacementConfig": FREE,
        "InstancePreferences": "training, preferences with one count",
        "SelectedInstanceType": ANSWERED,
        "SelectedInstanceCount": ANSWERED,
    },
    ("sagemaker", "InstanceGroup"): {
        "InstanceType": "training, instance groups with a warm pool",
        "InstanceCount": "training, instance groups with a warm pool",
        "InstanceGroupName": FREE,
    },
    ("sagemaker", "InstancePreference"): {
        "InstanceType": "training, preferences with counts",
        "InstanceCount": "training, preferences with counts",
        "TrainingPlanArns": "training, preferences with plans, volumes and a warm pool",
    },
    ("sagemaker", "StoppingCondition"): {
        "MaxRuntimeInSeconds": "training, with a volume",
        "MaxWaitTimeInSeconds": "training, spot",
        "MaxPendingTimeInSeconds": "training, with a training plan",
    },
    ("sagemaker", "RetryStrategy"): {"MaximumRetryAttempts": "training, with the provider's retries"},
    ("sagemaker", "DebugRuleConfiguration"): {
        "RuleConfigurationName": FREE,
        "LocalPath": FREE,
        "S3OutputPath": FREE,
        "RuleEvaluatorImage": FREE,
        "InstanceType": "training, with rules",
        "VolumeSizeInGB": "training, with rules",
        "RuleParameters": FREE,
    },
    ("sagemaker", "ProfilerRuleConfiguration"): {
        "RuleConfigurationName": FREE,
        "LocalPath": FREE,
        "S3OutputPath": FREE,
        "RuleEvaluatorImage": FREE,
        "InstanceType": "training, with the profiler's rules",
        "VolumeSizeInGB": "training, with the profiler's rules",
        "RuleParameters": FREE,
    },
    ("sagemaker", "ProcessingResources"): {"ClusterConfig": "processing, by default"},
    ("sagemaker", "ProcessingClusterConfig"): {
        "InstanceType": "processing, by default",
        "InstanceCount": "processing, by default",
        "VolumeSizeInGB": "processing, with a limit",
        "VolumeKmsKeyId": FREE,
        "InstancePreferences": "processing, preferences with one count",
        "SelectedInstanceType": ANSWERED,
        "SelectedInstanceCount": ANSWERED,
    },
    ("sagemaker", "ProcessingInstancePreference"): {
        "InstanceType": "processing, preferences",
        "InstanceCount": "processing, preferences",
    },
    ("sagemaker", "ProcessingStoppingCondition"): {"MaxRuntimeInSeconds": "processing, with a limit"},
    ("braket", "InstanceConfig"): {
        "instanceType": "braket, local",
        "instanceCount": "braket, local",
        "volumeSizeInGb": "braket, local",
    },
    ("braket", "JobStoppingCondition"): {"maxRuntimeInSeconds": "braket, local"},
}


@pytest.mark.parametrize(("service", "shape"), WAYS, ids=str)
def test_every_member_that_asks_for_capacity_is_known(service: str, shape: str) -> None:
    found: Any = botocore.session.get_session().get_service_model(service).shape_for(shape)
    assert WAYS[service, shape].keys() == dict(found.members).keys()


def test_every_way_has_a_bound_by_hand() -> None:
    cases = {name for name, *_ in BOUNDS}
    named = {case for members in WAYS.values() for case in members.values()}
    assert named - cases == {FREE, ANSWERED}
