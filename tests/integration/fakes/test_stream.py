"""The table's stream as Lambda reads it. moto invokes no function: over the fake alone.

Lambda developer guide, "Process DynamoDB records with Lambda"; DynamoDB developer guide, "Change data capture
for DynamoDB Streams".
"""

import itertools
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from tests.fakes.clock import Clock
from tests.fakes.dynamodb import Change
from tests.fakes.stream import BATCH, MAX_TRIES, RETENTION, WINDOW, FakeStream
from tests.integration.fakes.services import NOW
from tests.paths import ROOT

HOUR = 3600.0


class Reader:
    """A function that fails for some records: it tells which one, or dies of it."""

    def __init__(self) -> None:
        self.clock = Clock(NOW)
        self.stream = FakeStream(self.clock, self.deliver, self.lose)
        self.refuses: set[str] = set()
        self.dies_of: set[str] = set()
        self.batches: list[list[str]] = []
        self.done: list[str] = []
        self.done_at: dict[str, float] = {}
        self.lost: list[str] = []
        self.deliver_before: Callable[[], object] = lambda: None

    def write(self, count: int, *, first: int = 1) -> None:
        """All to one shard, as changes of one row are."""
        keys = {"pk": {"S": "a"}, "sk": {"S": "JOB"}}
        for number in range(first, first + count):
            self.stream.add(Change(number, keys, None, keys))

    def deliver(self, records: list[dict[str, Any]]) -> str | None:
        numbers: list[str] = [record["dynamodb"]["SequenceNumber"] for record in records]
        self.batches.append(numbers)
        if numbers[0] in self.refuses:
            self.deliver_before()
        if self.dies_of & {*numbers}:
            raise MemoryError
        for number in numbers:
            if number in self.refuses:
                return number
            self.done.append(number)
            self.done_at[number] = self.clock.now
        return None

    def lose(self, record: dict[str, Any]) -> None:
        self.lost.append(record["SequenceNumber"])


@pytest.fixture
def reader() -> Reader:
    return Reader()


def test_it_is_read_as_the_deployed_function_reads_it() -> None:
    text = (ROOT / "infra" / "function.py").read_text().partition("def read_stream")[2]
    assert f"batch_size={BATCH}" in text
    assert f"max_batching_window=cdk.Duration.seconds({WINDOW:.0f})" in text
    assert f"retry_attempts={MAX_TRIES}" in text
    assert "bisect_batch_on_error=True" in text
    assert "report_batch_item_failures=True" in text


def test_records_come_in_their_order_many_in_a_batch(reader: Reader) -> None:
    reader.write(250)
    reader.clock.run(NOW + HOUR)
    assert reader.done == [str(number) for number in range(1, 251)]
    assert [len(batch) for batch in reader.batches] == [100, 100, 50]
    assert reader.stream.pending == 0


def test_records_are_collected_for_a_second(reader: Reader) -> None:
    for number in range(1, 6):
        reader.clock.at(NOW + 0.35 * number, partial(reader.write, 1, first=number))
    reader.clock.run(NOW + HOUR)
    assert reader.batches == [["1", "2", "3", "4"], ["5"]]
    assert reader.done_at["1"] == NOW + 0.35 + reader.stream.delay + WINDOW


def test_a_full_batch_waits_for_no_more(reader: Reader) -> None:
    reader.write(1)
    reader.clock.at(NOW + 0.1, partial(reader.write, BATCH, first=2))
    reader.clock.run(NOW + 0.1 + reader.stream.delay)
    assert [len(batch) for batch in reader.batches] == [BATCH]


def test_records_that_the_filter_drops_are_not_read(reader: Reader) -> None:
    reader.stream.wants = lambda change: change.number % 2 == 1
    reader.write(4)
    reader.clock.run(NOW + HOUR)
    assert reader.done == ["1", "3"]


def test_a_batch_is_retried_from_the_first_failed_record(reader: Reader) -> None:
    reader.refuses = {"3"}
    reader.clock.after(10, reader.refuses.clear)
    reader.write(5)
    reader.clock.run(NOW + HOUR)
    assert reader.batches[1][0] == "3"
    assert reader.done == ["1", "2", "3", "4", "5"]


def test_the_shard_waits_for_a_failing_record_and_gives_it_up(reader: Reader) -> None:
    reader.refuses = {"3"}
    reader.write(5)
    reader.clock.run(NOW + 600)
    assert reader.done == ["1", "2"]
    reader.clock.run(NOW + 12 * HOUR)
    assert Counter(batch[0] for batch in reader.batches)["3"] == MAX_TRIES
    assert (reader.done, reader.lost) == (["1", "2", "4", "5"], ["3"])


def test_writes_meanwhile_give_a_failing_record_no_more_tries(
    reader: Reader,
) -> None:
    """As by a function that writes to the table whose stream it reads."""
    reader.refuses = {"1"}
    numbers = itertools.count(2)
    reader.deliver_before = lambda: reader.write(1, first=next(numbers))
    reader.write(1)
    reader.clock.run(NOW + 12 * HOUR)
    assert reader.lost == ["1"]
    assert reader.done == sorted(reader.done, key=int)
    assert Counter(batch[0] for batch in reader.batches)["1"] == MAX_TRIES


def test_what_kills_the_function_is_found_by_splitting_the_batch(reader: Reader) -> None:
    reader.dies_of = {"3"}
    reader.write(8)
    reader.clock.run(NOW + 60)
    assert reader.done == ["1", "2"]
    assert reader.batches[-1] == ["3"]
    reader.clock.run(NOW + 12 * HOUR)
    assert reader.lost == ["3"]
    assert reader.done == ["1", "2", "4", "5", "6", "7", "8"]


def test_nothing_is_read_while_it_is_silent(reader: Reader) -> None:
    reader.stream.is_read = False
    reader.write(3)
    reader.clock.run(NOW + HOUR)
    assert reader.batches == []
    reader.stream.is_read = True
    reader.clock.run(NOW + HOUR + 60)
    assert reader.done == ["1", "2", "3"]


def test_a_record_is_gone_after_a_day(reader: Reader) -> None:
    assert RETENTION == 24 * HOUR
    reader.stream.is_read = False
    reader.write(3)
    reader.clock.at(NOW + 10 * HOUR, lambda: reader.write(2, first=4))
    reader.clock.at(NOW + 30 * HOUR, lambda: setattr(reader.stream, "is_read", True))
    reader.clock.run(NOW + 31 * HOUR)
    assert reader.done == ["4", "5"]
    assert (reader.stream.trimmed, reader.stream.pending, reader.lost) == (3, 0, [])


def test_one_that_fails_for_a_day_is_gone_too(reader: Reader) -> None:
    """All of its tries take less than that, so a silence comes between them."""
    reader.refuses = {"1"}
    reader.write(1)
    for hours, is_read in ((0.1, False), (25, True)):
        reader.clock.at(NOW + hours * HOUR, partial(setattr, reader.stream, "is_read", is_read))
    reader.clock.run(NOW + 26 * HOUR)
    assert (reader.stream.trimmed, reader.stream.pending, reader.lost) == (1, 0, [])
    reader.write(1, first=2)
    reader.clock.run(NOW + 27 * HOUR)
    assert reader.done == ["2"]


def test_another_stream_begins_with_what_is_written_from_then_on(reader: Reader) -> None:
    reader.stream.is_read = False
    reader.write(3)
    reader.clock.run(NOW + 30)
    reader.stream.forget()
    assert (reader.stream.pending, reader.stream.trimmed) == (0, 3)
    reader.stream.is_read = True
    reader.write(2, first=4)
    reader.clock.run(NOW + HOUR)
    assert reader.done == ["4", "5"]


def test_what_is_written_during_an_immediate_read_comes_later(reader: Reader) -> None:
    def deliver(records: list[dict[str, Any]]) -> str | None:
        if not reader.batches:
            reader.write(1, first=2)
        return reader.deliver(records)

    reader.stream.deliver = deliver
    reader.write(1)
    reader.stream.read_now()
    assert reader.done == ["1"]
    reader.clock.run(NOW + HOUR)
    assert reader.done == ["1", "2"]
