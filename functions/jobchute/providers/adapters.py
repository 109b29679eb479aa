"""The adapters of all APIs."""

from collections.abc import Iterator, Mapping

from jobchute.job import Api
from jobchute.providers.adapter import Adapter, Connections
from jobchute.providers.registry import FOLDERS, module_of


class Adapters(Mapping[Api, Adapter]):
    """Adapters by API. Each is imported and created at its first use, because a function needs few of them."""

    def __init__(self, connections: Connections) -> None:
        self._connections = connections
        self._made: dict[Api, Adapter] = {}

    def __getitem__(self, api: Api) -> Adapter:
        if api not in self._made:
            self._made[api] = module_of(api, "adapter").adapter_over(self._connections)
        return self._made[api]

    def __iter__(self) -> Iterator[Api]:
        return iter(FOLDERS)

    def __len__(self) -> int:
        return len(FOLDERS)
