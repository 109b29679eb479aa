"""The adapters of all APIs over the fakes of their providers."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from jobchute.job import Api
from jobchute.providers.adapter import Adapter
from jobchute.providers.bedrock.invocation_job.adapter import BedrockJobs
from jobchute.providers.braket.hybrid_job.adapter import BraketJobs
from jobchute.providers.fireworks.account import Account
from jobchute.providers.fireworks.batch_job.adapter import FireworksJobs
from jobchute.providers.sagemaker.adapter import PROCESSING, TRAINING, SageMakerJobs
from tests.fakes.fireworks import FakeFireworks
from tests.fakes.provider import Provider
from tests.fakes.provider_clients import FakeBedrock, FakeBraket, FakeSageMaker
from tests.fakes.wire import Wire

ACCOUNT = Account("https://fireworks.invalid", "a", "key")


def adapters_over(
    provider: Provider, wire: Wire, account: Callable[[], Account] = lambda: ACCOUNT
) -> Mapping[Api, Adapter]:
    """No create call is repeated by its client (runtime.PROVIDER_CONFIG); the other calls may be."""

    def clients(fake: Any, service: str) -> tuple[Any, Any]:
        creator = fake(provider, io=wire.aws(service, repeats=False))
        client = fake(provider, io=wire.aws(service))
        return lambda: creator, lambda: client

    sagemaker = clients(FakeSageMaker, "sagemaker")
    fireworks = cast("Any", FakeFireworks(provider, wire))
    return {
        Api.BRAKET_JOB: BraketJobs(*clients(FakeBraket, "braket")),
        Api.BEDROCK_JOB: BedrockJobs(*clients(FakeBedrock, "bedrock")),
        Api.TRAINING_JOB: SageMakerJobs(*sagemaker, TRAINING),
        Api.PROCESSING_JOB: SageMakerJobs(*sagemaker, PROCESSING),
        Api.FIREWORKS_JOB: FireworksJobs(lambda: fireworks, account, lambda: None),
    }
