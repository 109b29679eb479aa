"""Writes of several items, all of them or none.

Two transactions that meet at one item make one of them fail, which is tried again a few times. botocore gives
each call a token, so a call that it repeats after a lost answer takes effect once.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_TRIES = 6
FIRST_PAUSE_SECONDS = 0.05
REFUSED, MET = "ConditionalCheckFailed", "TransactionConflict"


class Refused(NamedTuple):
    """A write whose condition did not hold, by its place among the writes, and the item as it is, if shown."""

    place: int
    item: Mapping[str, Any]


class Transactions(NamedTuple):
    """jitter: a random number from 0 to its argument. sleep: pauses, in seconds."""

    client: "DynamoDBClient"
    jitter: Callable[[float], float]
    sleep: Callable[[float], None]

    def write(self, items: Sequence[Mapping[str, Any]]) -> list[Refused]:
        """Write all items, or return the writes whose conditions did not hold: then none has taken effect.

        Raises ClientError for anything else.
        """
        for number in range(MAX_TRIES):
            try:
                self.client.transact_write_items(TransactItems=items)  # type: ignore[arg-type]
            except ClientError as error:
                refused = _refused(error)
                if refused:
                    return refused
                if not _has_met_another(error) or number == MAX_TRIES - 1:
                    raise
                self.sleep(self.jitter(FIRST_PAUSE_SECONDS * 2**number))
            else:
                return []
        return []


def _refused(error: ClientError) -> list[Refused]:
    reasons = _reasons_of(error)
    return [
        Refused(place, reason.get("Item", {}))
        for place, reason in enumerate(reasons)
        if reason.get("Code") == REFUSED
    ]


def _has_met_another(error: ClientError) -> bool:
    return any(reason.get("Code") == MET for reason in _reasons_of(error))


def _reasons_of(error: ClientError) -> Sequence[Mapping[str, Any]]:
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return ()
    reasons: Sequence[Mapping[str, Any]] = error.response.get("CancellationReasons", ())
    return reasons
