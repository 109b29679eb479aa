"""The facts of the overview: what runs, what waits and why, what failed and why, dead letters, and budgets.

Each part is read by itself, so a view may keep some of them longer than others. The number of calls of a part
does not follow from how many jobs there are; where more exist than were read, the part says so.
"""

from collections.abc import Mapping
from functools import partial
from heapq import merge
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from jobchute.cli.facts.known_jobs import KnownJobs
from jobchute.cli.facts.parallel import in_parallel
from jobchute.cli.facts.tallies import Tallies
from jobchute.job import FINAL_STATES, Job, State
from jobchute.ledger.job_queries import JobQueries, Listed
from jobchute.ledger.jobs import Ledger

if TYPE_CHECKING:
    from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows

IN_FLIGHT_STATES = (State.RUNNING, State.SUBMITTED, State.SUBMITTING, State.CANCELLING)
ENDED_STATES = tuple(state for state in State if state in FINAL_STATES - {State.REJECTED})
MAX_IN_FLIGHT, MAX_WAITING, MAX_ON_AXIS = 12, 6, 24
"""Jobs on the time axis: of those in flight, of those that wait, and of all."""
MAX_LATEST = 100
"""Jobs of each state that are known by their ids: as many as one read of rows takes."""
MAX_DEAD_LETTERS = 100


class Count(NamedTuple):
    """Jobs in a state. is_at_least: there are more, which were not counted."""

    state: State
    number: int
    is_at_least: bool = False

    @property
    def text(self) -> str:
        return f"{self.number:,}{'+' if self.is_at_least else ''}"


class Tile(NamedTuple):
    """Several states under one word, as the first figures of an overview."""

    label: str
    states: tuple[State, ...]
    figure: Count


TILES: tuple[tuple[str, tuple[State, ...]], ...] = (
    ("running", (State.RUNNING,)),
    ("starting", (State.SUBMITTING, State.SUBMITTED)),
    ("waiting", (State.QUEUED,)),
    ("cancelling", (State.CANCELLING,)),
    ("succeeded", (State.SUCCEEDED,)),
    ("partial", (State.PARTIAL,)),
    ("failed", (State.FAILED, State.TIMED_OUT)),
    ("cancelled", (State.CANCELLED,)),
    ("rejected", (State.REJECTED,)),
)
SELDOM = frozenset({"cancelling", "partial"})
"""Left out where they are 0."""


class Counts(NamedTuple):
    """of_states: every state once, in their order. Open jobs are counted as they are now, ended ones if they
    ended within the time. latest: the jobs of each state that moved last, MAX_LATEST at most.
    """

    of_states: tuple[Count, ...]
    latest: Mapping[State, tuple[Listed, ...]] = MappingProxyType({})

    def of(self, *states: State) -> Count:
        """The jobs in any of these states together, as a count of the first of them."""
        found = [count for count in self.of_states if count.state in states]
        return Count(states[0], sum(each.number for each in found), any(each.is_at_least for each in found))

    @property
    def tiles(self) -> tuple[Tile, ...]:
        found = (Tile(label, states, self.of(*states)) for label, states in TILES)
        return tuple(tile for tile in found if tile.figure.number or tile.label not in SELDOM)

    @property
    def news(self) -> str:
        shown = [f"{tile.figure.text} {tile.label}" for tile in self.tiles if tile.figure.number]
        return ", ".join(shown) or "no jobs"


class Letters(NamedTuple):
    """Dead letters that the ledger knows. is_at_least: there are more."""

    shown: tuple["DeadLetter", ...]
    is_at_least: bool = False

    @property
    def text(self) -> str:
        return f"{len(self.shown):,}{'+' if self.is_at_least else ''}"


def counts_of(queries: JobQueries, since: float, tallies: Tallies | None = None) -> Counts:
    """since: epoch seconds. tallies: of the last counts. One query for each list of the ledger's states, and
    further ones for long lists.
    """
    head = partial((tallies or Tallies()).head, queries, since=since, limit=MAX_LATEST)
    heads = dict(zip(State, in_parallel([partial(head, state) for state in State]), strict=True))
    counts = (Count(state, found.number, found.is_at_least) for state, found in heads.items())
    return Counts(tuple(counts), {state: found.latest for state, found in heads.items()})


def jobs_on_axis(ledger: Ledger, counts: Counts, known: KnownJobs | None = None) -> list[Job]:
    """The jobs to show on a time axis, those that moved last: first those in flight, as many of each state,
    then those that wait, then those that ended. At most one read.
    """
    in_flight = [state for state in IN_FLIGHT_STATES if counts.latest.get(state)]
    of_each = MAX_IN_FLIGHT // max(1, len(in_flight))
    listed = [each for state in in_flight for each in counts.latest[state][:of_each]]
    listed += counts.latest.get(State.QUEUED, ())[:MAX_WAITING]
    ended = (counts.latest.get(state, ()) for state in ENDED_STATES)
    latest = merge(*ended, key=lambda each: each.updated_at, reverse=True)
    listed += islice(latest, MAX_ON_AXIS - len(listed))
    return (known or KnownJobs()).read(ledger, listed)


def dead_letters_of(rows: "DeadLetterRows") -> Letters:
    """One query."""
    found = rows.some(MAX_DEAD_LETTERS + 1)
    return Letters(tuple(found[:MAX_DEAD_LETTERS]), len(found) > MAX_DEAD_LETTERS)
