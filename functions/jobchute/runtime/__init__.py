"""The composition root: it makes the parts that the handlers and the tool work with, and their clients.

`current()` gives the parts of this process. Within `use(parts)` it gives those instead: tests, simulations and
benchmarks compose parts over clients of their own, and run the handlers and the tool as they are.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

from jobchute.runtime.clients import SYSTEM_CLOCK, AwsClients, Clock
from jobchute.runtime.intake import IntakeParts
from jobchute.runtime.scheduled import ScheduledParts
from jobchute.settings import AnnounceSettings, EnvironmentReader

if TYPE_CHECKING:
    from jobchute.lifecycle.telling import Announcer
    from jobchute.runtime.protocols import Clients, SettingsReader

__all__ = ["SYSTEM_CLOCK", "Clock", "Parts", "client", "compose", "current", "use"]


class Parts(IntakeParts, ScheduledParts):
    """A function asks for its own: `intake`, `submitter`, `observer`, `expirer`, `reconciler`, `announcer`."""

    @cached_property
    def announcer(self) -> "Announcer":
        from jobchute.lifecycle.bus import Bus
        from jobchute.lifecycle.postponed import Aside
        from jobchute.lifecycle.telling import Announcer
        from jobchute.status.answers import Answers

        settings = self.settings(AnnounceSettings)
        return Announcer(
            answers=Answers(self.version_rows, self.objects_in(settings.bucket)),
            task_tokens=self.task_tokens,
            executions=self.executions,
            dependencies=lambda: self.dependencies,
            bus=Bus(self.clients.client("events"), settings.bus, settings.state_machine_arn),
            aside=Aside(self.clients.client("sqs"), settings.stream_failures_queue_url, self.clock.now),
        )


_used: ContextVar[Parts] = ContextVar("parts")


def compose(clients: "Clients", settings: "SettingsReader", clock: Clock = SYSTEM_CLOCK) -> Parts:
    """The parts over these clients and settings; each is made on first use."""
    return Parts(clients, settings, clock)


def current() -> Parts:
    """The parts of `use`; outside of it those over AWS itself, by the process's environment."""
    parts = _used.get(None)
    return _deployed() if parts is None else parts


def client(service: str) -> Any:
    """The current parts' client of an AWS service."""
    return current().clients.client(service)


@contextmanager
def use(parts: Parts) -> Iterator[Parts]:
    """Within, and in this thread or greenlet alone, these are the current parts."""
    token = _used.set(parts)
    try:
        yield parts
    finally:
        _used.reset(token)


@cache
def _deployed() -> Parts:
    return compose(AwsClients(), EnvironmentReader())
