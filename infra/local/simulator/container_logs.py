"""What the containers of simulated jobs write, and how it comes to CloudWatch Logs.

SageMaker and Braket make a stream for each instance, `…/algo-{n}-{epoch seconds}`, when its container first
writes. The group is made by the first job of the account.
"""

import logging
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped,unused-ignore]

from .clock import Timeline
from .events import Entry, Publisher, epoch_milliseconds
from .jobs import Job
from .settings import Settings

log = logging.getLogger(__name__)

SHARE = 0.7
"""Of the running time, over which the lines are spread."""


class ContainerLogs:
    """Each instance writes a line when its container starts, some while it runs, and one at the end."""

    def __init__(self, publisher: Publisher, timeline: Timeline, settings: Callable[[], Settings]) -> None:
        self._publisher = publisher
        self._timeline = timeline
        self._settings = settings

    def entered(self, job: Job) -> None:
        """Called under the world's lock after every step."""
        begun = _begun_at(job)
        if job.kind.logs is None or begun is None:
            return
        if job.history[-1].at == begun and not job.is_final:
            self._write(job, begun, "container started", at=begun)
            self._plan(job, begun)
        elif job.is_final:
            self._write(job, begun, job.reason or f"container ended: {job.status}", at=job.modified)

    def _plan(self, job: Job, begun: float) -> None:
        settings = self._settings()
        for number in range(1, settings.log_lines + 1):
            share = SHARE * number / (settings.log_lines + 1)
            at = begun + share * settings.run_seconds * job.scenario.pace
            text = f"epoch {number}/{settings.log_lines} loss={1 / (number + 1):.4f}"
            self._timeline.at(at, partial(self._write_while_running, job, begun, text, at))

    def _write_while_running(self, job: Job, begun: float, text: str, at: float) -> None:
        if not job.is_final:
            self._write(job, begun, text, at=at)

    def _write(self, job: Job, begun: float, text: str, *, at: float) -> None:
        assert job.kind.logs is not None
        for number in range(job.kind.logs.instances(job.request)):
            stream = f"{job.kind.logs.prefix(job)}algo-{number + 1}-{int(begun) + number}"
            line = {"group": job.kind.logs.group, "stream": stream, "message": text}
            self._publisher.publish({**line, "timestamp": epoch_milliseconds(at)})


def _begun_at(job: Job) -> float | None:
    """When the containers started; None if they have not."""
    if job.kind.logs is None:
        return None
    begins = job.kind.logs.begins
    return next((moment.at for moment in job.history if moment.detail == begins), None)


class CloudWatchLogs:
    """Writes lines to a CloudWatch Logs endpoint; an instance is a `Send`."""

    def __init__(self, *, endpoint: str, region: str) -> None:
        import boto3  # type: ignore[import-untyped,unused-ignore]
        from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]

        self._client: Any = boto3.client(
            "logs",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 1}),
        )
        self._known: set[tuple[str, ...]] = set()

    def __call__(self, lines: Sequence[Entry]) -> Sequence[Entry]:
        """One call for each stream; the lines of a call that failed are not taken."""
        by_stream: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        for line in lines:
            by_stream[line["group"], line["stream"]].append(line)
        left: list[Entry] = []
        for (group, stream), written in by_stream.items():
            events = [{"timestamp": line["timestamp"], "message": line["message"]} for line in written]
            try:
                self._make(group, stream)
                self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=events)
            except (BotoCoreError, ClientError) as error:
                log.warning("PutLogEvents failed for %s: %s", stream, error)
                left += written
        return left

    def _make(self, group: str, stream: str) -> None:
        for make, place in (
            (self._client.create_log_group, {"logGroupName": group}),
            (self._client.create_log_stream, {"logGroupName": group, "logStreamName": stream}),
        ):
            if tuple(place.values()) in self._known:
                continue
            with suppress(self._client.exceptions.ResourceAlreadyExistsException):
                make(**place)
            self._known.add(tuple(place.values()))
