"""How long a lease and its job's row say different things."""

from collections.abc import Iterator
from dataclasses import dataclass, field

REPAIR_SECONDS = 900
"""Docs: leases are compared with the jobs every five minutes; the rest is for runs that a fault stopped."""


@dataclass
class Repairs:
    """By job, since when its lease is not what its row asks for; and the longest time that this took."""

    longest: float = 0.0
    _since: dict[str, float] = field(default_factory=dict)

    def begin(self, job_id: str, now: float) -> None:
        """From its latest admission on."""
        self._since[job_id] = now

    def need(self, job_id: str, now: float) -> None:
        self._since.setdefault(job_id, now)

    def end(self, job_id: str, now: float) -> None:
        since = self._since.pop(job_id, None)
        if since is not None:
            self.longest = max(self.longest, now - since)

    def late(self, now: float) -> Iterator[tuple[str, float]]:
        """Those that take longer than a repair may, with their seconds; each is told once."""
        for job_id, since in list(self._since.items()):
            if now - since > REPAIR_SECONDS:
                self.end(job_id, now)
                yield job_id, now - since
