"""The overview: what runs, what waits and why, what failed and what to do about it."""

from functools import partial
from typing import Any

from botocore.exceptions import ClientError

from jobchute.cli.budget_rows import budget_rows_in
from jobchute.cli.errors import CannotAskError
from jobchute.cli.facts.failures import failures_of
from jobchute.cli.facts.job_commands import commands_for
from jobchute.cli.facts.overview import Counts, Letters, counts_of, dead_letters_of, jobs_on_axis
from jobchute.cli.facts.parallel import both
from jobchute.cli.facts.spending import Spending, spending_of
from jobchute.cli.facts.waiting import Queues, Waits, queues_of, waits_of
from jobchute.cli.since import moment_of
from jobchute.cli.stack import budgets_of
from jobchute.cli.ui.pages.pools import read_pools, read_recent
from jobchute.cli.ui.plots.bars import axis_of, bars_of, scale_of
from jobchute.cli.ui.plots.load import load
from jobchute.cli.ui.site import SETTINGS_KEPT_SECONDS, View, Visit
from jobchute.ledger.dead_letters import DeadLetterRows
from jobchute.runtime import client

SPANS = {"1h": "1 hour", "6h": "6 hours", "24h": "24 hours", "7d": "7 days", "30d": "30 days"}
DEFAULT_SPAN = "24h"
PARTS = ("counts", "axis", "failed", "waiting", "pools", "money", "letters")


def overview(visit: Visit) -> View:
    """Of the time that `since` names."""
    asked = visit.first("since")
    span = asked if asked in SPANS else DEFAULT_SPAN
    since = moment_of(span, visit.now)
    kept, known, ledger = visit.site.kept, visit.site.known, visit.deployment.ledger
    read_counts = partial(counts_of, ledger.queries, since, visit.site.tallies)
    counts, queues = both(partial(kept, ("counts", span), read_counts), partial(_queues, visit))
    jobs = kept(("axis", span), partial(jobs_on_axis, ledger, counts, known))
    axis = axis_of(jobs, since, visit.now)
    values = {
        "counts": counts,
        "span": span,
        "spans": SPANS,
        "bars": bars_of(jobs, axis),
        "scale": scale_of(axis),
        "failures": kept(("failures", span), partial(failures_of, ledger, counts, known)),
        "commands": partial(commands_for, stack=visit.site.stack),
        "letters": kept(("letters",), partial(_letters, visit)),
        **_waits(visit, counts, *queues),
        **_spending(visit),
        "now": visit.now,
    }
    return View("overview.html", "Overview", values, parts=PARTS, news=_news(counts, values["letters"]))


def _queues(visit: Visit) -> tuple[Queues, str]:
    """And why the rules of pools could not be read; the rest of the page is shown nevertheless."""
    try:
        return visit.site.kept(("queues",), partial(_read_queues, visit)), ""
    except (CannotAskError, ClientError) as error:
        return Queues(), str(error)


def _read_queues(visit: Visit) -> Queues:
    return queues_of(read_pools(visit), visit.deployment.ledger, read_recent(visit), visit.site.known)


def _waits(visit: Visit, counts: Counts, queues: Queues, trouble: str) -> dict[str, Any]:
    """trouble: why there are no queues."""
    if trouble:
        return {"waits": Waits(), "loads": [], "trouble": trouble}
    waits = visit.site.kept(("waits",), partial(waits_of, queues, visit.deployment.ledger, counts))
    return {"waits": waits, "loads": [*map(load, range(len(waits.pools)), waits.pools)], "trouble": ""}


def _letters(visit: Visit) -> Letters:
    return dead_letters_of(DeadLetterRows(client("dynamodb"), visit.deployment.table))


def _spending(visit: Visit) -> dict[str, Any]:
    """None without budgets. budget_trouble: why they could not be read."""
    try:
        return {
            "spending": visit.site.kept(("spending",), partial(_read_spending, visit)),
            "budget_trouble": "",
        }
    except (CannotAskError, ClientError) as error:
        return {"spending": None, "budget_trouble": str(error)}


def _read_spending(visit: Visit) -> Spending | None:
    site = visit.site
    budgets = site.kept(("budgets",), partial(budgets_of, site.stack), seconds=SETTINGS_KEPT_SECONDS)
    if budgets is None:
        return None
    rows, _ = budget_rows_in(site.deployment.table)
    return spending_of(rows, budgets, visit.now)


def _news(counts: Counts, letters: Letters) -> str:
    return counts.news if not letters.shown else f"{counts.news}, {letters.text} dead letters"
