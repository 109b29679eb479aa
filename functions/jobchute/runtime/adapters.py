"""The adapters of all APIs over one set of clients."""

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

from jobchute.job import Api
from jobchute.providers.adapter import Adapter
from jobchute.providers.bedrock.invocation_job.adapter import BedrockJobs
from jobchute.providers.braket.hybrid_job.adapter import BraketJobs
from jobchute.providers.fireworks.batch_job.adapter import FireworksJobs
from jobchute.providers.sagemaker.adapter import PROCESSING, TRAINING, SageMakerJobs

if TYPE_CHECKING:
    from jobchute.providers.fireworks.account import Account
    from jobchute.runtime.fresh import Fresh
    from jobchute.runtime.protocols import Clients


def adapters_over(clients: "Clients", account: "Fresh[Account]") -> Mapping[Api, Adapter]:
    """None of them makes its client, or reads the account, before its first call."""
    braket, bedrock, sagemaker = (
        (partial(clients.provider_client, service), partial(clients.provider_reader, service))
        for service in ("braket", "bedrock", "sagemaker")
    )
    return {
        Api.BRAKET_JOB: BraketJobs(*braket),
        Api.BEDROCK_JOB: BedrockJobs(*bedrock),
        Api.TRAINING_JOB: SageMakerJobs(*sagemaker, TRAINING),
        Api.PROCESSING_JOB: SageMakerJobs(*sagemaker, PROCESSING),
        Api.FIREWORKS_JOB: FireworksJobs(clients.http, account, account.forget),
    }
