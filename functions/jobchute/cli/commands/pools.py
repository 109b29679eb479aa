"""jobchute pools: the limits of pools."""

from dataclasses import replace
from typing import Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.pool_rules import checked_name, cuts_of, deployed_pools, print_rules, say_unaffected
from jobchute.pools.limits import Limits
from jobchute.pools.pauses import is_within

app = typer.Typer(help="The limits of pools: jobs in flight and create calls per second.", no_args_is_help=True)

Pool = Annotated[
    str, typer.Argument(metavar="POOL", help="API, API/CAPACITY (`*` for any) or label:NAME=VALUE.")
]
Limit = Annotated[int | None, typer.Option(help="Jobs in flight, 0 to 1000; with 0, no job is admitted.")]
Rate = Annotated[float | None, typer.Option(help="Create calls per second.")]


@app.command("list", short_help="List the limits in force.")
def list_rules(stack: Stack = None, as_json: AsJson = False) -> None:
    """List the limits in force, with pauses and with cuts after quota errors.

    The limits of the deployment override the defaults, and those set with `pools set` override both.
    """
    pools = deployed_pools(stack)
    cuts = cuts_of(pools, pools.rows.all())
    print_rules(pools, sorted({*pools.rules.rules, *cuts}), as_json, cuts)


@app.command("set", short_help="Set the limits of a pool.")
def set_rule(
    pool: Pool, limit: Limit = None, rate: Rate = None, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Set the limits of a pool, overriding the deployment, and print the limits in force.

    They take effect within half a minute, without a deployment.
    """
    if limit is None and rate is None:
        raise typer.BadParameter("give --limit, --rate or both")
    try:
        limits = Limits(limit=limit, rate=rate)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    pool = checked_name(pool)
    settings = deployed_pools(stack).settings
    overrides = settings.get().overrides
    said = replace(overrides.get(pool, Limits()), **limits.as_said())
    settings.put_overrides({**overrides, pool: said})
    pools = deployed_pools(stack)
    print_rules(pools, [pool], as_json, cuts_of(pools, [pools.rows.find(pool)]))
    if limit is not None:
        say_unaffected(pools, pool)


@app.command("unset", short_help="Remove the limits that were set for a pool.")
def unset_rule(pool: Pool, stack: Stack = None, as_json: AsJson = False) -> None:
    """Remove the limits that were set for a pool, and print those in force."""
    settings = deployed_pools(stack).settings
    overrides = settings.get().overrides
    if pool not in overrides:
        raise AnswerIsNoError(f"no limits were set for {pool}; see: jobchute pools list")
    settings.put_overrides({name: limits for name, limits in overrides.items() if name != pool})
    pools = deployed_pools(stack)
    print_rules(pools, [pool], as_json, cuts_of(pools, [pools.rows.find(pool)]))


@app.command("clear", short_help="End the cut after a quota error.")
def clear_cut(pool: Pool, stack: Stack = None, as_json: AsJson = False) -> None:
    """End the cut of a pool, or of all pools of an API, after a quota error, and print the limits in force.

    The sweep admits waiting jobs within a minute. The next quota error cuts the pool again.
    """
    pool = checked_name(pool)
    pools = deployed_pools(stack)
    cuts = cuts_of(pools, [row for row in pools.rows.all() if is_within(row.pool, pool)])
    if not cuts:
        raise AnswerIsNoError(f"{pool} is not cut after a quota error; see: jobchute pools list")
    for name in cuts:
        pools.rows.clear_cap(name)
    print_rules(pools, sorted(cuts), as_json)
