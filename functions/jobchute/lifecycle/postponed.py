"""Announcements that are put aside, so that one that fails does not keep the others waiting.

A record of the ledger's stream that fails for good, or that has failed for MAX_AGE_SECONDS, is sent to the
queue of the stream's failures as a dead letter that names its job. The records behind it continue. The job is
announced again with all of its moves: by `jobchute dlq redrive`, or by the reconciler if the failure may pass.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.job import iso
from jobchute.lifecycle.failures import code_of, is_permanent

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

MAX_AGE_SECONDS = 15 * 60
"""No record blocks its shard for longer: the records of up to a quarter of all jobs wait behind it."""
PUT_ASIDE = "putAside"
MAX_CODES = 10


class PutAside(NamedTuple):
    """The content of a dead letter of the stream. is_permanent: whether the same announcement would fail again.

    changed_at: when the row was written, as ISO 8601. codes: AWS's error codes, or names of exceptions.
    """

    job_id: str
    changed_at: str
    codes: tuple[str, ...]
    is_permanent: bool


class Aside(NamedTuple):
    """queue_url: of the stream's failures. now: epoch seconds."""

    client: "SQSClient"
    queue_url: str
    now: Callable[[], float]

    def gives_up(self, change: Mapping[str, Any], error: Exception) -> bool:
        """Whether the announcement of a change should not be tried again.

        change: the `dynamodb` member of a stream's record.
        """
        return is_permanent(error) or self.now() - _changed_at(change, self.now()) > MAX_AGE_SECONDS

    def put(self, change: Mapping[str, Any], errors: Sequence[Exception]) -> None:
        codes = [*dict.fromkeys(map(code_of, errors))]
        record = {
            "jobId": change["Keys"]["pk"]["S"],
            "changedAt": iso(_changed_at(change, self.now())),
            "sequenceNumber": change["SequenceNumber"],
            "errors": codes[:MAX_CODES],
            "permanent": all(map(is_permanent, errors)),
        }
        self.client.send_message(QueueUrl=self.queue_url, MessageBody=json.dumps({PUT_ASIDE: record}))


def put_aside_in(body: object) -> PutAside | None:
    """The content of a dead letter's parsed body; None for one that Lambda sent itself."""
    match body:
        case {"putAside": {"jobId": str() as job_id, "changedAt": changed_at, "errors": [*codes], **rest}}:
            is_for_good = rest.get("permanent") is not False
            return PutAside(job_id, str(changed_at), tuple(map(str, codes)), is_permanent=is_for_good)
        case _:
            return None


def _changed_at(change: Mapping[str, Any], now: float) -> float:
    """In epoch seconds, by DynamoDB's clock."""
    return float(change.get("ApproximateCreationDateTime", now))
