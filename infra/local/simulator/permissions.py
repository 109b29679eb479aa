"""What a call is authorized by. Each service says it of its own operations.

Which actions, resources and condition keys a call is authorized by follows the service authorization reference
(braket, bedrock, sagemaker): creating with tags needs the tagging action, naming a role needs iam:PassRole.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Parameters = Mapping[str, Any]
Conditions = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Need:
    """One authorization: an action on a resource (`*` where the action knows none), with what is asked for."""

    action: str
    resource: str
    conditions: Conditions = field(default_factory=dict)


Allows = Callable[[str, Need], str | None]
"""From an access key and a need to None, or to the ARN of the caller who may not."""


def passing(role: str, service: str) -> Need:
    """What naming a role in a request needs. service: the principal that the role is passed to."""
    return Need("iam:PassRole", role, {"iam:PassedToService": [service]})
