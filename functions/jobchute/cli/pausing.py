"""jobchute pause, jobchute resume: no job is let into a pool, an API's pools, or any pool, for a while.

A pause is a limit of 0 on each rule that holds for those pools, among the rules that an operator set. The limit
that was set there before is kept beside it, under a name that matches no pool, until `resume` restores it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import say
from jobchute.cli.queue import PAUSED, admission_of, checked_name, print_rules
from jobchute.job import Api
from jobchute.pools import Limits

Overrides = dict[str, Limits]

Target = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET",
        help="An API with all of its pools, API/CAPACITY (`*` for any) or label:NAME=VALUE.",
        show_default=False,
    ),
]
All = Annotated[bool, typer.Option("--all", help="Every pool.")]


def pause(target: Target = None, everything: All = False, stack: Stack = None, as_json: AsJson = False) -> None:
    """Let no more jobs in. What is in flight goes on. Functions follow within half a minute."""
    target = _target(target, everything)
    admission = admission_of(stack)
    names = covered(target, admission.rules().rules)
    admission.rows.put_overrides(paused(admission.rows.overrides(), names))
    print_rules(admission_of(stack), names, as_json)
    if target in list(Api):
        say(f"jobs of {target} that are in the pool of a label are not paused; see: jobchute queue", err=True)


def resume(
    target: Target = None, everything: All = False, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Let jobs in again, by the limits that held before `pause`."""
    target = _target(target, everything)
    admission = admission_of(stack)
    overrides = admission.rows.overrides()
    names = [name for name in covered(target, admission.rules().rules) if PAUSED + name in overrides]
    if not names:
        what = "no pool" if target is None else target
        raise AnswerIsNoError(
            f"{what} is not paused by `jobchute pause`; `jobchute pools list` shows the limits"
        )
    admission.rows.put_overrides(resumed(overrides, names))
    print_rules(admission_of(stack), names, as_json)


def covered(target: str | None, rules: Iterable[str]) -> list[str]:
    """The rules that hold for the target's pools: each pool has the limit of one of them. None: all rules."""
    names = [name for name in rules if not name.startswith(PAUSED)]
    if target is None:
        return sorted(names)
    pattern = (f"{target}/*" if target in list(Api) else target).replace("[", "[[]")
    return sorted({target, *(name for name in names if fnmatchcase(name, pattern))})


def paused(overrides: Mapping[str, Limits], names: Iterable[str]) -> Overrides:
    changed = dict(overrides)
    for name in names:
        limits = changed.get(name, Limits())
        changed.setdefault(PAUSED + name, Limits(limit=limits.limit))
        changed[name] = replace(limits, limit=0)
    return changed


def resumed(overrides: Mapping[str, Limits], names: Iterable[str]) -> Overrides:
    changed = dict(overrides)
    for name in names:
        before = changed.pop(PAUSED + name)
        limits = replace(changed.pop(name, Limits()), limit=before.limit)
        if limits != Limits():
            changed[name] = limits
    return changed


def _target(target: str | None, everything: bool) -> str | None:
    if (target is None) != everything:
        raise typer.BadParameter("give either an API or a pool, or --all")
    return None if target is None else checked_name(target)
