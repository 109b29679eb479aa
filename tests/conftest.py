"""What holds for every test: nothing leaves this machine, and a generated example is the same at every run.

Where several processes share the tests, a file stays in one of them, with what its tests make for each other;
so do all that use the embedded AWS, and all that synthesize templates. The fault harness' runs share nothing
and go wherever there is time.

With `--short`, tests marked `slow` are left out, and where tests are marked `sampled`, one case in 23 runs.
"""

import gc
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

import infra  # before any test imports aws_cdk: it says which node jsii takes

UNCOLLECTED = 10_000
"""New objects that are looked through at once. With Python's own 700, this is a tenth of the suite's time."""
LOOPBACK = ("127.0.0.1", "::1", "localhost")
SAMPLED = 23
"""One in so many cases of a file. With ten, as many as there are APIs, all would be of the same one."""

assert infra
gc.set_threshold(UNCOLLECTED)
settings.register_profile("jobchute", deadline=None, derandomize=True, max_examples=50, print_blob=True)
settings.load_profile("jobchute")


class FileScheduling(LoadScopeScheduling):
    """Which tests go together. Not by xdist's groups: under pytest 9.2 they do nothing (pytest-xdist#1386)."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        for folder in ("tests/e2e/", "tests/infra/"):
            if path.startswith(folder):
                return folder
        return nodeid if path.startswith("tests/integration/faults/") else path


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    return FileScheduling(config, log)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--short", action="store_true", help=f"no slow test, one case in {SAMPLED} of sampled ones"
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not config.getoption("short"):
        return
    sampled: Counter[Path] = Counter()
    chosen: dict[bool, list[pytest.Item]] = {True: [], False: []}
    for item in items:
        is_chosen = item.get_closest_marker("slow") is None
        if is_chosen and item.get_closest_marker("sampled") and "[" in item.name:
            is_chosen = sampled[item.path] % SAMPLED == 0
            sampled[item.path] += 1
        chosen[is_chosen].append(item)
    config.hook.pytest_deselected(items=chosen[False])
    items[:] = chosen[True]


def pytest_collection_finish() -> None:
    """What was imported and collected stays to the end: no later collection looks through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session", autouse=True)
def loopback_alone() -> Iterator[None]:
    """Connections to another machine are refused before they begin."""
    connect = socket.socket.connect

    def connect_to_loopback(self: socket.socket, address: Any) -> None:
        if self.family in (socket.AF_INET, socket.AF_INET6) and address[0] not in LOOPBACK:
            raise ConnectionRefusedError(f"a test tried to reach {address}")
        connect(self, address)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect_to_loopback)
        yield
