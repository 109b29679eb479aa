"""SearchJobs and SearchQuantumTasks, which have filters alike."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

PAGE_SIZE = 100
"""The largest page of both."""
LISTS = {"search_jobs": "jobs", "search_quantum_tasks": "quantumTasks"}
"""By operation: the member of its answer with what it found."""
Filter = Mapping[str, Any]


def created_since(
    client: Any, operation: str, since: datetime, *filters: Filter
) -> Iterator[Mapping[str, Any]]:
    """What was created since then and passes the filters.

    How a time is written is not documented: if ISO 8601 is refused, all of the account are read.
    """
    by_time = {"name": "createdAt", "operator": "GTE", "values": [since.isoformat(timespec="seconds")]}
    try:
        yield from _pages(client, operation, by_time, *filters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        yield from _pages(client, operation, *filters)


def _pages(client: Any, operation: str, *filters: Filter) -> Iterator[Mapping[str, Any]]:
    pages = client.get_paginator(operation)
    for page in pages.paginate(filters=[*filters], PaginationConfig={"PageSize": PAGE_SIZE}):
        yield from page[LISTS[operation]]
