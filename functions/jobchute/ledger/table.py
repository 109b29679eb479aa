"""The ledger's table: its indexes, and the attribute by which DynamoDB deletes items."""

BY_STATE = "byState"
BY_PROVIDER_ID = "byProviderId"
BY_SOURCE = "bySource"
BY_DUE = "byDue"
BY_QUEUE = "byQueue"
BY_BEGINNING = "byBeginning"
BY_NAME = "byName"
INDEXES = {
    BY_STATE: ("state", "updatedAt"),
    BY_PROVIDER_ID: ("providerId", None),
    BY_SOURCE: ("sourceUri", "createdAt"),
    BY_DUE: ("open", "due"),
    BY_QUEUE: ("waiting", "place"),
    BY_BEGINNING: ("beginning", "jobId"),
    BY_NAME: ("name", "createdAt"),
}
"""Partition and sort key of each."""

KEYS_ONLY = frozenset({BY_QUEUE, BY_BEGINNING, BY_NAME})
"""The last two are written once for each row: their keys never change."""
NUMERIC_KEYS = frozenset({"due"})
TIME_TO_LIVE = "expiresAt"
LONGEST_JOB = 120 * 24 * 3600
"""Seconds: the longest waits, for submission and at a provider, and the longest run, with room."""
