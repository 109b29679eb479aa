"""Clients over the fakes of the providers, and the adapters of all APIs over them."""

import itertools
from collections.abc import Callable, Mapping
from typing import Any

from jobchute.job import Api
from jobchute.providers.adapter import Adapter
from jobchute.providers.fireworks.account import Account
from jobchute.providers.registry import SPECS
from jobchute.runtime import compose
from jobchute.runtime.clients import Fresh
from tests.fakes.clients import GivenClients
from tests.fakes.fireworks import FakeFireworks
from tests.fakes.provider import Provider
from tests.fakes.provider_clients import CLIENTS
from tests.fakes.settings import GivenSettings
from tests.fakes.wire import Wire

ACCOUNT = Account("https://fireworks.invalid", "a", "key")


def clients_over(services: Mapping[str, Any], provider: Provider, wire: Wire) -> GivenClients:
    """services: the fakes of AWS's services, by botocore's names.

    No create call is repeated by its client (runtime.clients.PROVIDER_CONFIG); the other calls may be.
    """
    return GivenClients(
        services,
        creators={name: fake(provider, io=wire.aws(name, repeats=False)) for name, fake in CLIENTS.items()},
        readers={name: fake(provider, io=wire.aws(name)) for name, fake in CLIENTS.items()},
        pool=FakeFireworks(provider, wire),
    )


def never_kept(read: Callable[[], Account]) -> Fresh[Account]:
    """Reads the account at each call."""
    return Fresh(read, seconds=1, now=itertools.count().__next__)


def adapters_over(
    provider: Provider, wire: Wire, account: Callable[[], Account] = lambda: ACCOUNT
) -> Mapping[Api, Adapter]:
    parts = compose(clients_over({}, provider, wire), GivenSettings())
    parts.account = never_kept(account)
    return parts.adapters


def adapter_with(api: Api, client: Any) -> Adapter:
    """The adapter of an AWS service's API over one client for all of its calls."""
    service = SPECS[api].service or ""
    clients = GivenClients({}, creators={service: client}, readers={service: client})
    return compose(clients, GivenSettings()).adapters[api]
