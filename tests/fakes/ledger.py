"""The ledger in memory: the public methods of jobchute.ledger.Ledger with the conditions that DynamoDB checks.

Every request that the real one sends crosses `io` once, so a fault can hit between two of them. `stream` holds
old and new image of every change to a `JOB` row, in order. Indexes can lag behind (`is_lagging`).
"""

import dataclasses
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from jobchute.errors import IdempotencyConflictError, UnknownJobError
from jobchute.job import OPEN_STATES, Document, Job, Source, State, canonical, iso
from jobchute.requests.strict_json import read_json
from jobchute.requests.text import Place
from tests.fakes.wire import Io, undisturbed

DEFAULTS = {
    field.name: field.default
    for field in dataclasses.fields(Job)
    if field.default is not dataclasses.MISSING
}
UNUSED = (read_json, Place)


class Change(NamedTuple):
    """A record of the stream. old: None for a new row."""

    number: int
    old: Job | None
    new: Job


class FakeLedger:
    """retention: as in Ledger. io: where faults come in. is_lagging: whether a write reaches the indexes later."""

    def __init__(
        self, *, retention: int = 0, io: Io = undisturbed, is_lagging: Callable[[], bool] = lambda: False
    ) -> None:
        self.retention = retention
        self.io = io
        self.is_lagging = is_lagging
        self.rows: dict[str, Job] = {}
        self.requests: dict[str, tuple[str, str]] = {}
        self.labels: dict[tuple[str, str], dict[str, str]] = {}
        self.newest: dict[str, tuple[str, str]] = {}
        self.expires: dict[str, int] = {}
        self.stream: list[Change] = []
        self.listener: Callable[[Change], None] = lambda change: None
        self.indexed: dict[str, Job] = {}
        self.behind: list[Job] = []
