"""jobchute pause, jobchute resume: admit no jobs to a pool, to the pools of an API, or to any pool.

A pause is kept beside the rules of pools and overrides them, also for pools that do not exist yet. So `resume`
has nothing to restore: the limits of the rules apply again.
"""

from typing import Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import say
from jobchute.cli.pool_rules import checked_name, deployed_pools, print_rules
from jobchute.job import Api
from jobchute.pools.limits import PoolRules
from jobchute.pools.pauses import ALL, is_within, paused, resumed

Target = Annotated[
    str | None,
    typer.Argument(
        metavar="TARGET",
        help="An API with all of its pools, API/CAPACITY (`*` for any) or label:NAME=VALUE.",
        show_default=False,
    ),
]
All = Annotated[bool, typer.Option("--all", help="All pools.")]


def pause(target: Target = None, everything: All = False, stack: Stack = None, as_json: AsJson = False) -> None:
    """Admit no more jobs. Jobs in flight continue. Takes effect within half a minute."""
    target = _target(target, everything)
    settings = deployed_pools(stack).settings
    settings.put_pauses(paused(settings.get().pauses, target))
    pools = deployed_pools(stack)
    print_rules(pools, covered(target, pools.rules), as_json)
    if target in list(Api):
        say(f"jobs of {target} that are in the pool of a label are not paused; see: jobchute queue", err=True)


def resume(
    target: Target = None, everything: All = False, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Admit jobs again, within the limits of the rules. The sweep starts within 90 seconds."""
    target = _target(target, everything)
    pools = deployed_pools(stack)
    before = pools.settings.get().pauses
    after = resumed(before, target)
    if after == before:
        raise AnswerIsNoError(_not_paused(target, pools.rules))
    pools.settings.put_pauses(after)
    pools = deployed_pools(stack)
    print_rules(pools, covered(target, pools.rules), as_json)


def covered(target: str, rules: PoolRules) -> list[str]:
    """The target, and the rules within it."""
    own = set() if target == ALL else {target}
    return sorted({name for name in rules.rules if is_within(name, target)} | own)


def _not_paused(target: str, rules: PoolRules) -> str:
    if target != ALL and rules.limit_of(target) == 0:
        return f"{target} is not paused: its limit is 0; change it with: jobchute pools set or unset"
    what = "no pool" if target == ALL else target
    return f"{what} is not paused; see: jobchute pools list"


def _target(target: str | None, everything: bool) -> str:
    if (target is None) != everything:
        raise typer.BadParameter("give either an API or a pool, or --all")
    return ALL if target is None else checked_name(target)
