"""The simulator's settings: given at start, changed while it runs by POST /_simulator/settings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any, Self

from jobchute.job import Api

from .errors import SettingsError
from .scenarios import scenario_named

_NUMBERS = ("queue_seconds", "run_seconds", "stop_seconds", "jitter", "refusals", "record_count", "log_lines")
_PER_API = ("max_in_flight", "create_rate")
_TEXTS = ("region", "account", "event_bus", "event_source_prefix")


@dataclass(frozen=True, slots=True)
class Settings:
    """Seconds are real seconds: a job of hours is over in `queue_seconds + run_seconds`.

    jitter: how far a duration strays from its setting, as a part of it (0.2: ±20 %); `seed` makes it, and the
    ids,
        the same at every start.
    scenario: of a job that asks for none (`scenarios.py`).
    log_lines: how many lines each instance of a job writes while it runs.
    refusals: how many creates the scenarios throttle, quota and unavailable refuse.
    max_in_flight: jobs of an API that may be unfinished at a time; create_rate: creates a second, burst of
    the same.
        Both by API (`{"braket:CreateJob": 3}`); an API that is not named has no limit.
    fireworks_key: the one API key that Fireworks takes; None takes any.
    """

    region: str = "us-east-1"
    account: str = "000000000000"
    queue_seconds: float = 0.3
    run_seconds: float = 1.5
    stop_seconds: float = 0.2
    jitter: float = 0.0
    seed: int | None = None
    scenario: str = "succeed"
    refusals: int = 2
    record_count: int = 100
    log_lines: int = 3
    max_in_flight: Mapping[str, float] = field(default_factory=dict)
    create_rate: Mapping[str, float] = field(default_factory=dict)
    fireworks_key: str | None = None
    event_bus: str = "default"
    event_source_prefix: str = "jobchute.simulator."

    def __post_init__(self) -> None:
        _check(self)

    def changed(self, changes: Mapping[str, Any]) -> Self:
        """These settings with some of them changed. Raises SettingsError."""
        known = {each.name for each in fields(self)}
        if unknown := sorted(set(changes) - known):
            raise SettingsError(f"unknown settings {', '.join(unknown)}; known are {', '.join(sorted(known))}")
        return replace(self, **changes)

    def as_json(self) -> dict[str, Any]:
        """Every setting, the key left out."""
        return {name: value for name, value in asdict(self).items() if name != "fireworks_key"}


def _check(settings: Settings) -> None:
    for name in _NUMBERS:
        _check_number(name, getattr(settings, name))
    for name in _PER_API:
        _check_per_api(name, getattr(settings, name))
    for name in _TEXTS:
        if not isinstance(getattr(settings, name), str):
            raise SettingsError(f"{name} takes a string")
    if not isinstance(settings.scenario, str):
        raise SettingsError("scenario takes a string")
    scenario_named(settings.scenario)


def _check_number(name: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise SettingsError(f"{name} takes a number from 0 up, not {value!r}")


def _check_per_api(name: str, value: Any) -> None:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{name} takes an object from API to number")
    for api, limit in value.items():
        if api not in list(Api):
            raise SettingsError(f"{name}: unknown API '{api}'; known are {', '.join(Api)}")
        _check_number(f"{name} of {api}", limit)
