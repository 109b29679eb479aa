"""The table's stream: at least once, in order per row, from the first record that failed."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NoReturn
from zlib import crc32

from tests.fakes.clock import Clock
from tests.fakes.dynamodb import Change
from tests.fakes.wire import client_error, ignore

SHARDS = 4
BATCH = 100
MOST_TRIES = 30
RETENTION = 24 * 3600
"""DynamoDB streams keep a record for 24 hours."""

Deliver = Callable[[list[dict[str, Any]]], str | None]


class FakeTrimmedStreams:
    """The client of DynamoDB streams, a day later."""

    def get_shard_iterator(self, **_: object) -> NoReturn:
        raise client_error("GetShardIterator", "TrimmedDataAccessException", "it is trimmed")


@dataclass
class FakeStream:
    """deliver: gives records to the function; returns the number of the first that failed, None for none, and
    raises where the function died. lose: is told of a record that failed too often. is_read: whether the
    function is fed; while it is not, records grow old, and are gone after RETENTION.
    """

    clock: Clock
    deliver: Deliver
    lose: Callable[[dict[str, Any]], object] = ignore
    delay: float = 0.2
    pending: int = 0
    is_read: bool = True
    _shards: list[deque[dict[str, Any]]] = field(default_factory=lambda: [deque() for _ in range(SHARDS)])

    def add(self, change: Change) -> None:
        images = {"OldImage": change.old, "NewImage": change.new}
        record: dict[str, Any] = {
            "Keys": change.keys,
            "SequenceNumber": str(change.number),
            "ApproximateCreationDateTime": int(self.clock.now),
            **{name: image for name, image in images.items() if image is not None},
        }
        shard = self._shards[crc32(str(next(iter(change.keys.values()))).encode()) % SHARDS]
        shard.append({"dynamodb": record})
        self.pending += 1
        if len(shard) == 1:
            self.clock.after(self.delay, lambda: self._read(shard, 1))

    def forget(self, *, before: float) -> None:
        """Lose the records that were written before a moment, as the stream of a restored table has."""
        for shard in self._shards:
            while shard and shard[0]["dynamodb"]["ApproximateCreationDateTime"] < before:
                shard.popleft()
                self.pending -= 1

    def _read(self, shard: deque[dict[str, Any]], tries: int) -> None:
        self.forget(before=self.clock.now - RETENTION)
        if not shard:
            return
        if not self.is_read:
            self.clock.after(60.0, lambda: self._read(shard, tries))
            return
        batch = [shard[place] for place in range(min(len(shard), BATCH))]
        done = self._done(batch)
        is_over = done < len(batch) and tries >= MOST_TRIES
        for _ in range(done):
            shard.popleft()
        if is_over:
            self.lose(shard.popleft()["dynamodb"])
        self.pending -= done + is_over
        tries = 1 if done or is_over else tries + 1
        if shard:
            self.clock.after(
                self.delay if tries == 1 else min(2.0**tries, 60.0), lambda: self._read(shard, tries)
            )

    def _done(self, batch: list[dict[str, Any]]) -> int:
        try:
            failed = self.deliver(batch)
        except Exception:  # noqa: BLE001 - whatever it is, the batch comes again
            return 0
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        return len(batch) if failed is None else numbers.index(failed)
