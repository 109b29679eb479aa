"""The adapters of all APIs over the fakes of their providers."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from jobchute.job import Api
from jobchute.providers.adapter import Adapter
from jobchute.providers.bedrock import BedrockJobs
from jobchute.providers.braket import BraketJobs
from jobchute.providers.fireworks import FireworksJobs
from jobchute.providers.fireworks_account import Account
from jobchute.providers.sagemaker import PROCESSING, TRAINING, SageMakerJobs
from tests.fakes.fireworks import FakeFireworks
from tests.fakes.provider import Provider
from tests.fakes.provider_clients import FakeBedrock, FakeBraket, FakeSageMaker
from tests.fakes.wire import Wire

ACCOUNT = Account("https://fireworks.invalid", "a", "key")


def adapters_over(
    provider: Provider, wire: Wire, account: Callable[[], Account] = lambda: ACCOUNT
) -> Mapping[Api, Adapter]:
    """Provider clients ask once (runtime.PROVIDER_CONFIG), so no call is repeated by its client."""
    sagemaker = cast("Any", FakeSageMaker(provider, io=wire.aws("sagemaker", repeats=False)))
    braket = cast("Any", FakeBraket(provider, io=wire.aws("braket", repeats=False)))
    bedrock = cast("Any", FakeBedrock(provider, io=wire.aws("bedrock", repeats=False)))
    fireworks = cast("Any", FakeFireworks(provider, wire))
    return {
        Api.BRAKET_JOB: BraketJobs(lambda: braket),
        Api.BEDROCK_JOB: BedrockJobs(lambda: bedrock),
        Api.TRAINING_JOB: SageMakerJobs(lambda: sagemaker, TRAINING),
        Api.PROCESSING_JOB: SageMakerJobs(lambda: sagemaker, PROCESSING),
        Api.FIREWORKS_JOB: FireworksJobs(lambda: fireworks, account, lambda: None),
    }
