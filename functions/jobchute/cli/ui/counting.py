"""AWS calls, counted: each page says how many it took."""

from threading import Lock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import urllib3

    from jobchute.runtime.protocols import Clients


class CountedClients:
    """The clients of the tool. `calls`: how many calls of AWS they have begun. Threads may share them."""

    def __init__(self, clients: "Clients") -> None:
        self._clients = clients
        self._counted: dict[int, Any] = {}
        self._lock = Lock()
        self.calls = 0

    def client(self, service: str) -> Any:
        with self._lock:  # botocore's sessions make one client at a time
            return self._watched(self._clients.client(service))

    def provider_client(self, service: str) -> Any:
        with self._lock:
            return self._watched(self._clients.provider_client(service))

    def provider_reader(self, service: str) -> Any:
        with self._lock:
            return self._watched(self._clients.provider_reader(service))

    def http(self) -> "urllib3.PoolManager":
        return self._clients.http()

    def _watched(self, client: Any) -> Any:
        if id(client) not in self._counted:
            self._counted[id(client)] = client
            events = client.meta.events
            events.register("before-call", self._count)
        return client

    def _count(self, **_: Any) -> None:
        with self._lock:
            self.calls += 1
