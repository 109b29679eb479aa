"""What a provider counts a job by, beside the API itself: its device, model, instance type or node pool."""

from jobchute.job import Api, Document
from jobchute.providers.members import values_at
from jobchute.providers.registry import SPECS

MAX_CAPACITY_BYTES = 512
"""A pool's name is a key of the table, which holds 1,024 bytes (DynamoDB, sort keys)."""


def capacity_of(api: Api, request: Document) -> str:
    """Empty where the request names none. What is longer than MAX_CAPACITY_BYTES in UTF-8 is cut."""
    found = (value for path in SPECS[api].capacity.members for _, value in values_at(request, path))
    return str(next(found, "")).encode()[:MAX_CAPACITY_BYTES].decode(errors="ignore")
