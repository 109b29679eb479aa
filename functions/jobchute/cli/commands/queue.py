"""jobchute queue: the jobs in flight and waiting in each pool."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.options import AsJson, Stack
from jobchute.cli.output import print_json
from jobchute.cli.pool_rules import deployed_pools

if TYPE_CHECKING:
    from jobchute.cli.facts.lines import PoolLine
    from jobchute.ledger.pools import PoolRow
    from jobchute.lifecycle.holding import Held
    from jobchute.lifecycle.pool_capacity import PoolCapacity
    from jobchute.lifecycle.queue_metrics import PoolFigures

Next = Annotated[
    int, typer.Option("--next", min=1, max=100, help="The number of next jobs to show for each pool.")
]


def queue(stack: Stack = None, following: Next = 1, as_json: AsJson = False) -> None:
    """Show the pools: jobs in flight and waiting, the longest wait, the next jobs and when they may start."""
    from jobchute.cli.facts.lines import lines_of
    from jobchute.lifecycle.queue_metrics import figures_of

    pools = deployed_pools(stack)
    rows = pools.rows.all()
    held = _held(pools.capacity, rows)
    figures = [figures_of(pools.capacity, pools.queues, row, following=following) for row in rows]
    lines = lines_of(pools, rows, first=following)
    if as_json:
        for each in figures:
            print_json(_document(each, held[each.pool] if each.waiting else None, lines[each.pool]))
        return
    _print_figures(figures, held, lines, pools.capacity.now())


def _held(capacity: "PoolCapacity", rows: "Sequence[PoolRow]") -> "dict[str, Held | None]":
    """What keeps each pool from admitting jobs."""
    from jobchute.lifecycle.holding import bucket_of, held_by

    next_slots = {row.pool: row.next_at for row in rows}
    return {row.pool: held_by(capacity, row, next_slots.get(bucket_of(capacity, row.pool), 0)) for row in rows}


def _print_figures(
    figures: "Sequence[PoolFigures]",
    held: "Mapping[str, Held | None]",
    lines: "Mapping[str, PoolLine]",
    now: float,
) -> None:
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
        Column("NEXT STARTS IN", len("NEXT STARTS IN"), rank=7),
    )
    rows = [(*_cells(each, held[each.pool]), _next_start(lines[each.pool], now)) for each in figures]
    print_lines(columns, rows)


def _document(figures: "PoolFigures", held: "Held | None", line: "PoolLine") -> dict[str, Any]:
    from jobchute.cli.line_words import document_of

    document = {
        "pool": figures.pool,
        "inFlight": figures.in_flight,
        "limit": figures.limit,
        "limitNow": figures.limit_now,
        "waiting": figures.waiting,
        "oldestWaitSeconds": round(figures.oldest_wait),
        "stalled": figures.is_stalled,
        "nextJobIds": [place.job_id for place in figures.following],
        "nextJobs": [{"jobId": job.job_id, **document_of(job)} for job in line.jobs],
    }
    if line.unknown:
        document["startUnknown"] = line.unknown
    return document if held is None else {**document, "heldBy": {"by": held.by, **held.facts}}


def _next_start(line: "PoolLine", now: float) -> str:
    """How long until the next job starts."""
    from jobchute.cli.line_words import short_words_of

    if not line.jobs:
        return "-"
    start = line.jobs[0].start
    return "unknown" if start is None else short_words_of(start, now)


def _cells(figures: "PoolFigures", held: "Held | None") -> tuple[str, ...]:
    from jobchute.cli.tables import duration

    limit = str(figures.limit)
    if figures.limit_now < figures.limit:
        limit = f"{figures.limit_now} of {limit} (quota)"
    following = ", ".join(place.job_id for place in figures.following) or "-"
    wait = duration(figures.oldest_wait) if figures.waiting else "-"
    why = held.text if held is not None and figures.waiting else "-"
    return figures.pool, str(figures.in_flight), limit, str(figures.waiting), wait, why, following
