"""SearchJobs and SearchQuantumTasks, which have filters alike."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

PAGE_SIZE = 100
"""The largest page of both."""
Filter = Mapping[str, Any]


def created_since(client: Any, what: str, since: datetime, *filters: Filter) -> Iterator[Mapping[str, Any]]:
    """What was created since then and passes the filters. what: `job` or `quantum_task`, as in the names of
    boto3's paginators.

    How a time is written is not documented: if ISO 8601 is refused, all of the account are read.
    """
    by_time = {"name": "createdAt", "operator": "GTE", "values": [since.isoformat(timespec="seconds")]}
    try:
        yield from _pages(client, what, by_time, *filters)
    except ClientError as error:
        if error.response["Error"]["Code"] != "ValidationException":
            raise
        yield from _pages(client, what, *filters)


def _pages(client: Any, what: str, *filters: Filter) -> Iterator[Mapping[str, Any]]:
    """The member of an answer that lists the results is `jobs` or `quantumTasks`."""
    first, *rest = f"{what}s".split("_")
    member = first + "".join(map(str.capitalize, rest))
    pages = client.get_paginator(f"search_{what}s")
    for page in pages.paginate(filters=[*filters], PaginationConfig={"PageSize": PAGE_SIZE}):
        yield from page[member]
