"""The files of several jobs that were moved lately: candidates for a comparison."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from jobchute.cli.job_filters import Wanted, found
from jobchute.job import Job
from jobchute.ledger.jobs import Ledger

MAX_JOBS = 200
"""The newest jobs among which files are looked for."""
MAX_FILES = 20


class RecentSweep(NamedTuple):
    """A file or message. jobs: how many of the newest jobs come from it. metric: of its objective, if any."""

    uri: str
    jobs: int
    metric: str | None
    latest_at: str


def recent_sweeps(ledger: Ledger) -> list[RecentSweep]:
    """Those with more than one job, the latest first. A query for each list of states, and two reads."""
    return sweeps_among(found(ledger, Wanted(), MAX_JOBS))


def sweeps_among(jobs: Iterable[Job]) -> list[RecentSweep]:
    """jobs: the latest first. Pure."""
    of_files = [job for job in jobs if job.api is not None]
    counts = Counter(job.source.uri for job in of_files)
    metrics = {job.source.uri: job.objective["metric"] for job in of_files if job.objective is not None}
    latest: dict[str, str] = {}
    for job in of_files:
        latest.setdefault(job.source.uri, job.updated_at)
    several = [uri for uri in latest if counts[uri] > 1 or uri in metrics]
    return [RecentSweep(uri, counts[uri], metrics.get(uri), latest[uri]) for uri in several[:MAX_FILES]]
