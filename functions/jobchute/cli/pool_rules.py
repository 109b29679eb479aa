"""The limits in force, read from a deployment and printed."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import typer

from jobchute.cli.output import print_json, say
from jobchute.job import iso
from jobchute.pools.pauses import argument_of, is_within

if TYPE_CHECKING:
    from jobchute.cli.stack import DeployedRules
    from jobchute.ledger.pool_settings import PoolSettingsRow
    from jobchute.ledger.pools import PoolRow, PoolRows
    from jobchute.ledger.queues import QueueRows
    from jobchute.lifecycle.pool_capacity import Cut, PoolCapacity
    from jobchute.pools.limits import PoolRules


class DeployedPools(NamedTuple):
    """The pools of a deployment. settings: what operators set; capacity: what follows from that now."""

    rows: "PoolRows"
    queues: "QueueRows"
    settings: "PoolSettingsRow"
    capacity: "PoolCapacity"

    @property
    def rules(self) -> "PoolRules":
        return self.capacity.rules()


def deployed_pools(stack: str | None) -> DeployedPools:
    """The pools of a deployment, read at each call. Raises CannotAskError."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.stack import rules_of

    return pools_with(deployment_of(stack).table, rules_of(stack))


def pools_with(table: str, deployed: "DeployedRules") -> DeployedPools:
    """The pools of a deployment whose rules were read before. One read: what operators set."""
    from jobchute.ledger.pool_settings import PoolSettingsRow
    from jobchute.ledger.pools import PoolRows
    from jobchute.ledger.queues import QueueRows
    from jobchute.lifecycle.pool_capacity import PoolCapacity
    from jobchute.providers.pool_defaults import pool_rules
    from jobchute.runtime import client, current

    rows = PoolRows(client("dynamodb"), table)
    row = PoolSettingsRow(client("dynamodb"), table)
    settings = row.get()
    now, regrowth = current().clock.now, deployed.regrowth
    rules = pool_rules(deployed.pools, settings.overrides, pauses=settings.pauses)
    return DeployedPools(
        rows=rows,
        queues=QueueRows(client("dynamodb"), table),
        settings=row,
        capacity=PoolCapacity(rows=rows, rules=lambda: rules, now=now, regrowth=regrowth),
    )


def checked_name(pool: str) -> str:
    """The name, if a rule of this name can match a pool. Raises typer.BadParameter otherwise."""
    from jobchute.cli.pool_names import problem_with

    problem = problem_with(pool)
    if problem is not None:
        raise typer.BadParameter(problem)
    return pool


def cuts_of(pools: DeployedPools, rows: "Iterable[PoolRow]") -> "dict[str, Cut]":
    """The cuts after quota errors, by pool."""
    found = ((row.pool, pools.capacity.cut_of(row)) for row in rows)
    return {pool: cut for pool, cut in found if cut is not None}


def print_rules(
    pools: DeployedPools,
    names: Sequence[str],
    as_json: bool,
    cuts: "Mapping[str, Cut]" = MappingProxyType({}),
) -> None:
    """Print the limits in force for pools and for rules: a rule has the limit of a pool of its name."""
    overrides, rules = pools.settings.get().overrides, pools.rules
    found = [_rule(rules, name, cuts.get(name)) | {"set": name in overrides} for name in names]
    if as_json:
        for rule in found:
            print_json({key: value for key, value in rule.items() if value is not None})
    elif sys.stdout.isatty():
        _print_rules(found)
    else:
        for rule in found:
            say(_line(rule))


def say_unaffected(pools: DeployedPools, pool: str) -> None:
    """A limit of an API does not apply to a capacity that has a limit of its own."""
    chosen = pools.rules.chosen
    narrower = [name for name in chosen if is_within(name, pool) and chosen[name].limit is not None]
    names = ", ".join(sorted({*narrower} - {pool}))
    if names:
        say(
            f"this does not limit {names}: they have limits of their own; to stop all: jobchute pause {pool}",
            err=True,
        )


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


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
