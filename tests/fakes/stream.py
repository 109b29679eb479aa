"""The table's stream: at least once, in order per row, from the first record that failed.

It is read as the event source mapping of infra/function.py says (Lambda developer guide, "Process DynamoDB
records with Lambda"): up to 100 records a batch, collected for up to a second. The batch is tried again from
the first record that failed, and the shard waits; a batch whose invocation failed is split. After 30 tries a
record goes to the failures queue. A record is gone 24 hours after it was written, whether it was read or not
(DynamoDB developer guide, "Change data capture for DynamoDB Streams").
"""

import contextlib
import math
from base64 import b64encode
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice, takewhile
from typing import Any, NoReturn
from zlib import crc32

from tests.fakes.clock import Clock
from tests.fakes.dynamodb import Change
from tests.fakes.wire import client_error, ignore

SHARDS = 4
BATCH = 100
MAX_TRIES = 30
RETENTION = 24 * 3600.0
MAX_BACKOFF = 60.0
WINDOW = 1.0
"""Seconds, all three."""

Record = dict[str, Any]
Deliver = Callable[[list[Record]], str | None]


def in_json(image: Mapping[str, Any]) -> dict[str, Any]:
    """An item as Lambda hands it to a function: its binary values are base64 text."""
    return {
        name: {"B": b64encode(value["B"]).decode()} if "B" in value else value for name, value in image.items()
    }


class FakeTrimmedStreams:
    """The client of DynamoDB streams, a day later."""

    def get_shard_iterator(self, **_: object) -> NoReturn:
        raise client_error("GetShardIterator", "TrimmedDataAccessException", "it is trimmed")


@dataclass(slots=True)
class Shard:
    """is_busy: whether it is being read, or its next reading is on the agenda. is_collecting: whether that
    waits for more records. readings: on the agenda so far; only the last of them takes place.
    """

    records: deque[Record] = field(default_factory=deque)
    is_busy: bool = False
    is_collecting: bool = False
    readings: int = 0


def _shards() -> list[Shard]:
    return [Shard() for _ in range(SHARDS)]


@dataclass
class FakeStream:
    """deliver: gives records to the function; returns the number of the first that failed, None for none, and
    raises where the function died. lose: is told of a record that failed too often. is_read: whether the
    function is fed; while it is not, records grow old. trimmed: how many were gone before they were read.
    wants: the mapping's filter. window: seconds for which records are collected before the first try.
    """

    clock: Clock
    deliver: Deliver
    lose: Callable[[Record], object] = ignore
    wants: Callable[[Change], bool] = lambda change: True  # noqa: ARG005
    delay: float = 0.2
    window: float = WINDOW
    pending: int = 0
    is_read: bool = True
    trimmed: int = 0
    _shards: list[Shard] = field(default_factory=_shards)

    def add(self, change: Change) -> None:
        if not self.wants(change):
            return
        images = {"OldImage": change.old, "NewImage": change.new}
        record: Record = {
            "Keys": change.keys,
            "SequenceNumber": str(change.number),
            "ApproximateCreationDateTime": int(self.clock.now),
            **{name: in_json(image) for name, image in images.items() if image is not None},
        }
        shard = self._shards[crc32(str(next(iter(change.keys.values()))).encode()) % SHARDS]
        shard.records.append({"dynamodb": record})
        self.pending += 1
        if not shard.is_busy or (shard.is_collecting and len(shard.records) >= BATCH):
            self._read_later(shard)

    def forget(self, *, before: float = math.inf) -> None:
        """What was written before then and not read is gone, as where a table is restored with a new stream."""
        for shard in self._shards:
            count = sum(1 for _ in takewhile(lambda each: _created_at(each) < before, shard.records))
            self.trimmed += count
            self._drop(shard, count)

    def read_now(self) -> None:
        """Deliver all pending records now. Those that fail are delivered again later."""
        for shard in self._shards:
            batch = list(shard.records)
            if not batch:
                continue
            with contextlib.suppress(Exception):
                if self.deliver(batch) is None:
                    self._drop(shard, len(batch))

    def _read(self, shard: Shard, tries: int, most: int) -> None:
        """tries: of the first record, this one included. most: records in the batch."""
        trimmed = self.trimmed
        self.forget(before=self.clock.now - RETENTION)
        if trimmed != self.trimmed:
            tries, most = 1, BATCH
        if not self.is_read or not shard.records:
            self._read_later(shard, tries=tries, most=most, delay=MAX_BACKOFF)
            return
        batch = list(islice(shard.records, most))
        try:
            failed = self.deliver(batch)
        except Exception:  # noqa: BLE001 - whatever it is, the batch comes again
            self._read_again(shard, batch, tries)
            return
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        done = len(batch) if failed is None else numbers.index(failed)
        self._drop(shard, done)
        if done:
            self._read_later(shard, delay=None if failed is None else self.delay)
        else:
            self._try_again(shard, tries)

    def _read_again(self, shard: Shard, batch: list[Record], tries: int) -> None:
        """A batch whose invocation failed is split, which counts as no try."""
        if len(batch) > 1:
            self._read_later(shard, tries=tries, most=len(batch) // 2)
        else:
            self._try_again(shard, tries, most=1)

    def _try_again(self, shard: Shard, tries: int, *, most: int = BATCH) -> None:
        if tries < MAX_TRIES:
            self._read_later(shard, tries=tries + 1, most=most)
            return
        self.lose(shard.records[0]["dynamodb"])
        self._drop(shard, 1)
        self._read_later(shard)

    def _read_later(
        self, shard: Shard, *, tries: int = 1, most: int = BATCH, delay: float | None = None
    ) -> None:
        shard.is_busy = bool(shard.records)
        if not shard.is_busy:
            return
        shard.is_collecting = delay is None and tries == 1 and most == BATCH
        if delay is None:
            delay = self.delay if tries == 1 else min(2.0**tries, MAX_BACKOFF)
        if shard.is_collecting and len(shard.records) < BATCH:
            delay += self.window
        shard.readings += 1
        number = shard.readings
        self.clock.after(delay, lambda: self._read(shard, tries, most) if number == shard.readings else None)

    def _drop(self, shard: Shard, count: int) -> None:
        for _ in range(count):
            shard.records.popleft()
        self.pending -= count


def _created_at(record: Record) -> int:
    at: int = record["dynamodb"]["ApproximateCreationDateTime"]
    return at
