"""How a job goes: chosen by its tags, else by its name, else by the settings.

| name          | what happens |
|---------------|--------------|
| succeed       | ends in the provider's success state |
| fail          | ends in failure, with a reason in the provider's words |
| stop          | the provider itself stops it |
| timeout       | ends as the provider reports a run that took too long; as fail where it has no such end |
| partial       | Bedrock batches, quantum tasks, Fireworks inference: a part fails; elsewhere as succeed |
| capacity      | gets no capacity in time |
| interrupted   | SageMaker training: a spot job waits too long after an interruption; elsewhere as capacity |
| internal      | fails through the provider's fault, in its words |
| throttled     | fails because its calls were throttled |
| code          | fails through its own program |
| input         | fails through its data |
| permission    | fails without a permission |
| unknown       | fails in words that say nothing |
| pending       | waits at the provider until it is stopped |
| slow          | runs 20 times longer |
| throttle      | the first two creates are throttled |
| quota         | the first two creates meet a full quota |
| unavailable   | the first two creates are answered with a 5xx, and no job is made |
| no-quota      | every create meets a full quota |
| zero-quota    | SageMaker: every create meets a quota of 0; elsewhere as no-quota |
| offline       | Braket: every create finds the device offline; elsewhere as no-quota |
| lost-answer   | the first create makes the job and is answered with a 5xx |
| never-event   | no event is sent |
| double-event  | every event is sent twice |
| once          | all this happens to the first attempt of a job; later ones succeed |
| twice         | all this happens to the first two attempts of a job; later ones succeed |

Names combine with `+`: the tag `jobchute:simulate=throttle+fail`, or the name `sim-throttle-sim-fail-1`. In a
tag, `capacity@ml.g5.xlarge` happens to a job only if that is a value of its request, or the last part of one:
`offline@sv1` of a Braket device. Of InstancePreferences, SageMaker takes the first entry that nothing happens
to.
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
    THROTTLED = "throttled"
    CODE = "code"
    INPUT = "input"
    PERMISSION = "permission"
    UNKNOWN = "unknown"
    PENDING = "pending"


class Refusal(StrEnum):
    """Why a create is refused although nothing is wrong with it."""

    THROTTLE = "throttle"
    QUOTA = "quota"
    UNAVAILABLE = "unavailable"
    ZERO_QUOTA = "zero-quota"
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True)
class Scenario:
    """`pace` multiplies the running time, `event_copies` is how often each event is sent.

    refusal_lasts: whether every create is refused. attempts: how many of a job's attempts it happens to; None
    for all. missing: what the request may not contain.
    """

    outcome: Outcome = Outcome.SUCCEED
    refusal: Refusal | None = None
    refusal_lasts: bool = False
    pace: float = 1.0
    event_copies: int = 1
    loses_answer: bool = False
    attempts: int | None = None
    missing: frozenset[str] = frozenset()


TABLE: Mapping[str, Mapping[str, Any]] = MappingProxyType(
    {
        **{str(outcome): {"outcome": outcome} for outcome in Outcome},
        "slow": {"pace": 20.0},
        "throttle": {"refusal": Refusal.THROTTLE},
        "quota": {"refusal": Refusal.QUOTA},
        "unavailable": {"refusal": Refusal.UNAVAILABLE},
        "no-quota": {"refusal": Refusal.QUOTA, "refusal_lasts": True},
        "zero-quota": {"refusal": Refusal.ZERO_QUOTA, "refusal_lasts": True},
        "offline": {"refusal": Refusal.OFFLINE, "refusal_lasts": True},
        "lost-answer": {"loses_answer": True},
        "never-event": {"event_copies": 0},
        "double-event": {"event_copies": 2},
        "once": {"attempts": 1},
        "twice": {"attempts": 2},
    }
)

_IN_NAME = re.compile("sim-(" + "|".join(TABLE) + ")(?![a-z])", re.IGNORECASE)
_ATTEMPT_TAGS = ("jobchute:attempt", "jobchute/attempt")
"""Of AWS and of Fireworks; the first attempt has none."""


def scenario_named(
    text: str, *, request: Mapping[str, Any] = MappingProxyType({}), attempt: int = 1
) -> Scenario:
    """The scenario of `fail`, `throttle+fail` or `capacity@ml.g5.xlarge+twice`. Raises SettingsError for a name
    that is not in the table.
    """
    named = [name.partition("@")[::2] for name in text.strip().lower().split("+")]
    scenario = Scenario(missing=frozenset(place for _, place in named if place))
    for name, place in named:
        if name not in TABLE:
            raise SettingsError(f"the simulator knows no scenario '{name}'; it knows {', '.join(TABLE)}")
        places = frozenset(each for other, each in named if other == name)
        if not place or is_without(request, places):
            scenario = replace(scenario, **TABLE[name])
    is_over = scenario.attempts is not None and attempt > scenario.attempts
    return Scenario() if is_over else scenario


def is_without(value: Any, missing: frozenset[str]) -> bool:
    """Whether a request contains one of the missing values; each of its InstancePreferences, if it has any.

    A value may be missing by its last part alone: `sv1` of the ARN of a device.
    """
    match value:
        case str():
            whole = value.lower()
            return whole in missing or whole.rpartition("/")[2] in missing
        case Mapping():
            return any(_is_member_without(name, inner, missing) for name, inner in value.items())
        case list():
            return any(is_without(inner, missing) for inner in value)
        case _:
            return False


def _is_member_without(name: str, value: Any, missing: frozenset[str]) -> bool:
    if name == "InstancePreferences" and value:
        return all(is_without(inner, missing) for inner in value)
    return is_without(value, missing)


def choose_scenario(
    *, tags: Mapping[str, str], name: str, default: str, request: Mapping[str, Any] = MappingProxyType({})
) -> Scenario:
    """The scenario of a job. Raises SettingsError where a tag asks for one that does not exist."""
    attempt = _attempt_in(tags)
    if asked := _asked_by_tag(tags):
        return scenario_named(asked, request=request, attempt=attempt)
    if found := _IN_NAME.findall(name):
        return scenario_named("+".join(found), request=request, attempt=attempt)
    return scenario_named(default, request=request, attempt=attempt)


def _asked_by_tag(tags: Mapping[str, str]) -> str | None:
    """The value of `jobchute:simulate`, `jobchute/simulate` or any key whose last part is `simulate`."""
    for key, value in sorted(tags.items()):
        if re.split("[:/.]", key)[-1] == "simulate":
            return value
    return None


def _attempt_in(tags: Mapping[str, str]) -> int:
    told = next((tags[name] for name in _ATTEMPT_TAGS if name in tags), "1")
    return int(told) if told.isdecimal() else 1
