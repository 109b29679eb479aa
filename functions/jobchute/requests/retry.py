"""A document's `retry`: how often its job is tried, after which ends, and how long after them."""

import difflib
import re
from collections.abc import Mapping
from typing import Any

from jobchute.attempts import MAX_ATTEMPTS, RETRIED, Policy
from jobchute.outcomes import Cause
from jobchute.problems import Problem

KEYS = ("attempts", "on", "after")
DEFAULT_CAUSES = (Cause.CAPACITY, Cause.INTERRUPTED, Cause.INTERNAL)
DEFAULT_AFTER = 300
MAX_SECONDS = 24 * 3600
DURATION = re.compile(r"([0-9]{1,6})(s|m|h)?")
UNITS = {None: 1, "s": 1, "m": 60, "h": 3600}
_NAMES = ", ".join(RETRIED)


def policy_in(value: Mapping[str, Any], problems: list[Problem], *, alternatives: int = 0) -> Policy | None:
    """What the document says of attempts; None if it wants a single one. alternatives: how many it has."""
    if "retry" not in value:
        return None
    given = value["retry"]
    if not isinstance(given, dict):
        rule = 'retry must be an object, such as {"attempts": 3, "on": ["CAPACITY"], "after": "5m"}'
        problems.append(Problem("retry", "WRONG_TYPE", rule))
        return None
    for key in given:
        if key not in KEYS:
            near = difflib.get_close_matches(key[:100], KEYS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            problems.append(Problem(f"retry.{key[:100]}", "UNKNOWN_KEY", f"{hint}retry has {', '.join(KEYS)}"))
    default = 1 + alternatives if "alternatives" in value else None
    policy = Policy(
        attempts=_attempts(given, default, problems),
        on=_causes(given, problems),
        after=seconds_in(given.get("after", DEFAULT_AFTER), "retry.after", problems),
    )
    return policy if policy.attempts > 1 or alternatives else None


def seconds_in(given: object, path: str, problems: list[Problem]) -> int:
    """Seconds, or a text such as `90s`, `5m` or `2h`: at most a day."""
    name = path.rpartition(".")[2]
    rule = f"{name} must be seconds, or a text such as 90s, 5m or 2h: at most a day"
    found = DURATION.fullmatch(given) if isinstance(given, str) else None
    if found is not None:
        seconds = int(found[1]) * UNITS[found[2]]
    elif isinstance(given, int) and not isinstance(given, bool):
        seconds = given
    else:
        problems.append(Problem(path, "PATTERN" if isinstance(given, str) else "WRONG_TYPE", rule))
        return 0
    if 0 <= seconds <= MAX_SECONDS:
        return seconds
    if seconds < 0:
        problems.append(Problem(path, "TOO_SMALL", f"{name} must not be negative"))
    else:
        problems.append(Problem(path, "TOO_LARGE", rule))
    return 0


def _attempts(given: Mapping[str, Any], default: int | None, problems: list[Problem]) -> int:
    """default: None if nothing would be tried again without the member."""
    if default is None and "attempts" not in given and given.keys() & {"on", "after"}:
        rule = f"say how often the job is tried, all in all: attempts from 2 to {MAX_ATTEMPTS}"
        problems.append(Problem("retry.attempts", "MISSING", rule))
        return 1
    attempts = given.get("attempts", default or 1)
    rule = f"attempts must be a whole number from 1 to {MAX_ATTEMPTS}: how often the job is tried, all in all"
    if not isinstance(attempts, int) or isinstance(attempts, bool):
        problems.append(Problem("retry.attempts", "WRONG_TYPE", rule))
    elif not 1 <= attempts <= MAX_ATTEMPTS:
        problems.append(Problem("retry.attempts", "TOO_LARGE" if attempts > 0 else "TOO_SMALL", rule))
    else:
        return attempts
    return 1


def _causes(given: Mapping[str, Any], problems: list[Problem]) -> tuple[str, ...]:
    if "on" not in given:
        return tuple(map(str, DEFAULT_CAUSES))
    on = given["on"]
    names = on if isinstance(on, list) else [on]
    rule = f"`on` must be one or a list of {_NAMES}: other causes are not tried again"
    if not 1 <= len(names) <= len(RETRIED):
        problems.append(Problem("retry.on", "TOO_MANY" if names else "TOO_FEW", rule))
        return ()
    for index, name in enumerate(names):
        if not isinstance(name, str) or name not in list(RETRIED):
            at = f"retry.on[{index}]" if isinstance(on, list) else "retry.on"
            near = difflib.get_close_matches(str(name).upper()[:100], RETRIED, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            problems.append(Problem(at, "NOT_ALLOWED_VALUE", f"{hint}{rule}"))
    return tuple(str(cause) for cause in RETRIED if cause in names)
