"""The specs say of each API what the tables beside them say."""

import pytest

from jobchute.cli import plan, pool_names
from jobchute.job import Api
from jobchute.pools.limits import DEFAULTS, MOST_IN_FLIGHT, Limits
from jobchute.providers import models
from jobchute.providers.capacity import CAPACITY
from jobchute.providers.members import GUARDED
from jobchute.providers.names import NAMES
from jobchute.providers.registry import BACKENDS, FOLDERS, SPECS
from jobchute.requests.place import ACCESS_MODE, IMAGES, ROLES
from jobchute.requests.sweep import WORDS
from jobchute.status.console_links import PAGES
from jobchute.validation import rules


def test_the_list_is_complete() -> None:
    assert list(SPECS) == list(FOLDERS) == list(Api)
    assert all(spec.api is api for api, spec in SPECS.items())


@pytest.mark.parametrize("api", Api)
def test_the_specs_say_what_the_tables_say(api: Api) -> None:
    spec, guarded = SPECS[api], GUARDED[api]
    assert NAMES[api] == tuple(spec.name)
    assert WORDS[api] == spec.noun
    assert CAPACITY[api] == spec.capacity.members
    members = spec.members._asdict()
    assert members == {name: value for name, value in guarded._asdict().items() if name in members}
    assert (guarded.tags, guarded.most_tags) == (tuple(spec.tags) if spec.tags else ("", 0))
    assert tuple(guarded.run_time) == tuple(spec.run_time)
    assert ROLES.get(api, "") == spec.locality.role
    assert IMAGES.get(api, "") == spec.locality.image
    assert (ACCESS_MODE if api is Api.TRAINING_JOB else "") == spec.locality.image_access
    assert PAGES.get(api, "") == spec.console
    assert f"jobchute.providers.{FOLDERS[api]}.model" == models.MODULES[api]
    assert f"jobchute.providers.{FOLDERS[api]}.rules" == rules.MODULES[api]
    assert (plan.FIREWORKS if api is Api.FIREWORKS_JOB else "") == spec.create_call


def test_the_defaults_of_pools_are_the_specs() -> None:
    derived = {}
    for api, spec in SPECS.items():
        derived[str(api)] = Limits(limit=spec.pool.in_flight or MOST_IN_FLIGHT, rate=spec.pool.rate)
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


NAMES_OF_CAPACITIES = (
    "local:",
    "local:x",
    "*",
    "*sv1",
    "arn:aws:braket:::device/*",
    "arn:*",
    "arn:aws:braket:::device/quantum-simulator/amazon/sv1",
    "arn:aws:braket:us-east-1::device/qpu/ionq/Aria-1",
    "arn:aws:sagemaker:::x",
    "sv1",
    "x*",
    "aws*",
    "",
    "arn:",
    "arn:aws:braket:::device/qpu/a",
    "a local:",
    " *",
)


@pytest.mark.parametrize("name", NAMES_OF_CAPACITIES)
def test_patterns_take_what_the_checks_took(name: str) -> None:
    import re

    assert bool(re.fullmatch(SPECS[Api.BRAKET_JOB].capacity.pattern, name)) is bool(
        pool_names._can_be_device(name)
    )
    assert SPECS[Api.BEDROCK_JOB].capacity.pattern == pool_names.MODEL.pattern
