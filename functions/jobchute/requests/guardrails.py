"""What a deployment allows beyond what the providers' models do."""

import fnmatch
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from jobchute.requests.document import Submission
from jobchute.requests.problems import Problem

ROLE_KEYS = ("roleArn", "RoleArn", "role")


class GuardRails(BaseModel):
    """The deployment's limits. Roles and prefixes may end in `*`; an empty list of roles allows none."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    roles: tuple[str, ...] = Field(default=(), description="execution roles that requests may name")

    def problems_in(self, submission: Submission) -> list[Problem]:
        """Everything in a request that this deployment does not allow."""
        return list(self._roles(submission.request))

    def _roles(self, request: Any) -> Iterator[Problem]:
        for key in ROLE_KEYS:
            role = request.get(key)
            if isinstance(role, str) and not any(fnmatch.fnmatchcase(role, allowed) for allowed in self.roles):
                rule = (
                    f"this deployment does not allow the role {role!r}; "
                    "whoever deploys it adds the role to the context value jobchute:roles"
                )
                yield Problem(f"request.{key}", "ROLE_NOT_ALLOWED", rule)
