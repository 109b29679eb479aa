"""Independent reads at the same time: from far away, each call takes longer than all that it reads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
First = TypeVar("First")
Second = TypeVar("Second")
MAX_THREADS = 8
"""botocore keeps ten connections of a client."""


def in_parallel(reads: Sequence[Callable[[], T]]) -> list[T]:
    """The results in the order of the reads, which are within the current parts. The first error is raised."""
    if not reads:
        return []
    with ThreadPoolExecutor(min(MAX_THREADS, len(reads))) as pool:
        begun = [pool.submit(copy_context().run, read) for read in reads]
        return [each.result() for each in begun]


def both(first: Callable[[], First], second: Callable[[], Second]) -> tuple[First, Second]:
    """The results of two reads, which are within the current parts. The error of either is raised."""
    with ThreadPoolExecutor(1) as pool:
        begun = pool.submit(copy_context().run, first)
        other = second()
        return begun.result(), other
