"""Jobs that have ended are counted once, over DynamoDB."""

from typing import Any, cast

from jobchute.cli.facts.tallies import MAX_LEFT_SECONDS, Tallies
from jobchute.job import State
from jobchute.ledger.job_queries import Head
from jobchute.ledger.jobs import Ledger
from tests.builders import NOW
from tests.integration.ledger.shared import added

DAY = 24 * 3600.0
LIMIT = 5


def ended(ledger: Ledger, numbers: range) -> None:
    for number in numbers:
        ledger.move(added(ledger, f"job {number}").job_id, State.SUCCEEDED, NOW + number)


def head(tallies: Tallies, ledger: Ledger, now: float = NOW + 100) -> Head:
    return tallies.head(ledger.queries, State.SUCCEEDED, since=now - DAY, limit=LIMIT)


class CountedQueries:
    """A client whose queries are counted."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self.calls = 0

    def query(self, **request: Any) -> Any:
        self.calls += 1
        return self.client.query(**request)


class TestTallies:
    def test_new_ends_are_added_to_the_last_count(self, ledger: Ledger) -> None:
        tallies = Tallies()
        client = CountedQueries(ledger.queries.client)
        queries = ledger.queries._replace(client=cast("Any", client))
        for ends, number, calls in ((range(12), 12, 2), (range(12, 15), 15, 3)):
            ended(ledger, ends)
            found = tallies.head(queries, State.SUCCEEDED, since=NOW, limit=LIMIT)
            assert (found.number, client.calls) == (number, calls)
            assert found == Tallies().head(ledger.queries, State.SUCCEEDED, since=NOW, limit=LIMIT)

    def test_all_are_counted_if_more_ended_than_are_named(self, ledger: Ledger) -> None:
        tallies = Tallies()
        ended(ledger, range(8))
        assert head(tallies, ledger).number == 8
        ended(ledger, range(8, 8 + LIMIT + 1))
        assert head(tallies, ledger) == head(Tallies(), ledger)
        assert head(tallies, ledger).number == 14

    def test_those_that_left_the_time_are_counted_for_a_minute(self, ledger: Ledger) -> None:
        tallies = Tallies()
        ended(ledger, range(12))
        assert head(tallies, ledger, NOW + DAY).number == 12
        assert head(tallies, ledger, NOW + DAY + 3).number == 12
        assert head(Tallies(), ledger, NOW + DAY + 3).number == 9
        later = NOW + DAY + MAX_LEFT_SECONDS + 1
        ended(ledger, range(60, 80))
        assert head(tallies, ledger, later) == head(Tallies(), ledger, later)

    def test_another_time_has_a_count_of_its_own(self, ledger: Ledger) -> None:
        tallies = Tallies()
        ended(ledger, range(12))
        assert head(tallies, ledger).number == 12
        assert head(tallies, ledger, NOW + DAY + 6).number == 6

    def test_open_jobs_are_always_counted(self, ledger: Ledger) -> None:
        tallies = Tallies()
        jobs = [added(ledger, f"job {number}") for number in range(7)]
        for job in jobs:
            ledger.move(job.job_id, State.RUNNING, NOW)
        assert tallies.head(ledger.queries, State.RUNNING, since=NOW, limit=1).number == 7
        ledger.move(jobs[0].job_id, State.SUCCEEDED, NOW)
        assert tallies.head(ledger.queries, State.RUNNING, since=NOW, limit=1).number == 6
