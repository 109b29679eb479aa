"""jobchute queue, jobchute pools: who waits for what, and the limits that make them wait."""

import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import print_json, say
from jobchute.job import iso
from jobchute.pools.limits import Limits
from jobchute.pools.pauses import argument_of, is_within

if TYPE_CHECKING:
    from jobchute.aws.executions import Executions
    from jobchute.ledger.pools import PoolRow
    from jobchute.lifecycle.admit import Admission, Cut
    from jobchute.lifecycle.holding import Held
    from jobchute.lifecycle.queue_metrics import PoolFigures
    from jobchute.pools.limits import PoolRules

pools = typer.Typer(help="The limits of pools: jobs in flight and creates a second.", no_args_is_help=True)

Pool = Annotated[
    str, typer.Argument(metavar="POOL", help="API, API/CAPACITY (`*` for any) or label:NAME=VALUE.")
]
Limit = Annotated[int | None, typer.Option(help="Jobs in flight, 0 to 1000; 0 lets nobody in.")]
Rate = Annotated[float | None, typer.Option(help="Create calls a second.")]
Next = Annotated[int, typer.Option("--next", min=1, max=100, help="So many of the next jobs of each pool.")]


def queue(stack: Stack = None, following: Next = 1, as_json: AsJson = False) -> None:
    """Show the pools: jobs in flight and waiting, the longest wait, and who comes next."""
    from jobchute.lifecycle.queue_metrics import figures_of

    admission = admission_of(stack)
    rows = admission.rows.all()
    held = _held(admission, rows)
    figures = [figures_of(admission, row, following=following) for row in rows]
    if as_json:
        for each in figures:
            print_json(_document(each, held[each.pool] if each.waiting else None))
        return
    _print_figures(figures, held)


@pools.command("list", short_help="List the limits in force.")
def list_rules(stack: Stack = None, as_json: AsJson = False) -> None:
    """List the limits in force, with pauses, and cuts after quota errors.

    They are the defaults, over them the deployment's, over those what was set here.
    """
    admission = admission_of(stack)
    cuts = cuts_of(admission, admission.rows.all())
    print_rules(admission, sorted({*admission.rules().rules, *cuts}), as_json, cuts)


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
    overrides = rows.settings().overrides
    said = replace(overrides.get(pool, Limits()), **limits.as_said())
    rows.put_overrides({**overrides, pool: said})
    admission = admission_of(stack)
    print_rules(admission, [pool], as_json, cuts_of(admission, [rows.find(pool)]))
    if limit is not None:
        _tell_of_narrower(admission, pool)


@pools.command("unset", short_help="Take back what was set for a pool.")
def unset_rule(pool: Pool, stack: Stack = None, as_json: AsJson = False) -> None:
    """Take back what was set for a pool, and print what holds now: the deployment's word, or the default."""
    rows = admission_of(stack).rows
    overrides = rows.settings().overrides
    if pool not in overrides:
        raise AnswerIsNoError(f"nothing was set for {pool}; `jobchute pools list` shows what is")
    rows.put_overrides({name: limits for name, limits in overrides.items() if name != pool})
    admission = admission_of(stack)
    print_rules(admission, [pool], as_json, cuts_of(admission, [rows.find(pool)]))


@pools.command("clear", short_help="End the cut after a quota error.")
def clear_cut(pool: Pool, stack: Stack = None, as_json: AsJson = False) -> None:
    """End the cut of a pool, or of all pools of an API, after a quota error, and print what holds now.

    The sweep lets in waiting jobs within a minute. The next quota error makes the pool smaller again.
    """
    pool = checked_name(pool)
    admission = admission_of(stack)
    cuts = cuts_of(admission, [row for row in admission.rows.all() if is_within(row.pool, pool)])
    if not cuts:
        raise AnswerIsNoError(f"no quota error has cut {pool}; `jobchute pools list` shows what is")
    for name in cuts:
        admission.rows.clear_cap(name)
    print_rules(admission, sorted(cuts), as_json)


def checked_name(pool: str) -> str:
    """The name of a rule that can match a pool. Raises typer.BadParameter for another."""
    from jobchute.cli.pool_names import problem_with

    problem = problem_with(pool)
    if problem is not None:
        raise typer.BadParameter(problem)
    return pool


def _tell_of_narrower(admission: "Admission", pool: str) -> None:
    """A limit of an API does not hold where somebody chose one for a capacity."""
    chosen = admission.rules().chosen
    narrower = [name for name in chosen if is_within(name, pool) and chosen[name].limit is not None]
    names = ", ".join(sorted({*narrower} - {pool}))
    if names:
        say(f"not held by it: {names}, with limits of their own; to hold all: jobchute pause {pool}", err=True)


def cuts_of(admission: "Admission", rows: "Iterable[PoolRow]") -> "dict[str, Cut]":
    """What quota errors have cut, by pool."""
    found = ((row.pool, admission.cut_of(row)) for row in rows)
    return {pool: cut for pool, cut in found if cut is not None}


def print_rules(
    admission: "Admission",
    names: Sequence[str],
    as_json: bool,
    cuts: "Mapping[str, Cut]" = MappingProxyType({}),
) -> None:
    """The limits that are in force for pools, and for rules: a rule has the limit of a pool of its name."""
    overrides, rules = admission.rows.settings().overrides, admission.rules()
    found = [_rule(rules, name, cuts.get(name)) | {"set": name in overrides} for name in names]
    if as_json:
        for rule in found:
            print_json({key: value for key, value in rule.items() if value is not None})
    elif sys.stdout.isatty():
        _print_rules(found)
    else:
        for rule in found:
            say(_line(rule))


def _rule(rules: "PoolRules", name: str, cut: "Cut | None") -> dict[str, Any]:
    said, target, after_pause = rules.rules.get(name), rules.pause_of(name), rules.limit_beside_pauses(name)
    rule: dict[str, Any] = {
        "pool": name,
        "limit": rules.limit_of(name),
        "rate": rules.rate_of(name)[1] if said is None else said.rate,
    }
    if target is not None:
        rule |= {"paused": target, "limitAfterPause": after_pause}
    if cut is not None:
        at = {"at": iso(cut.at), "until": iso(cut.until)}
        rule["cut"] = {"limit": cut.limit, **at, **({"reason": cut.reason} if cut.reason else {})}
    return rule


def _print_rules(rules: "Sequence[Mapping[str, Any]]") -> None:
    from jobchute.cli.columns import Column, cut_middle
    from jobchute.cli.tables import print_lines

    columns = (
        Column("POOL", 40, cut=cut_middle),
        Column("LIMIT", len("LIMIT"), rank=1),
        Column("RATE", len("0.25/s"), rank=2),
        Column("NOTE", len("paused, …"), rank=3),
    )
    rows = [(rule["pool"], _shown(rule["limit"]), _rate(rule), "; ".join(_marks(rule))) for rule in rules]
    print_lines(columns, rows)


def _line(rule: "Mapping[str, Any]") -> str:
    marks = "".join(f" ({mark})" for mark in _marks(rule))
    return f"{rule['pool']}\tlimit {_shown(rule['limit'])}\trate {_shown(rule['rate'])}/s{marks}"


def _rate(rule: "Mapping[str, Any]") -> str:
    return "-" if rule["rate"] is None else f"{rule['rate']:g}/s"


def _marks(rule: "Mapping[str, Any]") -> list[str]:
    marks = ["set"] if rule["set"] else []
    if "paused" in rule:
        marks.append(f"paused, {rule['limitAfterPause']} after: jobchute resume {argument_of(rule['paused'])}")
    if "cut" in rule:
        words = f" after {cut['reason']}" if "reason" in (cut := rule["cut"]) else ""
        marks.append(f"cut to {cut['limit']} until {cut['until']}{words}")
    return marks


def admission_of(stack: str | None) -> "Admission":
    """For reading: the tool lets nobody in."""
    from jobchute.cli.deployment import deployment_of, pools_of
    from jobchute.ledger.pools import PoolRows
    from jobchute.lifecycle.admit import Admission
    from jobchute.providers.pool_defaults import pool_rules
    from jobchute.runtime import client

    deployment = deployment_of(stack)
    rows = PoolRows(client("dynamodb"), deployment.table)
    deployed, settings = pools_of(stack), rows.settings()
    rules = pool_rules(deployed, settings.overrides, pauses=settings.pauses)
    return Admission(
        ledger=deployment.ledger,
        rows=rows,
        executions=cast("Executions", None),
        rules=lambda: rules,
        now=time.time,
    )


def _held(admission: "Admission", rows: "Sequence[PoolRow]") -> "dict[str, Held | None]":
    """What keeps each pool from letting jobs in."""
    from jobchute.lifecycle.holding import bucket_of, held_by

    moments = {row.pool: row.next_at for row in rows}
    return {row.pool: held_by(admission, row, moments.get(bucket_of(admission, row.pool), 0)) for row in rows}


def _print_figures(figures: "Sequence[PoolFigures]", held: "Mapping[str, Held | None]") -> None:
    from jobchute.cli.columns import SHOWN_DIGITS, Column, cut_list, cut_middle, short_ids
    from jobchute.cli.tables import print_lines

    columns = (
        Column("POOL", 40, cut=cut_middle),
        Column("IN FLIGHT", len("IN FLIGHT"), rank=3),
        Column("LIMIT", len("999 of 1000…"), rank=1),
        Column("WAITING", len("WAITING"), rank=2),
        Column("OLDEST WAIT", len("OLDEST WAIT"), rank=5),
        Column("HELD BY", len("paused; …"), rank=4),
        Column("NEXT", len("jc-") + SHOWN_DIGITS, rank=6, cut=cut_list, shorten=short_ids),
    )
    print_lines(columns, [_cells(each, held[each.pool]) for each in figures])


def _document(figures: "PoolFigures", held: "Held | None") -> dict[str, Any]:
    document = {
        "pool": figures.pool,
        "inFlight": figures.in_flight,
        "limit": figures.limit,
        "limitNow": figures.limit_now,
        "waiting": figures.waiting,
        "oldestWaitSeconds": round(figures.oldest_wait),
        "stalled": figures.is_stalled,
        "next": [place.job_id for place in figures.following],
    }
    return document if held is None else {**document, "heldBy": {"by": held.by, **held.facts}}


def _cells(figures: "PoolFigures", held: "Held | None") -> tuple[str, ...]:
    from jobchute.cli.tables import duration

    limit = str(figures.limit)
    if figures.limit_now < figures.limit:
        limit = f"{figures.limit_now} of {limit} (quota)"
    following = ", ".join(place.job_id for place in figures.following) or "-"
    wait = duration(figures.oldest_wait) if figures.waiting else "-"
    why = held.text if held is not None and figures.waiting else "-"
    return figures.pool, str(figures.in_flight), limit, str(figures.waiting), wait, why, following


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
