"""The overview."""

from functools import partial

from jobchute.cli.facts.overview import counts_of
from jobchute.cli.since import moment_of
from jobchute.cli.ui.site import View, Visit

SPANS = {"1h": "1 hour", "6h": "6 hours", "24h": "24 hours", "7d": "7 days"}
DEFAULT_SPAN = "24h"


def overview(visit: Visit) -> View:
    """Counts of the chosen time."""
    span = visit.first("since")
    span = span if span in SPANS else DEFAULT_SPAN
    since = moment_of(span, visit.now)
    queries = visit.deployment.ledger.queries
    counts = visit.site.kept(("counts", span), partial(counts_of, queries, since))
    values = {"counts": counts, "span": span, "spans": SPANS}
    return View("overview.html", "Overview", values, parts=("counts",), news=counts.news)
