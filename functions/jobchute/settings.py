"""The functions' environment. This is its only reader; each function's settings say what it needs."""

import os
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, Json

from jobchute.pools import Limits
from jobchute.requests.guardrails import GuardRails

DAY = 24 * 3600


class Settings(BaseModel):
    """One environment variable a field, `JOBCHUTE_` before its name in capitals."""

    model_config = ConfigDict(
        frozen=True, alias_generator=lambda name: f"JOBCHUTE_{name.upper()}", populate_by_name=True
    )

    @classmethod
    def from_environment(cls) -> Self:
        """Raises pydantic.ValidationError, which names the variables that are missing or malformed."""
        return cls.model_validate(dict(os.environ))

    @classmethod
    def variables(cls) -> dict[str, bool]:
        """The variables' names, and whether each is required."""
        return {str(field.alias): field.is_required() for field in cls.model_fields.values()}


class LedgerSettings(Settings):
    table: str
    retention_seconds: int = Field(default=365 * DAY, description="how long an ended job is kept")


class ExecutionSettings(LedgerSettings):
    state_machine_arn: str
    wait_limit_seconds: int = Field(default=14 * DAY, description="how long a job may wait for submission")


class PaceSettings(ExecutionSettings):
    """Waits of the lifecycle; a deployment to the embedded AWS, where time is compressed, shortens them."""

    allowance_seconds: int = DAY
    lease_seconds: int = 120
    settle_seconds: int = 60
    shortest_silence_seconds: int = 60
    regrowth_seconds: int = 300
    pools: Json[dict[str, Limits]] = Field(default={}, description="rules of pools beside the defaults")


class FireworksSettings(PaceSettings):
    fireworks_secret_arn: str
    fireworks_url: str = "https://api.fireworks.ai"


class ValidateSettings(FireworksSettings):
    bucket: str
    fair_by: str = "submitter"
    queue_url: str = Field(description="the intake queue, for what one call has no time for")
    guard_rails: Json[GuardRails]


class DispatchSettings(FireworksSettings):
    pass


class ObserveSettings(FireworksSettings):
    pass


class ExpireSettings(FireworksSettings):
    pass


class DeadLetterSettings(LedgerSettings):
    bucket: str
    dead_letter_queue_url: str
    events_dead_letter_queue_url: str
    stream_failures_queue_url: str


class SweepSettings(FireworksSettings):
    """For looking after jobs, which goes on whatever becomes of looking for dead letters."""


class ReconcileSettings(SweepSettings, DeadLetterSettings):
    pass


class AnnounceSettings(FireworksSettings):
    bucket: str
    bus: str
