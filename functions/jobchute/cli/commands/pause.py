"""jobchute pause, jobchute resume: no job is let into a pool, an API's pools, or any pool, for a while.

A pause is kept beside the rules of pools and holds over them, for pools that come into being later too. So
`resume` has nothing to restore: the limits that hold then are those of the rules.
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
All = Annotated[bool, typer.Option("--all", help="Every pool.")]


def pause(target: Target = None, everything: All = False, stack: Stack = None, as_json: AsJson = False) -> None:
    """Let no more jobs in. What is in flight goes on. Functions follow within half a minute."""
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
    """Let jobs in again, by the limits that the rules say. The sweep begins with it within 90 seconds."""
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
    """The target, and the rules that are within it."""
    own = set() if target == ALL else {target}
    return sorted({name for name in rules.rules if is_within(name, target)} | own)


def _not_paused(target: str, rules: PoolRules) -> str:
    if target != ALL and rules.limit_of(target) == 0:
        return f"{target} has a limit of 0, which is no pause; change it with: jobchute pools set or unset"
    what = "no pool" if target == ALL else target
    return f"{what} is not paused by `jobchute pause`; `jobchute pools list` shows the limits"


def _target(target: str | None, everything: bool) -> str:
    if (target is None) != everything:
        raise typer.BadParameter("give either an API or a pool, or --all")
    return ALL if target is None else checked_name(target)
