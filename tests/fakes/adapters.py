"""The adapters of all APIs over the fakes of their providers."""

from collections.abc import Callable, Mapping
from functools import cache, partial
from typing import Any, cast

from jobchute.job import Api
from jobchute.providers.adapter import Adapter, Connections
from jobchute.providers.adapters import Adapters
from jobchute.providers.fireworks.account import Account
from tests.fakes.fireworks import FakeFireworks
from tests.fakes.provider import Provider
from tests.fakes.provider_clients import CLIENTS
from tests.fakes.wire import Wire

ACCOUNT = Account("https://fireworks.invalid", "a", "key")


def adapters_over(
    provider: Provider, wire: Wire, account: Callable[[], Account] = lambda: ACCOUNT
) -> Mapping[Api, Adapter]:
    """No create call is repeated by its client (runtime.PROVIDER_CONFIG); the other calls may be."""

    @cache
    def client(service: str, *, repeats: bool) -> Any:
        return CLIENTS[service](provider, io=wire.aws(service, repeats=repeats))

    fireworks = cast("Any", FakeFireworks(provider, wire))
    connections = Connections(
        creator=partial(client, repeats=False),
        client=partial(client, repeats=True),
        http=lambda: fireworks,
        account=account,
        forget_account=lambda: None,
    )
    return Adapters(connections)


def adapter_with(api: Api, client: Any) -> Adapter:
    """The adapter of an AWS service's API over one client for all of its calls."""
    connections = Connections(
        creator=lambda _: client,
        client=lambda _: client,
        http=_not_there,
        account=_not_there,
        forget_account=_not_there,
    )
    return Adapters(connections)[api]


def _not_there() -> Any:
    raise AssertionError("an AWS service's adapter reaches nothing else")
