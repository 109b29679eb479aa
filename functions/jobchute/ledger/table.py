"""The ledger's table: its indexes, and the attribute by which DynamoDB deletes items."""

from zlib import crc32

BY_STATE = "byState"
BY_PROVIDER_ID = "byProviderId"
BY_SOURCE = "bySource"
BY_DUE = "byDue"
BY_QUEUE = "byQueue"
BY_WORD = "byWord"
INDEXES = {
    BY_STATE: ("listed", "updatedAt"),
    BY_PROVIDER_ID: ("providerId", None),
    BY_SOURCE: ("sourceUri", "createdAt"),
    BY_DUE: ("open", "due"),
    BY_QUEUE: ("waiting", "place"),
    BY_WORD: ("word", "wordOrder"),
}
"""Partition and sort key of each. CloudFormation adds or deletes one index of a table an update."""

INCLUDED = {BY_PROVIDER_ID: ("api", "name", "timeLimit", "pendingLimit", "attempt", "rates", "budget", "retry")}
"""What an index holds beside its keys and the table's; the other indexes hold keys alone.

None of these attributes changes while a job has the same provider id. So an entry is written again only if its
key changes: each attribute that changes would cost a write unit of the index for each of its writes.
"""

STATE_SHARDS = 4
DUE_SHARDS = 8
"""Partitions of `byState` for each state that is not final, and of open jobs in `byDue`.

A partition takes 1,000 write units a second (DynamoDB Developer Guide, "Partitions and data distribution").
1,000,000 jobs an hour are 278 a second. Each enters and leaves a state, which are 556 units of `byState`, and
takes 8 units of `byDue`, which are 2,222: 139 and 278 for each partition. A final state is entered once, which
are at most 278 units for its one partition.
"""

NUMERIC_KEYS = frozenset({"due"})
TIME_TO_LIVE = "expiresAt"
MAX_JOB_SECONDS = 120 * 24 * 3600
"""Seconds: the longest waits, for submission and at a provider, and the longest run, with room."""


def shard_of(job_id: str, shards: int) -> int:
    """The shard in which a job is, always the same."""
    return crc32(job_id.encode()) % shards
