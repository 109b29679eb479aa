"""How the tests of jobs' lives hurry the functions."""

import pytest

from tests.integration.handlers.world import World


@pytest.fixture
def hurried(world: World) -> None:
    """A throttled create call is not made again in the same attempt."""
    submitter = world.parts.submitter
    submitter = submitter._replace(creator=submitter.creator._replace(patience=0))
    world.parts.submitter = submitter
