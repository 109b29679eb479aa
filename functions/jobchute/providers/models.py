"""The models of the request bodies: those of AWS services are generated from botocore, others written by hand.

A model is a module with `REQUEST` (a TypedDict that pydantic validates), the names `READ_ONLY`,
`SENSITIVE` and `UNIONS`, and a sister module `…_docs` with the provider's own words. Only the
model in use is imported.
"""

from functools import cache

from pydantic import TypeAdapter

from jobchute.job import Api
from jobchute.providers.registry import module_of
from jobchute.validation.model import RequestModel


@cache
def model_for(api: Api) -> RequestModel:
    """The model of one API, imported and compiled on first use."""
    module = module_of(api, "model")
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
    docs: dict[str, str] = module_of(api, "model_docs").DOCS
    return docs
