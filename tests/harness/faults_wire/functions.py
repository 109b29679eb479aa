"""The functions of the run, pointed to the proxies and kept warm."""

from collections.abc import Iterator
from typing import Any

from infra.endpoints import endpoint_variables

FUNCTION_TIMEOUT = 30
# An attempt outlives its function (lease), and a call that was sent in time lands within settle.
SECONDS = {"LEASE": 32, "SETTLE": 6}


def point_functions(functions: Any, *, aws_url: str, provider_url: str) -> None:
    """All calls of the functions go through the proxies, and no others. functions: a client of Lambda."""
    own = {
        "AWS_ENDPOINT_URL": aws_url,
        **endpoint_variables(provider_url),
        "JOBCHUTE_FIREWORKS_URL": provider_url,
        **{f"JOBCHUTE_{name}_SECONDS": str(value) for name, value in SECONDS.items()},
    }
    for name, variables in _named(functions):
        environment = {"Variables": variables | own}
        functions.update_function_configuration(
            FunctionName=name, Timeout=FUNCTION_TIMEOUT, Environment=environment
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName=name, WaiterConfig={"Delay": 1})


def _named(functions: Any) -> Iterator[tuple[str, dict[str, str]]]:
    for page in functions.get_paginator("list_functions").paginate():
        for function in page["Functions"]:
            variables = function.get("Environment", {}).get("Variables", {})
            if "JOBCHUTE_TABLE" in variables:
                yield function["FunctionName"], variables


def warm_up(functions: Any) -> None:
    """A process of each function is there before the traffic: what these calls answer does not matter."""
    for name, _ in _named(functions):
        functions.invoke(FunctionName=name, Payload=b'{"Records": []}')
