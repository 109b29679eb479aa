"""The specs say of each API what the tables beside them say."""

import pytest

from jobchute.job import Api
from jobchute.pools.limits import DEFAULTS, MAX_IN_FLIGHT, Limits
from jobchute.providers.registry import BACKENDS, FOLDERS, SPECS


def test_the_list_is_complete() -> None:
    assert list(SPECS) == list(FOLDERS) == list(Api)
    assert all(spec.api is api for api, spec in SPECS.items())


def test_the_defaults_of_pools_are_the_specs() -> None:
    derived = {}
    for api, spec in SPECS.items():
        derived[str(api)] = Limits(limit=spec.pool.in_flight or MAX_IN_FLIGHT, rate=spec.pool.rate)
        if spec.pool.in_flight_each is not None:
            derived[f"{api}/*"] = Limits(limit=spec.pool.in_flight_each)
    assert derived == {str(name): limits for name, limits in DEFAULTS.items()}
    assert list(derived) == list(map(str, DEFAULTS))


@pytest.mark.parametrize("api", [api for api in Api if BACKENDS[api].service])
def test_the_specs_grant_what_the_backends_do(api: Api) -> None:
    backend, iam = BACKENDS[api], SPECS[api].iam
    assert iam is not None
    assert SPECS[api].service == backend.service
    assert SPECS[api].events == backend.events
    assert iam.passed_to == backend.passed_to
    assert iam.create.actions + iam.tag.actions == backend.create
    assert iam.read.actions == backend.read
    assert tuple(action for grant in iam.find for action in grant.actions) == backend.find + backend.list
    assert iam.list.actions == backend.look
    assert iam.cancel.actions == backend.cancel
    assert iam.read.resources == (
        "arn:{partition}:" + f"{backend.service}:" + "{region}:{account}:" + backend.resource,
    )
