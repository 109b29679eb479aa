"""As many calls of a function at once as a test of what they do to each other needs.

The embedded AWS lets a queue feed few of them, as each is a process.
"""

from typing import Any

CALLS_AT_ONCE = 20


def feed_many_at_once(functions: Any) -> None:
    """Every queue feeds CALLS_AT_ONCE calls of its function. functions: a client of Lambda."""
    for page in functions.get_paginator("list_event_source_mappings").paginate():
        for mapping in page["EventSourceMappings"]:
            if "ScalingConfig" in mapping:
                functions.update_event_source_mapping(
                    UUID=mapping["UUID"], ScalingConfig={"MaximumConcurrency": CALLS_AT_ONCE}
                )
