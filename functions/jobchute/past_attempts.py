"""What a row keeps of attempts that have ended, in few bytes: a row with ten attempts has at most 2 KB,
and their reasons. Pure.

Compressed JSON has room for little that does not repeat, so states are numbers and times are the seconds
since the time before. jobchute.attempts says what is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

STATES = (
    "QUEUED",
    "SUBMITTING",
    "SUBMITTED",
    "RUNNING",
    "CANCELLING",
    "SUCCEEDED",
    "PARTIAL",
    "FAILED",
    "TIMED_OUT",
    "CANCELLED",
)
"""Their places are in rows: further ones come behind."""
MEMBERS = ("name", "id", "cause", "reason", "alternative")


def compact(kept: Mapping[str, Any]) -> list[Any]:
    """One attempt as a list."""
    times = [_seconds(at) for _, at in kept["moves"]]
    ended_at = _seconds(kept["endedAt"])
    states = "".join(str(STATES.index(state)) for state, _ in kept["moves"])
    since = [later - before for before, later in zip(times, [*times[1:], ended_at], strict=True)]
    return [STATES.index(kept["state"]), times[0], since, states, *(kept.get(name, 0) for name in MEMBERS)]


def expanded(content: Sequence[Any]) -> dict[str, Any]:
    """The inverse of `compact`."""
    state, at, since, states, *members = content
    moves = []
    for place, seconds in zip(states, since, strict=True):
        moves.append([STATES[int(place)], _text(at)])
        at += seconds
    known = {name: value for name, value in zip(MEMBERS, members, strict=True) if value}
    return {"state": STATES[state], "moves": moves, "endedAt": _text(at), **known}


def _seconds(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp())


def _text(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
