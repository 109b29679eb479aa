"""A stack that is deployed can be upgraded: CloudFormation adds or deletes one index of a table an update."""

from jobchute.ledger.table import INDEXES

DEPLOYED = {
    "byState": ("state", "updatedAt"),
    "byProviderId": ("providerId", None),
    "bySource": ("sourceUri", "createdAt"),
    "byDue": ("open", "due"),
    "byQueue": ("waiting", "place"),
}
"""Of stacks that there are. An index is added here once no stack is without it."""


def test_an_upgrade_adds_or_deletes_one_index_at_the_most() -> None:
    """Two are refused, and the whole update is rolled back: "Cannot perform more than one GSI creation or
    deletion in a single update". A changed key is a deletion and a creation."""
    changed = {name for name in INDEXES.keys() | DEPLOYED if INDEXES.get(name) != DEPLOYED.get(name)}
    assert len(changed) <= 1
