"""jobchute queue, jobchute pools: who waits for what, and the limits that make them wait."""

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import print_json, say
from jobchute.pools import Limits

PAUSED = "paused:"
"""Before the name of a rule: what limit an operator had set there before a pause. No pool is called so."""

if TYPE_CHECKING:
    from jobchute.admission import Admission
    from jobchute.executions import Executions
    from jobchute.queue_figures import PoolFigures

pools = typer.Typer(help="The limits of pools: jobs in flight and creates a second.", no_args_is_help=True)

Pool = Annotated[
    str, typer.Argument(metavar="POOL", help="API, API/CAPACITY (`*` for any) or label:NAME=VALUE.")
]
Limit = Annotated[int | None, typer.Option(help="Jobs in flight, 0 to 1000; 0 lets nobody in.")]
Rate = Annotated[float | None, typer.Option(help="Create calls a second.")]
Next = Annotated[int, typer.Option("--next", min=1, max=100, help="So many of the next jobs of each pool.")]


def queue(stack: Stack = None, following: Next = 1, as_json: AsJson = False) -> None:
    """Show the pools: jobs in flight and waiting, the longest wait, and who comes next."""
    from jobchute.queue_figures import figures_of

    admission = admission_of(stack)
    figures = [figures_of(admission, row, following=following) for row in admission.rows.all()]
    if as_json:
        for each in figures:
            print_json(_document(each))
        return
    _print_figures(figures)


@pools.command("list", short_help="List the limits in force.")
def list_rules(stack: Stack = None, as_json: AsJson = False) -> None:
    """List the rules in force: the defaults, the deployment's, and what was set here."""
    admission = admission_of(stack)
    names = sorted(name for name in admission.rules().rules if not name.startswith(PAUSED))
    print_rules(admission, names, as_json)


@pools.command("set", short_help="Set the limits of a pool.")
def set_rule(
    pool: Pool, limit: Limit = None, rate: Rate = None, stack: Stack = None, as_json: AsJson = False
) -> None:
    """Set a pool's limits, over what the deployment says, and print what holds now.

    Functions follow within half a minute, without a deployment.
    """
    if limit is None and rate is None:
        raise typer.BadParameter("give --limit, --rate or both")
    try:
        limits = Limits(limit=limit, rate=rate)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from error
    pool = checked_name(pool)
    rows = admission_of(stack).rows
    overrides = rows.overrides()
    if limit is not None:
        overrides.pop(PAUSED + pool, None)
    said = replace(overrides.get(pool, Limits()), **limits.as_said())
    rows.put_overrides(overrides | {pool: said})
    admission = admission_of(stack)
    print_rules(admission, [pool], as_json)
    if limit is not None:
        _tell_of_narrower(admission, pool)


@pools.command("unset", short_help="Take back what was set for a pool.")
def unset_rule(pool: Pool, stack: Stack = None, as_json: AsJson = False) -> None:
    """Take back what was set for a pool, and print what holds now: the deployment's word, or the default."""
    rows = admission_of(stack).rows
    overrides = rows.overrides()
    if pool not in overrides:
        raise AnswerIsNoError(f"nothing was set for {pool}; `jobchute pools list` shows what is")
    gone = {pool, PAUSED + pool}
    rows.put_overrides({name: limits for name, limits in overrides.items() if name not in gone})
    print_rules(admission_of(stack), [pool], as_json)


def checked_name(pool: str) -> str:
    """The name of a rule that can match a pool. Raises typer.BadParameter for another."""
    from jobchute.cli.pool_names import problem_with

    problem = problem_with(pool)
    if problem is not None:
        raise typer.BadParameter(problem)
    return pool


def _tell_of_narrower(admission: "Admission", pool: str) -> None:
    """An API's limit does not hold where a rule for a capacity speaks."""
    narrower = [name for name in admission.rules().rules if name.startswith(f"{pool}/")]
    if narrower:
        where = f"{', '.join(sorted(narrower))} with limits of their own"
        say(f"not held by it: pools of {where}; to hold all of them: jobchute pause {pool}", err=True)


def print_rules(admission: "Admission", names: Sequence[str], as_json: bool) -> None:
    """The rules of these names as they are in force; of a name without one, what holds for a pool of it."""
    overrides, rules = admission.rows.overrides(), admission.rules()
    for name in names:
        limits = rules.rules.get(name) or Limits(limit=rules.limit_of(name), rate=rules.rate_of(name)[1])
        rule = {"pool": name, "limit": limits.limit, "rate": limits.rate, "set": name in overrides}
        if as_json:
            print_json({key: value for key, value in rule.items() if value is not None})
        else:
            is_paused = PAUSED + name in overrides
            marks = " (paused)" if is_paused else " (set)" if name in overrides else ""
            say(f"{name}\tlimit {_shown(limits.limit)}\trate {_shown(limits.rate)}/s{marks}")


def admission_of(stack: str | None) -> "Admission":
    """For reading: the tool lets nobody in."""
    from jobchute.admission import Admission
    from jobchute.cli.deployment import deployment_of, pools_of
    from jobchute.pool_rows import PoolRows
    from jobchute.pools import PoolRules
    from jobchute.runtime import client

    deployment = deployment_of(stack)
    rows = PoolRows(client("dynamodb"), deployment.table)
    rules = PoolRules.of(pools_of(stack), rows.overrides())
    return Admission(
        ledger=deployment.ledger,
        rows=rows,
        executions=cast("Executions", None),
        rules=lambda: rules,
        now=time.time,
    )


def _print_figures(figures: "Sequence[PoolFigures]") -> None:
    from jobchute.cli.columns import Column, cut_middle, short_id
    from jobchute.cli.tables import print_lines

    columns = (
        Column("POOL", 40, cut=cut_middle),
        Column("IN FLIGHT", len("IN FLIGHT"), rank=3),
        Column("LIMIT", len("999 of 1000…"), rank=1),
        Column("WAITING", len("WAITING"), rank=2),
        Column("OLDEST WAIT", len("OLDEST WAIT"), rank=4),
        Column("NEXT", len("jc-") + 12, rank=5, shorten=lambda ids: ", ".join(map(short_id, ids.split(", ")))),
    )
    print_lines(columns, [_cells(each) for each in figures])


def _document(figures: "PoolFigures") -> dict[str, Any]:
    return {
        "pool": figures.pool,
        "inFlight": figures.in_flight,
        "limit": figures.limit,
        "limitNow": figures.limit_now,
        "waiting": figures.waiting,
        "oldestWaitSeconds": round(figures.oldest_wait),
        "stalled": figures.is_stalled,
        "next": [place.job_id for place in figures.following],
    }


def _cells(figures: "PoolFigures") -> tuple[str, ...]:
    from jobchute.cli.tables import duration

    limit = str(figures.limit)
    if figures.limit_now < figures.limit:
        limit = f"{figures.limit_now} of {limit} (quota)"
    following = ", ".join(place.job_id for place in figures.following) or "-"
    wait = duration(figures.oldest_wait) if figures.waiting else "-"
    return figures.pool, str(figures.in_flight), limit, str(figures.waiting), wait, following


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
