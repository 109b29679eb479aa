"""Pauses: pools that an operator has closed for a while, regardless of their limits. Pure.

A pause has a target: ALL, an API with all of its pools, `API/CAPACITY` (`*` stands for any text) or
`label:NAME=VALUE`. It holds for pools that are made later, too. An API's pause does not hold for the
pools of labels. Where targets overlap, the narrowest one decides: `resume` of a part of what is paused is kept
as False beside the wider pause.
"""

from collections.abc import Mapping
from fnmatch import fnmatchcase

from jobchute.job import Api

APIS = frozenset(map(str, Api))

ALL = "*"
"""The target of `jobchute pause --all`."""

Pauses = Mapping[str, bool]
"""By target: True where it is paused, False where it is not although a wider target is."""


def pause_of(pauses: Pauses, name: str) -> str | None:
    """The target whose pause holds for a pool, or for a narrower target; None where none does."""
    covering = (target for target in pauses if is_within(name, target))
    narrowest = max(covering, key=_narrowness, default=None)
    return narrowest if narrowest is not None and pauses[narrowest] else None


def paused(pauses: Pauses, target: str) -> dict[str, bool]:
    """The pauses after `jobchute pause TARGET`."""
    wider = _besides(pauses, target)
    return wider if pause_of(wider, target) else wider | {target: True}


def resumed(pauses: Pauses, target: str) -> dict[str, bool]:
    """The pauses after `jobchute resume TARGET`: it ends those of narrower targets too."""
    wider = _besides(pauses, target)
    return wider | {target: False} if pause_of(wider, target) else wider


def is_within(name: str, target: str) -> bool:
    """Whether a target covers a pool, or a narrower target."""
    if target in (ALL, name):
        return True
    pattern = f"{target}/*" if target in APIS else target
    return "*" in pattern and fnmatchcase(name, pattern.replace("[", "[[]"))


def argument_of(target: str) -> str:
    """What `jobchute resume` takes for a target."""
    return "--all" if target == ALL else target


def _besides(pauses: Pauses, target: str) -> dict[str, bool]:
    """Without those of the target and of narrower ones."""
    return {name: value for name, value in pauses.items() if not is_within(name, target)}


def _narrowness(target: str) -> tuple[int, int]:
    if target == ALL:
        return 0, 0
    if target in APIS:
        return 1, 0
    return (2, len(target)) if "*" in target else (3, 0)
