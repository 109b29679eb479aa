"""What docs/requests.md says that SageMaker does itself is in its models, with these limits."""

from typing import Any

import pytest
from botocore.session import get_session

from tests.paths import ROOT

PAGE = (ROOT / "docs" / "requests.md").read_text()
FIVE, THIRTY = {"min": 1, "max": 5}, {"min": 1, "max": 30}


def shape_at(operation: str, path: str) -> Any:
    shape: Any = get_session().get_service_model("sagemaker").operation_model(operation).input_shape
    for name in path.split("."):
        shape = shape.members[name]
    return shape


@pytest.mark.parametrize(
    ("operation", "path", "limits"),
    [
        ("CreateTrainingJob", "ResourceConfig.InstancePreferences", FIVE),
        ("CreateProcessingJob", "ProcessingResources.ClusterConfig.InstancePreferences", FIVE),
        ("CreateTrainingJob", "RetryStrategy.MaximumRetryAttempts", THIRTY),
        ("CreateTrainingJob", "EnableManagedSpotTraining", {}),
        ("CreateTrainingJob", "StoppingCondition.MaxWaitTimeInSeconds", {"min": 1}),
    ],
)
def test_sagemaker_has_what_the_page_recommends(operation: str, path: str, limits: dict[str, int]) -> None:
    assert {
        name: value for name, value in shape_at(operation, path).metadata.items() if name in limits
    } == limits
    assert any(f"`{name}`" in PAGE for name in path.split("."))


def test_a_processing_job_has_no_retry_strategy() -> None:
    request: Any = (
        get_session().get_service_model("sagemaker").operation_model("CreateProcessingJob").input_shape
    )
    assert "RetryStrategy" not in request.members
