"""How a job goes: chosen by its tags, else by its name, else by the settings.

| name          | what happens |
|---------------|--------------|
| succeed       | ends in the provider's success state |
| fail          | ends in failure, with a reason in the provider's words |
| stop          | the provider itself stops it |
| timeout       | ends as the provider reports a run that took too long |
| partial       | Bedrock: PartiallyCompleted; elsewhere as succeed |
| capacity      | gets no capacity in time |
| interrupted   | SageMaker training: a spot job waits too long after an interruption; elsewhere as capacity |
| internal      | fails through the provider's fault, in its words |
| code          | fails through its own program |
| input         | fails through its data |
| permission    | fails without a permission |
| unknown       | fails in words that say nothing |
| slow          | runs 20 times longer |
| throttle      | the first two creates are throttled |
| quota         | the first two creates meet a full quota |
| unavailable   | the first two creates are answered with a 5xx, and no job is made |
| lost-answer   | the first create makes the job and is answered with a 5xx |
| never-event   | no event is sent |
| double-event  | every event is sent twice |

Names combine with `+`: the tag `jobchute:simulate=throttle+fail`, or the name `sim-throttle-sim-fail-1`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from .errors import SettingsError


class Outcome(StrEnum):
    """How a job ends."""

    SUCCEED = "succeed"
    FAIL = "fail"
    STOP = "stop"
    TIMEOUT = "timeout"
    PARTIAL = "partial"
    CAPACITY = "capacity"
    INTERRUPTED = "interrupted"
    INTERNAL = "internal"
    CODE = "code"
    INPUT = "input"
    PERMISSION = "permission"
    UNKNOWN = "unknown"


class Refusal(StrEnum):
    """Why a create is refused although nothing is wrong with it."""

    THROTTLE = "throttle"
    QUOTA = "quota"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`pace` multiplies the running time, `event_copies` is how often each event is sent."""

    outcome: Outcome = Outcome.SUCCEED
    refusal: Refusal | None = None
    pace: float = 1.0
    event_copies: int = 1
    loses_answer: bool = False


TABLE: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        **{str(outcome): {"outcome": outcome} for outcome in Outcome},
        "slow": {"pace": 20.0},
        "throttle": {"refusal": Refusal.THROTTLE},
        "quota": {"refusal": Refusal.QUOTA},
        "unavailable": {"refusal": Refusal.UNAVAILABLE},
        "lost-answer": {"loses_answer": True},
        "never-event": {"event_copies": 0},
        "double-event": {"event_copies": 2},
    }
)

_IN_NAME = re.compile("sim-(" + "|".join(TABLE) + ")(?![a-z])", re.IGNORECASE)


def scenario_named(text: str) -> Scenario:
    """The scenario of `fail` or `throttle+fail`. Raises SettingsError for a name that is not in the table."""
    scenario = Scenario()
    for name in text.strip().lower().split("+"):
        if name not in TABLE:
            raise SettingsError(f"the simulator knows no scenario '{name}'; it knows {', '.join(TABLE)}")
        scenario = replace(scenario, **TABLE[name])
    return scenario


def choose_scenario(*, tags: Mapping[str, str], name: str, default: str) -> Scenario:
    """The scenario of a job. Raises SettingsError where a tag asks for one that does not exist."""
    if asked := _asked_by_tag(tags):
        return scenario_named(asked)
    if found := _IN_NAME.findall(name):
        return scenario_named("+".join(found))
    return scenario_named(default)


def _asked_by_tag(tags: Mapping[str, str]) -> str | None:
    """The value of `jobchute:simulate`, `jobchute/simulate` or any key whose last part is `simulate`."""
    for key, value in sorted(tags.items()):
        if re.split("[:/.]", key)[-1] == "simulate":
            return value
    return None
