"""Documents of jobs for which there is no capacity at first: for each API, a request and two alternatives."""

from collections.abc import Mapping
from typing import Any

from jobchute.job import Api
from jobchute.providers.capacity import capacity_of
from jobchute.providers.registry import SPECS
from tests.apis import VALUES


def alternatives(api: Api) -> list[dict[str, str]]:
    """What to ask for instead of what is scarce."""
    return [{SPECS[api].capacity.members[0]: value} for value in VALUES[api].others]


def scarce(api: Api, request: Mapping[str, Any]) -> str:
    """What to simulate for a job that the second alternative alone has capacity for."""
    values = VALUES[api]
    return values.scarce.format(first=capacity_of(api, dict(request)), second=values.others[0])
