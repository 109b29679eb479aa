"""What it takes to find jobs: calls, however many there are, and rows that move while an index is read."""

from itertools import islice
from typing import Any, cast

import pytest

from jobchute.cli.job_filters import Wanted, found
from jobchute.job import Api, Job, State, Submitted, iso
from jobchute.ledger.items import JOB, Item, item_of, to_dynamodb
from jobchute.ledger.job_rows import MAX_BATCH, Batches
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.reconciliations import Notes, ReconciliationRows
from jobchute.ledger.table import DUE_SHARDS, STATE_SHARDS
from jobchute.lifecycle.observe import Observer
from jobchute.lifecycle.poll import Poller
from jobchute.lifecycle.pool_upkeep import Pools
from jobchute.lifecycle.timing import Timing
from jobchute.providers.adapter import Observation
from tests.aws import TABLE, create_table
from tests.builders import NOW, a_job
from tests.fakes.dynamodb import FakeDynamoDB
from tests.fakes.wire import Wire

LISTS = 5 * STATE_SHARDS + 6


class Table:
    """The fake of the table. wire: has the names of the calls. is_lagging: whether indexes stay as they are."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.is_lagging = False
        self.fake = FakeDynamoDB(io=self.wire.aws("dynamodb"), is_lagging=lambda: self.is_lagging)
        create_table(self.fake)
        self.ledger = Ledger(cast("Any", self.fake), TABLE, 1)

    def add(self, label: str, **changes: Any) -> Job:
        job = a_job(label, **changes)
        self.fake.put_item(TableName=TABLE, Item=item_of(job))
        return job

    def calls(self) -> list[str]:
        """Those since the last time."""
        names = [name.partition(":")[2] for name in self.wire.names]
        self.wire.names.clear()
        return names


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.mark.parametrize("jobs", [200, 20_000])
def test_a_list_takes_as_many_calls_however_many_jobs_ended(table: Table, jobs: int) -> None:
    for number in range(jobs):
        table.add(f"{number}", state=State.SUCCEEDED, updated_at=iso(NOW + number))
    table.calls()
    listed = found(table.ledger, Wanted(), 50)
    assert [job.name for job in listed] == [f"{number}" for number in reversed(range(jobs - 50, jobs))]
    assert table.calls() == ["query"] * LISTS + ["batch_get_item"]


def test_open_jobs_are_spread_over_all_shards_and_come_in_order(table: Table) -> None:
    for number in range(100):
        table.add(f"{number}", state=State.RUNNING, updated_at=iso(NOW + number), due=NOW - number)
    running = [job.name for job in table.ledger.queries.by_state(State.RUNNING)]
    assert running == [f"{number}" for number in reversed(range(100))]
    assert [job.name for job in table.ledger.queries.due(NOW)] == running
    items = table.fake.tables[TABLE].items.values()
    assert len({item["listed"]["S"] for item in items}) == STATE_SHARDS
    assert len({item["open"]["S"] for item in items}) == DUE_SHARDS


def test_rows_are_read_as_the_caller_goes_on(table: Table) -> None:
    for number in range(250):
        table.add(f"{number}", due=NOW)
    table.calls()
    assert len(list(islice(table.ledger.queries.due(NOW), MAX_BATCH))) == MAX_BATCH
    assert table.calls() == ["query"] * DUE_SHARDS + ["batch_get_item"]


def test_a_job_that_the_index_shows_late_is_not_due(table: Table) -> None:
    moved, gone, same = (table.add(label, due=NOW) for label in ("moved", "gone", "same"))
    table.is_lagging = True
    table.ledger.note(moved.job_id, due=NOW + 60)
    table.fake.delete_item(TableName=TABLE, Key=to_dynamodb({"pk": gone.job_id, "sk": JOB}))
    assert list(table.ledger.queries.due(NOW)) == [same]


def test_a_list_shows_a_job_that_moves_meanwhile_as_it_is(table: Table) -> None:
    job = table.add("moving", state=State.RUNNING)
    table.is_lagging = True
    ended, _ = table.ledger.move(job.job_id, State.SUCCEEDED, NOW + 1)
    assert found(table.ledger, Wanted(), 50) == [ended]
    assert found(table.ledger, Wanted(states=frozenset({State.RUNNING})), 50) == []


def test_a_poll_continues_at_its_place_in_the_index(table: Table) -> None:
    """The position of a job that has ended since would be a state that no poll reads."""
    jobs = [
        table.add(f"{number}", state=State.SUBMITTED, updated_at=iso(NOW + number), provider_id=f"p{number}")
        for number in range(3)
    ]
    table.is_lagging = True
    table.ledger.move(jobs[2].job_id, State.SUCCEEDED, NOW + 9)
    notes = ReconciliationRows(table.ledger.client, TABLE)
    poller = Poller(table.ledger, table.ledger.queries, notes, {}, Timing(jitter=lambda _: 0.0))
    poll = poller.begin(NOW, Notes(), Pools({}), has_time=lambda: False)
    assert poll.stopped_at == f"SUBMITTED|{jobs[1].updated_at}"


class Throttled:
    """A table that reads two items with each call, and the later ones first."""

    def __init__(self) -> None:
        self.calls = 0

    def batch_get_item(self, *, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803 - boto3's name
        self.calls += 1
        keys: list[Item] = RequestItems[TABLE]["Keys"]
        left = {TABLE: {"Keys": keys[2:]}} if keys[2:] else {}
        return {"Responses": {TABLE: keys[:2][::-1]}, "UnprocessedKeys": left}


def test_what_a_call_leaves_is_read_by_the_next_in_order() -> None:
    client = Throttled()
    keys = [(f"{number}", JOB) for number in range(5)]
    read = Batches(cast("Any", client), TABLE).read([*keys, keys[0]])
    assert [(item["pk"]["S"], item["sk"]["S"]) for item in read] == keys
    assert client.calls == 3


class Provider:
    """Reports a state of any job."""

    def __init__(self, state: State | None) -> None:
        self.state = state

    def observe(self, job: Submitted) -> Observation:
        return Observation(native=f"{job.name} is {self.state}", state=self.state)


@pytest.mark.parametrize(
    ("seen", "calls"),
    [(None, ["query"]), (State.SUBMITTED, ["query"]), (State.RUNNING, ["query", "update_item"])],
)
def test_an_event_is_observed_without_a_read_of_the_row(
    table: Table, seen: State | None, calls: list[str]
) -> None:
    job = table.add("known", state=State.SUBMITTED, provider_id="arn", pending_limit=60, time_limit=600)
    table.calls()
    adapters = cast("Any", dict.fromkeys(Api, Provider(seen)))
    transitions = cast("Any", None)
    timing = Timing(jitter=lambda _: 0.0)
    observer = Observer(table.ledger, table.ledger.queries, adapters, transitions, timing, lambda: NOW)
    event = {"detail-type": "SageMaker Training Job State Change", "detail": {"TrainingJobArn": "arn"}}
    observed = observer.observe_event(event)
    assert observed is not None
    assert observed.job_id == job.job_id
    assert table.calls() == calls
    row = table.ledger.get(job.job_id)
    assert row.state is (seen or State.SUBMITTED)
    assert row.deadline == (NOW + 600 + timing.allowance if seen is State.RUNNING else 0)
