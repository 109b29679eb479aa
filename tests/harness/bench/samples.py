"""The sample requests, under names of their own."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from tests.apis import REQUESTS


def document_of(api: Api, name: str, scenario: str | None = None) -> dict[str, Any]:
    """A sample request under a name of its own."""
    request = REQUESTS[api]
    labels = {} if scenario is None else {"simulate": scenario}
    return {
        "api": api,
        "request": request | {SPECS[api].told_apart_by: name},
        "idempotencyKey": name,
        "labels": labels,
    }
