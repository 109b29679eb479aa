"""What breaks an invariant."""

from collections.abc import Mapping
from typing import NamedTuple

from jobchute.job import Job

Rows = Mapping[str, Job]


class Violation(NamedTuple):
    """kind: lost, double, orphaned, stuck or wrong."""

    kind: str
    about: str
    what: str


def short(name: str) -> str:
    return name if len(name) < 20 else f"{name[:11]}…{name[67:]}"
