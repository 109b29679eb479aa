"""All pools, or one of them with its jobs."""

from functools import partial

from jobchute.cli.facts.pools import pool_detail, pool_list
from jobchute.cli.facts.recent_jobs import RecentJobs, recent_jobs
from jobchute.cli.pool_rules import DeployedPools, pools_with
from jobchute.cli.stack import rules_of
from jobchute.cli.ui.plots.load import load
from jobchute.cli.ui.site import SETTINGS_KEPT_SECONDS, View, Visit


def pools(visit: Visit) -> View:
    """All pools; with `name`, that pool."""
    name = visit.first("name")
    return _list(visit) if name is None else visit.site.kept(("pool", name), partial(_detail, visit, name))


def read_pools(visit: Visit) -> DeployedPools:
    """The pools of the deployment. Raises CannotAskError."""
    site = visit.site
    deployed = site.kept(("rules",), partial(rules_of, site.stack), seconds=SETTINGS_KEPT_SECONDS)
    return pools_with(site.deployment.table, deployed)


def read_recent(visit: Visit) -> RecentJobs:
    """Run times of the past change slowly."""
    read = partial(recent_jobs, visit.deployment.ledger, visit.site.known)
    return visit.site.kept(("recent",), read, seconds=SETTINGS_KEPT_SECONDS)


def _list(visit: Visit) -> View:
    found = visit.site.kept(("pools",), lambda: pool_list(read_pools(visit), partial(read_recent, visit)))
    waiting = sum(each.line.waiting for each in found.pools)
    in_flight = sum(each.in_flight for each in found.pools)
    values = {
        "pools": [(each, load(number, each)) for number, each in enumerate(found.pools)],
        "left_out": found.left_out,
        "now": visit.now,
    }
    news = f"{in_flight:,} jobs in flight, {waiting:,} waiting"
    return View("pools.html", "Pools", values, parts=("pools",), news=news)


def _detail(visit: Visit, name: str) -> View:
    found = pool_detail(read_pools(visit), name, partial(read_recent, visit))
    facts = found.facts
    values = {"pool": facts, "found": found, "load": load(0, facts), "now": visit.now}
    news = f"{facts.in_flight:,} jobs in flight, {facts.line.waiting:,} waiting"
    return View("pool.html", facts.pool, values, parts=("pool", "line", "in-flight"), news=news)
