"""The facts of the overview: how many jobs are in which state."""

from functools import partial
from typing import NamedTuple

from jobchute.cli.facts.parallel import in_parallel
from jobchute.job import OPEN_STATES, State, iso
from jobchute.ledger.job_queries import JobQueries, Tally


class Count(NamedTuple):
    """Jobs in a state. is_at_least: there are more, which were not counted."""

    state: State
    number: int
    is_at_least: bool = False

    @property
    def text(self) -> str:
        return f"{self.number:,}{'+' if self.is_at_least else ''}"


class Counts(NamedTuple):
    """of_states: every state once, in their order. Open jobs are counted as they are now, ended ones if they
    ended within the time.
    """

    of_states: tuple[Count, ...]

    def of(self, *states: State) -> Count:
        """The jobs in any of these states together, as a count of the first of them."""
        found = [count for count in self.of_states if count.state in states]
        return Count(states[0], sum(each.number for each in found), any(each.is_at_least for each in found))

    @property
    def news(self) -> str:
        shown = [f"{each.text} {each.state}" for each in self.of_states if each.number]
        return ", ".join(shown) or "no jobs"


def counts_of(queries: JobQueries, since: float) -> Counts:
    """since: epoch seconds. One query for each list of the ledger's states, and further ones for long lists."""
    after = iso(since)
    reads = [partial(queries.tally, state, since=_since(state, after)) for state in State]
    return Counts(tuple(map(_count, State, in_parallel(reads))))


def _since(state: State, after: str) -> str | None:
    return None if state in OPEN_STATES else after


def _count(state: State, tally: Tally) -> Count:
    return Count(state, tally.number, tally.is_at_least)
