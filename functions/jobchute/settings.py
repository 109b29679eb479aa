"""The functions' environment. This is its only reader; each function's settings say what it needs.

Neither pydantic nor dataclasses: a dozen classes of either take 20 ms of every cold start to make.
"""

import os
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, dataclass_transform

from jobchute.errors import EnvironmentVariablesError
from jobchute.packing import unpacked

if TYPE_CHECKING:
    from jobchute.money.budgets import Budgets
    from jobchute.pools.limits import Limits
    from jobchute.requests.guardrails import GuardRails
    from jobchute.requests.location import Location
    from jobchute.requests.owners import Owner

DAY = 24 * 3600


@dataclass_transform(kw_only_default=True)
class Settings:
    """One environment variable a field, `JOBCHUTE_` before its name in capitals."""

    types: ClassVar[dict[str, Any]] = {}
    """Of every field, those of the classes above included."""

    def __init_subclass__(cls) -> None:
        own = [each.__annotations__ for each in reversed(cls.__mro__) if each not in (Settings, object)]
        cls.types = {name: kind for annotations in own for name, kind in annotations.items()}

    def __init__(self, **values: Any) -> None:
        """Raises TypeError for a field that is missing, or that there is not."""
        missing = {name for name in self.types if self._is_required(name)} - values.keys()
        if missing or not values.keys() <= self.types.keys():
            raise TypeError(f"{type(self).__name__} takes {sorted(self.types)}, got {sorted(values)}")
        vars(self).update({name: values.get(name, getattr(self, name, None)) for name in self.types})

    @classmethod
    def from_environment(cls) -> Self:
        """Raises EnvironmentVariablesError, which names the variables that are missing or malformed."""
        values: dict[str, Any] = {}
        problems = []
        for name, kind in cls.types.items():
            variable = _variable(name)
            try:
                if variable in os.environ:
                    values[name] = READERS[kind](unpacked(os.environ[variable]))
                elif cls._is_required(name):
                    problems.append(f"{variable} is missing")
            except ValueError as error:
                problems.append(f"{variable}: {error}")
        if problems:
            raise EnvironmentVariablesError("; ".join(problems))
        return cls(**values)

    @classmethod
    def variables(cls) -> dict[str, bool]:
        """The variables' names, and whether each is required."""
        return {_variable(name): cls._is_required(name) for name in cls.types}

    @classmethod
    def _is_required(cls, name: str) -> bool:
        return not hasattr(cls, name)


S = TypeVar("S", bound=Settings)


class EnvironmentReader:
    """Gives settings of the environment, and reads none again that it has read as a part of others."""

    def __init__(self) -> None:
        self._read: list[Settings] = []

    def __call__(self, kind: type[S], /) -> S:
        """Raises EnvironmentVariablesError."""
        for settings in self._read:
            if isinstance(settings, kind):
                return settings
        settings = kind.from_environment()
        self._read.append(settings)
        return settings


def _variable(name: str) -> str:
    return f"JOBCHUTE_{name.upper()}"


def _guard_rails(text: str) -> "GuardRails":
    from jobchute.requests.guardrails import GuardRails

    return GuardRails.of_json(text)


def _pools(text: str) -> "Mapping[str, Limits]":
    from jobchute.pools.limits import rules_of_json

    return rules_of_json(text)


def _owners(text: str) -> "Mapping[str, Owner]":
    from jobchute.requests.owners import owners_of_json

    return owners_of_json(text)


def _budgets(text: str) -> "Budgets | None":
    from jobchute.money.budgets import Budgets

    return Budgets.of_json(text)


def _place(text: str) -> "Location":
    from jobchute.requests.location import Location

    return Location.of_text(text)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


READERS: dict[Any, Callable[[str], Any]] = {
    str: str,
    str | None: str,
    int: int,
    tuple[str, ...]: _words,
    "GuardRails": _guard_rails,
    "Mapping[str, Limits]": _pools,
    "Mapping[str, Owner]": _owners,
    "Budgets | None": _budgets,
    "Location | None": _place,
}
"""By the field's annotation. They raise ValueError (pydantic's ValidationError is one)."""


class LedgerSettings(Settings):
    """retention_seconds: how long an ended job is kept."""

    table: str
    retention_seconds: int = 365 * DAY


class ExecutionSettings(LedgerSettings):
    """wait_limit_seconds: how long a job may wait for submission."""

    state_machine_arn: str
    wait_limit_seconds: int = 14 * DAY


class TimingSettings(ExecutionSettings):
    """Waits of the lifecycle; a deployment to the embedded AWS, where time is compressed, shortens them.

    pools: rules of pools beside the defaults.
    """

    allowance_seconds: int = DAY
    lease_seconds: int = 120
    settle_seconds: int = 60
    look_seconds: int = 60
    regrowth_seconds: int = 300
    pools: "Mapping[str, Limits]" = MappingProxyType({})


class ManifestSettings(Settings):
    """manifest_buckets: where manifests of ended jobs may be read; empty where that is not switched on."""

    manifest_buckets: tuple[str, ...] = ()


class FireworksSettings(TimingSettings):
    fireworks_secret_arn: str
    fireworks_url: str = "https://api.fireworks.ai"


class ValidateSettings(FireworksSettings):
    """owners: whose requests are taken; empty where the deployment has none. budgets: None where it has none.

    place: where the deployment is, to hold requests against it; None on the embedded AWS.
    """

    bucket: str
    owners: "Mapping[str, Owner]" = MappingProxyType({})
    fair_by: str = "submitter"
    queue_url: str  # of the intake queue, for what one call has no time for
    buckets: tuple[str, ...] = ()  # that may feed the intake besides the stack's own
    guard_rails: "GuardRails"
    budgets: "Budgets | None" = None
    place: "Location | None" = None

    @property
    def own_guard_rails(self) -> "GuardRails":
        """The guard rails, and the bucket that they protect."""
        return self.guard_rails._replace(own_bucket=self.bucket)


class DispatchSettings(FireworksSettings):
    pass


class ObserveSettings(TimingSettings, ManifestSettings):
    """Fireworks sends no events, so this function never calls it."""


class ExpireSettings(FireworksSettings, ManifestSettings):
    pass


class DeadLetterSettings(LedgerSettings):
    bucket: str
    owners: "Mapping[str, Owner]" = MappingProxyType({})
    dead_letter_queue_url: str
    events_dead_letter_queue_url: str
    stream_failures_queue_url: str


class OtherQueueSettings(DeadLetterSettings):
    """other_queue_urls: of queues that feed the intake besides Jobchute's own.

    shortest_hidden_seconds: how long such a queue must hide a message that is being handled.
    """

    other_queue_urls: tuple[str, ...] = ()
    shortest_hidden_seconds: int = 540


class ReconcileSettings(FireworksSettings, ManifestSettings):
    """For reconciling jobs, which does not depend on the check for dead letters."""


class BudgetSettings(TimingSettings):
    """For jobs that wait for budgets, and for telling how much is used. budgets: None where there are none."""

    bus: str
    budgets: "Budgets | None" = None


class RetellingSettings(TimingSettings):
    """For holding what was told against the ledger."""

    bucket: str


class FileCountSettings(LedgerSettings):
    """For counting the jobs of files, and telling that a file has ended."""

    bucket: str
    bus: str


class ReconcileFunctionSettings(
    ReconcileSettings, OtherQueueSettings, RetellingSettings, FileCountSettings, BudgetSettings
):
    """Everything that the function `reconcile` is given."""


class AnnounceSettings(TimingSettings):
    """stream_failures_queue_url: where records go that could not be announced."""

    bucket: str
    bus: str
    stream_failures_queue_url: str
