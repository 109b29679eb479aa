"""What a job waits for now, its place, and when it is expected to start."""

from collections.abc import Callable
from typing import NamedTuple

from botocore.exceptions import ClientError

from jobchute.cli.errors import CannotAskError
from jobchute.cli.facts.lines import PoolLine, WaitingJob, line_with
from jobchute.cli.facts.pools import ReadRecent
from jobchute.cli.pool_rules import DeployedPools
from jobchute.job import Job
from jobchute.lifecycle.holding import wait_of, words_of
from jobchute.status.documents import waiting_of


class JobWait(NamedTuple):
    """text: what it waits for. by: the same in one word, as `waiting.for` of `jobchute jobs show --json`.

    line: of its pool, with this job alone; None if it is in no queue. note: why less is known than usual.
    """

    text: str
    by: str
    line: PoolLine | None = None
    note: str = ""

    @property
    def turn(self) -> WaitingJob | None:
        return self.line.jobs[0] if self.line is not None and self.line.jobs else None


def job_wait(
    job: Job, read_pools: Callable[[], DeployedPools], read_recent: ReadRecent | None = None
) -> JobWait | None:
    """None if the job does not wait. If the rules of pools cannot be read: what its row says."""
    if job.state.is_final:
        return None
    try:
        pools = read_pools()
        wait = wait_of(pools.capacity, job)
        line = None if job.waiting is None else _line(pools, job, read_recent)
    except (CannotAskError, ClientError) as error:
        said = waiting_of(job)
        note = f"What its pool allows now could not be read: {error}"
        return None if said is None else JobWait(words_of(said), said["for"], note=note)
    return None if wait is None else JobWait(words_of(wait), wait["for"], line)


def _line(pools: DeployedPools, job: Job, read_recent: ReadRecent | None) -> PoolLine:
    return line_with(pools, job, recent=None if read_recent is None else read_recent())
