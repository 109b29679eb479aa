"""What the parts are made over: clients of AWS and Fireworks, a clock, and values that are kept.

No other module makes a client.
"""

import random
import time
from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from botocore.config import Config
from botocore.session import Session

if TYPE_CHECKING:
    import urllib3

T = TypeVar("T")

# A call that hangs must leave its function time to write down what happened.
CONFIG = Config(connect_timeout=2, read_timeout=10, retries={"mode": "standard", "total_max_attempts": 4})
# A create call is made once: after a retry inside the client, "refused" need not speak of all its tries.
PROVIDER_CONFIG = CONFIG.merge(Config(read_timeout=30, retries={"mode": "standard", "total_max_attempts": 1}))
# All other calls may be repeated, stop calls included.
PROVIDER_READ_CONFIG = CONFIG.merge(Config(retries={"mode": "standard", "total_max_attempts": 3}))


HOME_REGIONS = {"pricing": "us-east-1"}
"""Services with an endpoint in a few regions alone, which answers for all."""


class AwsClients:
    """Clients over AWS itself, each made on first use."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, Config], Any] = {}

    def client(self, service: str) -> Any:
        return self._client(service, CONFIG)

    def provider_client(self, service: str) -> Any:
        return self._client(service, PROVIDER_CONFIG)

    def provider_reader(self, service: str) -> Any:
        return self._client(service, PROVIDER_READ_CONFIG)

    def http(self) -> "urllib3.PoolManager":
        return self._http

    @cached_property
    def _session(self) -> Session:
        """One for all clients, which share its credentials and the data that it has read."""
        return Session()

    @cached_property
    def _http(self) -> "urllib3.PoolManager":
        import urllib3

        return urllib3.PoolManager(timeout=urllib3.Timeout(connect=5, read=20))

    def _client(self, service: str, config: Config) -> Any:
        if (service, config) not in self._made:
            region = HOME_REGIONS.get(service)
            self._made[service, config] = self._session.create_client(service, region, config=config)
        return self._made[service, config]


def jitter(most: float) -> float:
    """A random number between 0 and `most`."""
    return random.uniform(0, most)


class Clock(NamedTuple):
    """now: epoch seconds. sleep: pauses, in seconds. jitter: a random number from 0 to its argument."""

    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[float], float] = jitter


SYSTEM_CLOCK = Clock()


class Fresh(Generic[T]):
    """Calls `read` once in each period of `seconds` seconds. An error that `read` raises is not kept."""

    def __init__(self, read: Callable[[], T], *, seconds: int, now: Callable[[], float]) -> None:
        self._read = read
        self._seconds = seconds
        self._now = now
        self._kept: dict[int, T] = {}

    def __call__(self) -> T:
        period = int(self._now() // self._seconds)
        if period not in self._kept:
            self._kept = {period: self._read()}
        return self._kept[period]

    def forget(self) -> None:
        """Read again at the next call."""
        self._kept = {}
