"""A stack that is deployed can be upgraded: CloudFormation adds or deletes one index of a table an update."""

from jobchute.ledger.table import INCLUDED, INDEXES

DEPLOYED = {
    "byState": ("listed", "updatedAt"),
    "byProviderId": ("providerId", None, "api", "name", "timeLimit", "pendingLimit"),
    "bySource": ("sourceUri", "createdAt"),
    "byDue": ("open", "due"),
    "byQueue": ("waiting", "place"),
    "byWord": ("word", "wordOrder"),
}
"""Of stacks that there are: the keys of each index, and what it holds beside them. An index is added here once
no stack is without it."""


def test_an_upgrade_adds_or_deletes_one_index_at_the_most() -> None:
    """Two are refused, and the whole update is rolled back: "Cannot perform more than one GSI creation or
    deletion in a single update". A changed key or projection is a deletion and a creation."""
    indexes = {name: (*keys, *INCLUDED.get(name, ())) for name, keys in INDEXES.items()}
    changed = {name for name in indexes.keys() | DEPLOYED if indexes.get(name) != DEPLOYED.get(name)}
    assert len(changed) <= 1
