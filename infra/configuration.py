"""What a deployment may choose: the context values that begin with `jobchute:`, checked at synthesis."""

from typing import Annotated

from constructs import Node
from pydantic import BaseModel, ConfigDict, Field, Json, StringConstraints, TypeAdapter

PREFIX = "jobchute:"

RoleArn = Annotated[str, StringConstraints(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/*-]+$")]
BucketName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")]


class Embedded(BaseModel):
    """How a deployment to the embedded AWS differs: where the simulator is, and that time is compressed.

    There are no roles there to be protected, so requests may name any.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    provider_url: str = Field(description="the provider simulator's address")
    event_source_prefix: str = Field(
        description="PutEvents refuses aws.*, so simulated events say this instead"
    )
    seconds: dict[str, int] = Field(default_factory=dict, description="shorter waits, by setting")


class Configuration(BaseModel):
    """Everything that `cdk deploy -c jobchute:NAME=VALUE` or cdk.json's context may say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    stack: str = "Jobchute"
    roles: tuple[RoleArn, ...] = Field(
        default=(), description="execution roles that requests may name; each may be passed to its provider"
    )
    buckets: tuple[BucketName, ...] = Field(
        default=(), description="other buckets that may feed the intake queue, to be read from"
    )
    retention_days: int = Field(default=365, ge=1, description="how long ended jobs stay in the ledger")
    throwaway: bool = Field(default=False, description="delete bucket, table and secret with the stack")
    embedded: Embedded | None = None

    @property
    def allowed_roles(self) -> tuple[str, ...]:
        return self.roles if self.embedded is None else ("arn:*:iam::*:role/*",)

    @classmethod
    def from_context(cls, node: Node) -> "Configuration":
        """Values from the command line arrive as text; JSON is taken for what it says."""
        given = {
            name: _parsed(value)
            for name in cls.model_fields
            if (value := node.try_get_context(f"{PREFIX}{name}")) is not None
        }
        return cls.model_validate(given)


def _parsed(value: object) -> object:
    if not isinstance(value, str) or value[:1] not in '[{"tf0123456789':
        return value
    try:
        return TypeAdapter(Json).validate_python(value)
    except ValueError:
        return value
