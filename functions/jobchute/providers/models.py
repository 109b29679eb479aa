"""The models of the five request bodies: four generated from botocore, Fireworks' by hand.

A model is a module with `REQUEST` (a TypedDict that pydantic validates), the names `READ_ONLY`,
`SENSITIVE` and `UNIONS`, and a sister module `…_docs` with the provider's own words. Only the
model in use is imported.
"""

from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

from pydantic import TypeAdapter

from jobchute.job import Api

MODULES = {
    Api.BRAKET_JOB: "jobchute.providers.braket.hybrid_job.model",
    Api.BEDROCK_JOB: "jobchute.providers.bedrock.invocation_job.model",
    Api.TRAINING_JOB: "jobchute.providers.sagemaker.training_job.model",
    Api.PROCESSING_JOB: "jobchute.providers.sagemaker.processing_job.model",
    Api.FIREWORKS_JOB: "jobchute.providers.fireworks.batch_job.model",
}


class RequestModel(NamedTuple):
    """What one API accepts as its request body.

    request: the TypedDict of the body.
    adapter: validates a body; accepts it as it is or raises, and changes nothing.
    read_only: `Structure.member` of what only the provider's answers carry.
    sensitive: `Structure.member` of what no message may repeat.
    unions: the names of the structures of which exactly one member may be given.
    elsewhere: top-level keys of a similar API, each with what to tell who used it here.
    """

    operation: str
    request: type
    adapter: TypeAdapter[Any]
    read_only: frozenset[str]
    sensitive: frozenset[str]
    unions: frozenset[str]
    elsewhere: dict[str, str]


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
