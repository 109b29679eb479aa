"""How many jobs have ended, for a view that is read again and again: new ends are added to the last count.

Jobs that have left the view's time since are still counted, until all are counted again.
"""

from jobchute.job import FINAL_STATES, State, iso
from jobchute.ledger.job_queries import Head, JobQueries

MAX_LEFT_SECONDS = 60
"""All jobs are counted again once the time has moved on by so much."""


class Tallies:
    """Remembers the last count of each final state. Threads may share it."""

    def __init__(self) -> None:
        self._heads: dict[State, tuple[float, Head]] = {}

    def head(self, queries: JobQueries, state: State, *, since: float, limit: int) -> Head:
        """The jobs in a state: all open ones, or those that ended since. since: epoch seconds."""
        if state not in FINAL_STATES:
            return queries.head(state, limit=limit)
        counted, before = self._heads.get(state, (since, None))
        if abs(since - counted) > MAX_LEFT_SECONDS:
            counted, before = since, None
        head = queries.head(state, since=iso(since), limit=limit, before=before)
        self._heads[state] = (counted if before else since, head)
        return head
