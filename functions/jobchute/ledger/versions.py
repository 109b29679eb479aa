"""The ledger's rows of objects: the newest known version of each, so that no older version replaces it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.job import Source, sha256
from jobchute.ledger.conditions import refused_item
from jobchute.ledger.items import from_dynamodb, to_dynamodb
from jobchute.ledger.object_order import ORDERED_BY_S3, is_confirmed, order_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

NEWEST = "NEWEST"


class _Newest(NamedTuple):
    sequencer: str
    version: str

    def is_of(self, source: Source) -> bool:
        """Whether it is the very version of this source."""
        if self.version or source.version:
            return self.version == source.version
        return self.sequencer == source.sequencer


class VersionRows(NamedTuple):
    """Versions are ordered by S3's LastModified. A message's own document is always the newest."""

    client: "DynamoDBClient"
    table: str

    def remember(self, source: Source, is_current: Callable[[], bool]) -> bool:
        """Note the newest version of an object. Returns whether this one is it (no newer one came before).

        source: confirmed by S3. is_current: whether S3 has no newer version. It is called if LastModified,
        which has whole seconds, cannot tell, or if an older version of the functions wrote the row.
        """
        newest = self._write(source, "sequencer >= :ours AND sequencer < :order", {":ours": ORDERED_BY_S3})
        while newest is not None:
            if _is_before(source.sequencer, newest.sequencer) or not is_current():
                return False
            seen = {":seen": newest.sequencer, ":seenVersion": newest.version}
            newest = self._write(source, "sequencer = :seen AND version = :seenVersion", seen)
        return True

    def is_known_newest(self, source: Source) -> bool:
        """Whether S3 has confirmed just this version, and no newer one since."""
        newest = self._newest(source.uri)
        return newest is not None and newest.is_of(source)

    def is_newest(self, source: Source, kept: dict[str, Any] | None = None) -> bool:
        """Whether no newer version of the object is known; of one that S3 has not confirmed, no other one.

        kept: what was read of other documents of the object a moment ago, by its URI; it is extended.
        """
        if not source.uri.startswith("s3://"):
            return True
        kept = {} if kept is None else kept
        if source.uri not in kept:
            kept[source.uri] = self._newest(source.uri)
        newest: _Newest | None = kept[source.uri]
        if newest is None or newest.is_of(source):
            return True
        if _has_a_place_of_its_own(source):
            return True
        return is_confirmed(source) and _is_before(newest.sequencer, source.sequencer)

    def is_known_since(self, uri: str, time: float) -> bool:
        """Whether a version of the object is known that is not older than a time, in epoch seconds."""
        newest = self._newest(uri)
        return newest is not None and not _is_before(newest.sequencer, order_of(time))

    def outcome(self, source: Source) -> str | None:
        """What became of an object that asks for something once and for all, however often S3 tells of it; None
        while there is something left to do."""
        item = self.client.get_item(TableName=self.table, Key=_over_key(source), ConsistentRead=True).get(
            "Item"
        )
        # Older versions wrote no outcome.
        return None if item is None else from_dynamodb(item).get("outcome", "answered")

    def mark_over(self, source: Source, outcome: str) -> None:
        """For as long as the object may lie there: the mark does not expire, as the row beside it does not."""
        self.client.update_item(
            TableName=self.table,
            Key=_over_key(source),
            UpdateExpression="SET isOver = :yes, outcome = :outcome",
            ExpressionAttributeValues=to_dynamodb({":yes": True, ":outcome": outcome}),
        )

    def _write(self, source: Source, condition: str, seen: dict[str, str]) -> _Newest | None:
        """Write the row under a condition, or where there is none. Returns what is there else."""
        values = {":sequencer": source.sequencer, ":version": source.version, **seen}
        if ":order" in condition:
            values[":order"] = _order(source.sequencer)
        try:
            self.client.update_item(
                TableName=self.table,
                Key=_key(source.uri),
                UpdateExpression="SET sequencer = :sequencer, version = :version",
                ConditionExpression=f"attribute_not_exists(pk) OR ({condition}) "
                "OR (sequencer = :sequencer AND version = :version)",
                ExpressionAttributeValues=to_dynamodb(values),
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            return _newest_of(refused_item(error))
        return None

    def _newest(self, uri: str) -> _Newest | None:
        item = self.client.get_item(TableName=self.table, Key=_key(uri), ConsistentRead=True).get("Item")
        return None if item is None else _newest_of(item)


def _newest_of(item: dict[str, Any]) -> _Newest:
    values = from_dynamodb(item)
    return _Newest(values["sequencer"], values["version"])


def _has_a_place_of_its_own(source: Source) -> bool:
    """Whether an older version of the functions made this source, of an object in a bucket without versions.

    Such a bucket is not the stack's own, and its objects are answered elsewhere since: no newer answer is
    replaced. Whether the object was, can no longer be found out.
    """
    return bool(source.sequencer) and not source.version and not _is_of_s3(source.sequencer)


def _is_before(one: str, other: str) -> bool:
    """Of two sequencers. What a notification said, in rows of older versions, comes before all that S3 said."""
    if _is_of_s3(one) != _is_of_s3(other):
        return _is_of_s3(other)
    return _order(one) < _order(other)


def _is_of_s3(sequencer: str) -> bool:
    return sequencer.startswith(ORDERED_BY_S3)


def _order(sequencer: str) -> str:
    """Without what tells the bytes of one second apart in a bucket without versions."""
    return sequencer.partition("/")[0]


def _key(uri: str) -> dict[str, Any]:
    return to_dynamodb({"pk": f"SOURCE#{uri}", "sk": NEWEST})


def _over_key(source: Source) -> dict[str, Any]:
    return to_dynamodb({"pk": f"SOURCE#{source.uri}", "sk": f"OVER#{sha256(source.reference)}"})
