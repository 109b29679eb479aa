"""Pages of a list of jobs."""

import base64
import binascii
from collections.abc import Sequence

from .jobs import Job


class InvalidPageToken(ValueError):  # noqa: N818 - a ValueError, turned into each provider's own error
    """A page token that this simulator did not make."""


def page(jobs: Sequence[Job], *, size: int, token: str | None) -> tuple[Sequence[Job], str | None]:
    """Up to `size` jobs after the one that `token` stands for, and the token of the next page, if there is
    one.

    Jobs that are added meanwhile shift nothing. Raises InvalidPageToken.
    """
    start = 0 if not token else _position(jobs, _key(token)) + 1
    shown = jobs[start : start + size]
    is_last = start + size >= len(jobs)
    return shown, None if is_last else base64.urlsafe_b64encode(shown[-1].key.encode()).decode()


def _key(token: str) -> str:
    try:
        return base64.urlsafe_b64decode(token.encode()).decode()
    except (binascii.Error, ValueError) as problem:
        raise InvalidPageToken(token) from problem


def _position(jobs: Sequence[Job], key: str) -> int:
    for position, job in enumerate(jobs):
        if job.key == key:
            return position
    raise InvalidPageToken(key)
