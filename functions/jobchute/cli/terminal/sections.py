"""The lists of the overview: what is in flight, what failed, what waits, pools and budgets. Pure."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from jobchute.cli.columns import API, ELAPSED, ID, STATE, Column, cut_middle
from jobchute.cli.facts.failures import CauseGroup
from jobchute.cli.facts.job_commands import commands_for
from jobchute.cli.facts.pools import PoolFacts
from jobchute.cli.facts.recent_jobs import epoch
from jobchute.cli.facts.spending import BudgetFacts
from jobchute.cli.facts.waiting import WaitingElsewhere, WaitingInPool
from jobchute.cli.job_sources import api_of, document_of
from jobchute.cli.line_words import short_words_of
from jobchute.cli.tables import Cell, duration, elapsed
from jobchute.cli.terminal.bars import bar_of
from jobchute.cli.terminal.reading import Overview
from jobchute.job import Job, State
from jobchute.money.amounts import shown
from jobchute.outcomes import Cause

NAME = 14
ENDED = 4
FIRST = {
    State.RUNNING: 0,
    State.CANCELLING: 1,
    State.SUBMITTED: 2,
    State.SUBMITTING: 3,
    State.QUEUED: ENDED + 1,
}
"""The order of jobs, as a short screen shows the first ones alone. Those that wait have a list of their own."""
BAR = {0: 20, 120: 32, 160: 60}
"""Cells of a time axis, by the least width of the terminal."""


class Section(NamedTuple):
    """A list. Its first column is its title. total: of how many these rows are the first, in words."""

    columns: tuple[Column, ...]
    rows: Sequence[tuple[Cell, ...]]
    total: str = ""

    @property
    def titled(self) -> tuple[Column, ...]:
        """The columns, with the total in the title."""
        title = self.columns[0]
        return (title._replace(name=f"{title.name} {self.total}".strip()), *self.columns[1:])


def sections_of(overview: Overview, *, width: int, stack: str | None) -> list[Section]:
    """Those that have something to show, the most urgent first. width: of the terminal, in cells."""
    found = (
        _failed(overview, stack),
        _jobs(overview, width),
        _waiting(overview),
        _pools(overview),
        _budgets(overview),
    )
    return [section for section in found if section.rows]


def name_of(job: Job) -> str:
    """A rejection has no name; its document is shown instead."""
    return job.name or document_of(job).rpartition("/")[2]


def _failed(overview: Overview, stack: str | None) -> Section:
    rows = [_failure(group, stack) for group in overview.failures.groups]
    longest = max((len(str(row[2])) for row in rows), default=0)
    columns = (
        Column("CAUSE", max(map(len, Cause))),
        Column("JOBS", len("JOBS"), rank=1),
        Column("NEXT", longest, rank=2),
        Column("LATEST", 12, rank=3, cut=cut_middle),
        Column("REASON", 20, rank=4),
    )
    total = "" if overview.failures.is_all else f"(of the latest {overview.failures.read})"
    return Section(columns, rows, total)


def _failure(group: CauseGroup, stack: str | None) -> tuple[Cell, ...]:
    latest = group.examples[0]
    line = commands_for(latest, stack=stack)[0].line
    return group.cause, str(group.jobs), line, name_of(latest), latest.reason


def _jobs(overview: Overview, width: int) -> Section:
    cells = max(number for least, number in BAR.items() if least <= width)
    begins = [epoch(job.created_at) for job in overview.jobs]
    since = max(overview.since, min(begins, default=overview.since))
    columns = (
        Column("JOBS", NAME, rank=1, cut=cut_middle),
        STATE,
        ELAPSED._replace(rank=3),
        ID._replace(rank=2),
        Column(f"LAST {duration(overview.now - since)}".upper(), cells, rank=4),
        API._replace(rank=6),
    )
    jobs = sorted(overview.jobs, key=lambda job: FIRST.get(job.state, ENDED))
    return Section(columns, [_job(job, since, overview.now, cells) for job in jobs])


def _job(job: Job, since: float, now: float, cells: int) -> tuple[Cell, ...]:
    bar = bar_of(job, since=since, now=now, cells=cells)
    took = elapsed(job, datetime.fromtimestamp(now, tz=UTC))
    return name_of(job), job.state, took, job.job_id, bar, api_of(job)


def _waiting(overview: Overview) -> Section:
    waits = overview.waits
    columns = (
        Column("WAITING", NAME, cut=cut_middle),
        Column("PLACE", len("PLACE"), rank=2),
        Column("STARTS IN", len("0m to 12h 30m"), rank=1),
        Column("FOR", 20, rank=3),
        ID._replace(rank=4),
        Column("POOL", 20, rank=5, cut=cut_middle),
    )
    rows = [*(_in_pool(each, overview.now) for each in waits.in_pools), *map(_elsewhere, waits.elsewhere)]
    waiting = next(tile.figure.text for tile in overview.counts.tiles if tile.label == "waiting")
    return Section(columns, rows, waiting)


def _in_pool(each: WaitingInPool, now: float) -> tuple[Cell, ...]:
    turn = each.turn
    start = "unknown" if turn.start is None else short_words_of(turn.start, now)
    place = "unknown" if turn.place is None else str(turn.place)
    name = turn.job_id if each.job is None else name_of(each.job)
    return name, place, start, each.why, turn.job_id, each.pool


def _elsewhere(each: WaitingElsewhere) -> tuple[Cell, ...]:
    return name_of(each.job), None, "unknown", each.why, each.job.job_id, each.job.pool


def _pools(overview: Overview) -> Section:
    columns = (
        Column("POOLS", 30, cut=cut_middle),
        Column("IN FLIGHT", len("IN FLIGHT"), rank=1),
        Column("WAITING", len("WAITING"), rank=2),
        Column("HELD BY", 20, rank=3),
    )
    more = f"+ {overview.waits.pools_left_out} more" if overview.waits.pools_left_out else ""
    return Section(columns, [*map(_pool, overview.waits.pools)], more)


def _pool(pool: PoolFacts) -> tuple[Cell, ...]:
    held = pool.held.text if pool.held is not None and pool.line.waiting else None
    return pool.pool, f"{pool.in_flight} of {pool.limit_now}", str(pool.line.waiting), held


def _budgets(overview: Overview) -> Section:
    spending = overview.spending
    columns = (
        Column("BUDGETS", 12, cut=cut_middle),
        Column("USED", len("100 %"), rank=1),
        Column("LEFT", 8, rank=2),
        Column("LIMIT", 8, rank=3),
        Column("SPENT", 8, rank=4),
        Column("RESERVED", 8, rank=4),
    )
    if spending is None:
        return Section(columns, [])
    return Section(columns, [_budget(each) for each in spending.budgets], spending.month)


def _budget(budget: BudgetFacts) -> tuple[Cell, ...]:
    amounts = (budget.limit - budget.used, budget.limit, budget.spent, budget.reserved)
    return budget.name or "(default)", f"{budget.percent:.0f} %", *map(shown, amounts)
