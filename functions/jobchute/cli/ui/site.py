"""What every page is made from: the deployment, what has been read of it lately, and one visit."""

import time
from collections.abc import Callable, Hashable, Mapping
from typing import Any, NamedTuple, TypeVar

from jobchute.cli.deployment import Deployment
from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.facts.tallies import Tallies
from jobchute.cli.ui.counting import CountedClients
from jobchute.cli.ui.links import Links, Query
from jobchute.runtime import Parts

T = TypeVar("T")
MAX_KEPT = 100
KEPT_SECONDS = 4
"""Less than a page waits before it refreshes itself."""
SETTINGS_KEPT_SECONDS = 60
"""For what changes with a deployment alone: rules of pools, budgets."""


class Kept:
    """Values that were read lately, by a key: two visits within some seconds read once."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._values: dict[Hashable, tuple[float, Any]] = {}

    def __call__(self, key: Hashable, read: Callable[[], T], *, seconds: float = KEPT_SECONDS) -> T:
        """The value under a key, at most so old. An error is not kept."""
        until, value = self._values.get(key, (0.0, None))
        if self._now() < until:
            found: T = value
            return found
        read_now = read()
        if len(self._values) >= MAX_KEPT:
            self._values.clear()
        self._values[key] = (self._now() + seconds, read_now)
        return read_now


class Site(NamedTuple):
    """parts: over the counted clients. known: rows of jobs that were read before. tallies: the last counts.
    stack: as an option named it. name: what the head of each page says.
    """

    deployment: Deployment
    parts: Parts
    clients: CountedClients
    kept: Kept
    known: KnownJobs
    tallies: Tallies
    stack: str | None = None
    name: str = ""

    @property
    def now(self) -> float:
        """Epoch seconds."""
        clock = self.parts.clock
        return clock.now()


class Visit(NamedTuple):
    """One request of a page. names: the variable parts of its path. now: epoch seconds."""

    site: Site
    links: Links
    now: float
    names: Mapping[str, str] = {}
    query: Query = {}  # noqa: RUF012

    @property
    def deployment(self) -> Deployment:
        return self.site.deployment

    def first(self, name: str) -> str | None:
        """The first value of a parameter; None without one, or if it is empty."""
        return next((value for value in self.query.get(name, ()) if value), None)

    def values(self, name: str) -> list[str]:
        """All values of a parameter that are not empty."""
        return [value for value in self.query.get(name, ()) if value]


class View(NamedTuple):
    """What a page shows. template: its file. values: what the template uses.

    parts: the ids of the elements that refresh themselves. news: one line that screen readers announce when it
    changes. status: of the HTTP answer.
    """

    template: str
    title: str
    values: Mapping[str, Any]
    parts: tuple[str, ...] = ()
    news: str = ""
    status: int = 200


PageFunction = Callable[[Visit], View]


class Page(NamedTuple):
    """One page. path: below the token, `jobs/{job_id}`. label: in the navigation; empty if it is not there."""

    name: str
    path: str
    show: PageFunction
    label: str = ""

    def path_of(self, names: Mapping[str, str]) -> str:
        """The path of one page of this kind. names: its variable parts."""
        return self.path.format(**names)

    @property
    def depth(self) -> int:
        return self.path.count("/")
