"""The models of the five request bodies: four generated from botocore, Fireworks' by hand.

A model is a module with `REQUEST` (a TypedDict that pydantic validates), the names `READ_ONLY`,
`SENSITIVE` and `UNIONS`, and a sister module `…_docs` with the provider's own words. Only the
model in use is imported.
"""

from functools import cache
from importlib import import_module

from pydantic import TypeAdapter

from jobchute.job import Api
from jobchute.validation.model import RequestModel

MODULES = {
    Api.BRAKET_JOB: "jobchute.providers.braket.hybrid_job.model",
    Api.BEDROCK_JOB: "jobchute.providers.bedrock.invocation_job.model",
    Api.TRAINING_JOB: "jobchute.providers.sagemaker.training_job.model",
    Api.PROCESSING_JOB: "jobchute.providers.sagemaker.processing_job.model",
    Api.FIREWORKS_JOB: "jobchute.providers.fireworks.batch_job.model",
}


@cache
def model_for(api: Api) -> RequestModel:
    """The model of one API, imported and compiled on first use."""
    module = import_module(MODULES[api])
    return RequestModel(
        operation=api.partition(":")[2],
        request=module.REQUEST,
        adapter=TypeAdapter(module.REQUEST),
        read_only=module.READ_ONLY,
        sensitive=module.SENSITIVE,
        unions=module.UNIONS,
        elsewhere=getattr(module, "ELSEWHERE", {}),
    )


@cache
def docs_for(api: Api) -> dict[str, str]:
    """What the provider says of each member, by `Structure.member`; needed for messages and schema only."""
    docs: dict[str, str] = import_module(f"{MODULES[api]}_docs").DOCS
    return docs
