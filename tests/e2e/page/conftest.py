"""The page in a browser: over the deployed stack with real jobs, and over a ledger with jobs of all states.

A failed test leaves a picture of every page that it looked at in build/pictures.
"""

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser, sync_playwright

from infra.local.embedded import NO_FILES
from tests.e2e.conftest import World
from tests.page.look import PICTURES, Look, look
from tests.page.server import served
from tests.page.stage import seeded
from tools import chromium

JOBS = 120
TABLE = "seeded"
FAILED = pytest.StashKey[bool]()

Looking = Callable[..., Look]
"""Opens a page: address, and the options of tests.page.look.look."""


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[FAILED] = report.failed
    return report


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """One for all tests, ended with this package: while it lives, asyncio has a loop in this thread."""
    with sync_playwright() as playwright:
        browser = chromium.launched(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def page_of_stack(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page of the deployed stack."""
    environment = world.deployment.environment() | NO_FILES
    with served(environment, tmp_path_factory.mktemp("stack") / "log") as address:
        yield address


@pytest.fixture(scope="package")
def seeded_environment(world: World) -> dict[str, str]:
    """What points the tool to a table with jobs of all states and hostile texts."""
    return seeded(world.deployment, TABLE, JOBS)


@pytest.fixture(scope="package")
def page_of_many(seeded_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the page of that table."""
    with served(seeded_environment, tmp_path_factory.mktemp("many") / "log") as address:
        yield address


@pytest.fixture
def looking(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Looking]:
    """Opens pages, each in a window of its own."""
    looks: list[Look] = []
    with ExitStack() as windows:

        def open_page(address: str, **options: object) -> Look:
            looked = windows.enter_context(look(browser, **options))  # type: ignore[arg-type]
            looks.append(looked)
            return looked.open(address)

        yield open_page
        if request.node.stash.get(FAILED, False):
            for number, looked in enumerate(looks):
                looked.picture(PICTURES / f"{_file_name(request.node.name)}-{number}.png")


def _file_name(test: str) -> str:
    return "".join(letter if letter.isalnum() else "-" for letter in test)[
        : os.pathconf("/", "PC_NAME_MAX") // 2
    ]
