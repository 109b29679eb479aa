"""ResourceLimitExceeded means "wait" or "never": the texts that SageMaker was seen to send."""

from typing import Any

import pytest

from jobchute.errors import NameTakenError, NotFoundError, PermanentError, ProviderError, QuotaError
from jobchute.job import Api
from jobchute.providers.sagemaker.adapter import SageMakerJobs
from jobchute.providers.sagemaker.processing_job.adapter import PROCESSING
from jobchute.providers.sagemaker.training_job.adapter import TRAINING
from tests.unit.providers.test_aws_errors import client_error

LIMIT = (
    "The account-level service limit '{use} usage' is {limit} Instances, with current utilization of {used} "
    "Instances and a request delta of {delta} Instances. Please use AWS Service Quotas to request an increase."
)
NEVER = [
    LIMIT.format(use="ml.p3.2xlarge for spot training job", limit=0, used=0, delta=1),
    LIMIT.format(use="ml.m5.large for processing job", limit=2, used=0, delta=4),
    LIMIT.format(use="ml.m5.large for processing job", limit=2, used=2, delta=4),
    "The requested resource training-job/ml.t3.medium is not available in this region",
]
LATER = [
    LIMIT.format(use="ml.m5.large for training job", limit=4, used=4, delta=1),
    LIMIT.format(use="ml.m5.large for training job", limit=4, used=2, delta=4),
    LIMIT.format(use="ml.m5.large for training job", limit=10, used=9, delta=2),
    "A text that nobody has seen yet",
]


class Refusing:
    """A SageMaker that refuses everything in the same words."""

    def __init__(self, code: str, message: str) -> None:
        self._code, self._message = code, message

    def __getattr__(self, name: str) -> object:
        def refuse(**request: object) -> None:
            raise client_error(self._code, 400, self._message)

        return refuse


def refused(api: Api, code: str, message: str) -> ProviderError:
    kind = TRAINING if api is Api.TRAINING_JOB else PROCESSING
    client: Any = Refusing(code, message)
    with pytest.raises(ProviderError) as caught:
        SageMakerJobs(lambda: client, lambda: client, kind).submit({})
    return caught.value


BOTH = pytest.mark.parametrize("api", [Api.TRAINING_JOB, Api.PROCESSING_JOB])


@BOTH
@pytest.mark.parametrize("message", NEVER)
def test_a_limit_below_the_demand_ends_the_job(api: Api, message: str) -> None:
    error = refused(api, "ResourceLimitExceeded", message)
    assert type(error) is PermanentError
    assert error.message == message


@BOTH
@pytest.mark.parametrize("message", LATER)
def test_a_limit_that_others_use_up_is_waited_for(api: Api, message: str) -> None:
    assert type(refused(api, "ResourceLimitExceeded", message)) is QuotaError


@BOTH
def test_a_name_in_use_may_be_ours(api: Api) -> None:
    assert type(refused(api, "ResourceInUse", "Training job names must be unique")) is NameTakenError


@BOTH
@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("Requested resource not found.", NotFoundError),
        ("Could not find training job 'arn:aws:sagemaker:…'", NotFoundError),
        ("No S3 objects found under S3 URL s3://bucket/train", PermanentError),
        ("RoleArn: Cross-account pass role is not allowed.", PermanentError),
    ],
)
def test_a_validation_exception_may_mean_a_missing_job(
    api: Api, message: str, expected: type[ProviderError]
) -> None:
    assert type(refused(api, "ValidationException", message)) is expected
