"""The ledger's table: its indexes, and the attribute by which DynamoDB deletes items."""

BY_STATE = "byState"
BY_PROVIDER_ID = "byProviderId"
BY_SOURCE = "bySource"
BY_DUE = "byDue"
BY_QUEUE = "byQueue"
BY_WORD = "byWord"
INDEXES = {
    BY_STATE: ("state", "updatedAt"),
    BY_PROVIDER_ID: ("providerId", None),
    BY_SOURCE: ("sourceUri", "createdAt"),
    BY_DUE: ("open", "due"),
    BY_QUEUE: ("waiting", "place"),
    BY_WORD: ("word", "wordOrder"),
}
"""Partition and sort key of each. CloudFormation adds or deletes one index of a table an update."""

KEYS_ONLY = frozenset({BY_QUEUE, BY_WORD})
NUMERIC_KEYS = frozenset({"due"})
TIME_TO_LIVE = "expiresAt"
MAX_JOB_SECONDS = 120 * 24 * 3600
"""Seconds: the longest waits, for submission and at a provider, and the longest run, with room."""
