"""The limits of pools where a deployment sets none, from the specs."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from jobchute.pools.limits import MAX_IN_FLIGHT, Limits, PoolRules
from jobchute.pools.pauses import Pauses
from jobchute.providers.registry import SPECS
from jobchute.providers.spec import ApiSpec


def _defaults_of(spec: ApiSpec) -> Iterator[tuple[str, Limits]]:
    """Of the API's own pool, and of the pools of its capacities."""
    default = spec.pool
    limit = MAX_IN_FLIGHT if default.in_flight is None else default.in_flight
    yield str(spec.api), Limits(limit=limit, rate=default.rate)
    if default.in_flight_each is not None:
        yield f"{spec.api}/*", Limits(limit=default.in_flight_each)


DEFAULTS: Mapping[str, Limits] = dict(pair for spec in SPECS.values() for pair in _defaults_of(spec))


def pool_rules(*layers: Mapping[str, Limits], pauses: Pauses = MappingProxyType({})) -> PoolRules:
    """The rules of a deployment over the defaults. A later layer wins over an earlier one."""
    return PoolRules.of(DEFAULTS, *layers, pauses=pauses)
