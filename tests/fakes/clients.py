"""What `jobchute.runtime.compose` is given in tests, simulations and benchmarks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class GivenClients:
    """Clients that were made before, by botocore's names of the services.

    creators, readers: of providers, for create calls and for all others. pool: of HTTP connections.
    """

    services: Mapping[str, Any]
    creators: Mapping[str, Any] = field(default_factory=dict)
    readers: Mapping[str, Any] = field(default_factory=dict)
    pool: Any = None

    def client(self, service: str) -> Any:
        return self.services[service]

    def provider_client(self, service: str) -> Any:
        return self.creators[service]

    def provider_reader(self, service: str) -> Any:
        return self.readers[service]

    def http(self) -> Any:
        return self.pool
