"""The table's stream: at least once, in order per row, from the first record that failed.

It is read as the event source mapping of infra/function.py says (Lambda developer guide, "Process DynamoDB
records with Lambda"): up to 100 records a batch. The batch is tried again from the first record that failed,
and the shard waits; a batch whose invocation failed is split. After 100 tries a record goes to the failures
queue. A record is gone 24 hours after it was written, whether it was read or not (DynamoDB developer guide,
"Change data capture for DynamoDB Streams").
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any, NoReturn
from zlib import crc32

from tests.fakes.clock import Clock
from tests.fakes.dynamodb import Change
from tests.fakes.wire import client_error, ignore

SHARDS = 4
BATCH = 100
MOST_TRIES = 100
RETENTION = 24 * 3600.0
MAX_BACKOFF = 60.0
"""Seconds, both."""

Record = dict[str, Any]
Shard = deque[Record]
Deliver = Callable[[list[Record]], str | None]


class FakeTrimmedStreams:
    """The client of DynamoDB streams, a day later."""

    def get_shard_iterator(self, **_: object) -> NoReturn:
        raise client_error("GetShardIterator", "TrimmedDataAccessException", "it is trimmed")


def _shards() -> list[Shard]:
    return [deque() for _ in range(SHARDS)]


@dataclass
class FakeStream:
    """deliver: gives records to the function; returns the number of the first that failed, None for none, and
    raises where the function died. lose: is told of a record that failed too often. silent_until: until then,
    nobody reads. trimmed: how many records were gone before they were read.
    """

    clock: Clock
    deliver: Deliver
    lose: Callable[[Record], object] = ignore
    delay: float = 0.2
    pending: int = 0
    silent_until: float = 0.0
    trimmed: int = 0
    _shards: list[Shard] = field(default_factory=_shards)

    def add(self, change: Change) -> None:
        images = {"OldImage": change.old, "NewImage": change.new}
        record: Record = {
            "Keys": change.keys,
            "SequenceNumber": str(change.number),
            "ApproximateCreationDateTime": int(self.clock.now),
            **{name: image for name, image in images.items() if image is not None},
        }
        shard = self._shards[crc32(str(next(iter(change.keys.values()))).encode()) % SHARDS]
        shard.append({"dynamodb": record})
        self.pending += 1
        if len(shard) == 1:
            self.clock.after(self.delay, lambda: self._read(shard))

    def forget(self) -> None:
        """Another stream takes its place, as that of a restored table does: what was not read is gone."""
        for shard in self._shards:
            self.trimmed += len(shard)
            self.pending -= len(shard)
            shard.clear()
        self._shards = _shards()

    def _read(self, shard: Shard, *, tries: int = 1, most: int = BATCH) -> None:
        """tries: of the first record, this one included. most: records in the batch."""
        if self.clock.now < self.silent_until:
            self.clock.at(self.silent_until, lambda: self._read(shard, tries=tries, most=most))
            return
        if self._trim(shard):
            tries, most = 1, BATCH
        if not shard:
            return
        batch = [shard[place] for place in range(min(len(shard), most))]
        try:
            failed = self.deliver(batch)
        except Exception:  # noqa: BLE001 - whatever it is, the batch comes again
            self._read_again(shard, batch, tries)
            return
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        done = len(batch) if failed is None else numbers.index(failed)
        self._drop(shard, done)
        if done:
            self._read_later(shard)
        else:
            self._try_again(shard, tries)

    def _read_again(self, shard: Shard, batch: list[Record], tries: int) -> None:
        """A batch whose invocation failed is split, which counts as no try."""
        if len(batch) > 1:
            self._read_later(shard, tries=tries, most=len(batch) // 2)
        else:
            self._try_again(shard, tries, most=1)

    def _try_again(self, shard: Shard, tries: int, *, most: int = BATCH) -> None:
        if tries < MOST_TRIES:
            self._read_later(shard, tries=tries + 1, most=most)
            return
        self.lose(shard[0]["dynamodb"])
        self._drop(shard, 1)
        self._read_later(shard)

    def _read_later(self, shard: Shard, *, tries: int = 1, most: int = BATCH) -> None:
        if shard:
            delay = self.delay if tries == 1 else min(2.0**tries, MAX_BACKOFF)
            self.clock.after(delay, lambda: self._read(shard, tries=tries, most=most))

    def _drop(self, shard: Shard, count: int) -> None:
        for _ in range(count):
            shard.popleft()
        self.pending -= count

    def _trim(self, shard: Shard) -> int:
        """Returns how many records were gone."""
        oldest = self.clock.now - RETENTION
        count = sum(1 for _ in takewhile(lambda each: _created_at(each) < oldest, shard))
        self._drop(shard, count)
        self.trimmed += count
        return count


def _created_at(record: Record) -> int:
    at: int = record["dynamodb"]["ApproximateCreationDateTime"]
    return at
