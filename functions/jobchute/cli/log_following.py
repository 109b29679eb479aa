"""A job's log followed until the job has ended and no line can come any more."""

from collections.abc import Callable, Generator, Iterator
from datetime import datetime
from typing import NamedTuple, TypeVar

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 (botocore's own)
    HTTPClientError,
)

from jobchute.aws.log_events import LogEvent, LogEvents
from jobchute.cli.log_reading import LATE_MS, OVERLAP_MS, LogReader
from jobchute.errors import AmbiguousError, ThrottledError
from jobchute.job import Job
from jobchute.providers.aws_errors import from_client_error
from jobchute.providers.log_streams import LogStreams, log_streams_of
from jobchute.runtime import Clock

T = TypeVar("T")

INTERVAL_SECONDS = 1.5
"""A line is shown within 2 s. FilterLogEvents takes 5 calls a second in some regions, 10 or more elsewhere
(CloudWatch Logs User Guide, "Quotas"), so 7 followers of one account fit everywhere."""
DEEP_SECONDS = 30
"""Between two reads that go back as far as a line can be late."""
JOB_SECONDS = 5
"""Between two reads of the job's row while there are logs to read."""
SETTLE_SECONDS = 90
"""After the job's end, until its last lines are there."""
MAX_FAILURES = 10
MAX_PAUSE_SECONDS = 15
CLOCKS_DIFFER_SECONDS = 60
"""Between the ledger's clock, which says when the job was accepted, and those of the instances."""


class Follower(NamedTuple):
    """look: the job as its row is now. events: the events of its streams. clock: now is in epoch seconds.

    since: the first line, in epoch seconds; None: from the job's beginning. settle: seconds after its end.
    """

    look: Callable[[], Job]
    events: Callable[[LogStreams], LogEvents]
    clock: Clock
    since: float | None = None
    settle: float = SETTLE_SECONDS

    def written(self, job: Job, streams: LogStreams) -> Iterator[list[LogEvent]]:
        """The lines that are there now."""
        yield from self._reader(job, streams).until(int(self.clock.now() * 1000))

    def follow(self, job: Job, say: Callable[[str], None]) -> Iterator[list[LogEvent]]:
        """The lines that are there, and those that come. Ends some time after the job.

        say: takes what a person may want to know while nothing comes.
        """
        while True:
            job = self._submitted(job, say)
            streams = log_streams_of(job)
            if streams is None:
                return
            reader, attempt = self._reader(job, streams), job.attempt
            yield from reader.until(int(self.clock.now() * 1000))
            job = yield from self._come(reader, job, say)
            if job.attempt == attempt:
                return
            say(f"attempt {job.attempt} of {job.job_id}")

    def _submitted(self, job: Job, say: Callable[[str], None]) -> Job:
        """The job when its provider has it, or when it has ended without."""
        state = None
        while log_streams_of(job) is None and not job.state.is_final:
            if job.state is not state:
                say(f"{job.job_id} is {job.state}; its provider does not have it yet")
                state = job.state
            self.clock.sleep(INTERVAL_SECONDS)
            job = self._patiently(self.look)
        return job

    def _come(
        self, reader: LogReader, job: Job, say: Callable[[str], None]
    ) -> Generator[list[LogEvent], None, Job]:
        """Returns the job when it has ended, or when its provider has its next attempt."""
        looked_at, deep_at, attempt = self.clock.now(), 0.0, job.attempt
        while True:
            now = self.clock.now()
            if not job.state.is_final and now - looked_at >= JOB_SECONDS:
                job, looked_at = self._patiently(self.look), now
                if job.state.is_final and now < self._settled_at(job):
                    say(f"{job.job_id} has ended; its last lines may take {self.settle:g} s")
            is_over = job.state.is_final and now >= self._settled_at(job)
            is_deep = is_over or now - deep_at >= DEEP_SECONDS
            deep_at = now if is_deep else deep_at
            is_next = job.attempt > attempt and log_streams_of(job) is not None
            yield reader.recent(LATE_MS if is_deep or is_next else OVERLAP_MS)
            if is_over or is_next:
                return job
            self.clock.sleep(INTERVAL_SECONDS)

    def _settled_at(self, job: Job) -> float:
        return _epoch(job.updated_at) + self.settle

    def _reader(self, job: Job, streams: LogStreams) -> LogReader:
        since = self.since
        if since is None:
            since = _epoch(job.created_at) - CLOCKS_DIFFER_SECONDS
        return LogReader(self.events(streams), int(since * 1000), ask=self._patiently)

    def _patiently(self, ask: Callable[[], T]) -> T:
        """Throttling and a network that is away for a while do not end a follower."""
        failures = 0
        while True:
            try:
                return ask()
            except (ClientError, BotoCoreError) as error:
                failures += 1
                if failures >= MAX_FAILURES or not _may_pass(error):
                    raise
            self.clock.sleep(min(INTERVAL_SECONDS * 2**failures, MAX_PAUSE_SECONDS))


def _may_pass(error: ClientError | BotoCoreError) -> bool:
    if isinstance(error, ClientError):
        return isinstance(from_client_error(error), AmbiguousError | ThrottledError)
    return isinstance(error, ConnectionError | HTTPClientError)


def _epoch(text: str) -> float:
    return datetime.fromisoformat(text).timestamp()
