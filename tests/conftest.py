"""What holds for every test: nothing leaves this machine, and a generated example is the same at every run.

Where several processes share the tests, a file stays in one of them, with what its tests make for each other;
so does all that uses the embedded AWS. The fault harness' runs share nothing and go wherever there is time.
"""

import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import infra  # before any test imports aws_cdk: it says which node jsii takes

TESTS = Path(__file__).parent
LOOPBACK = ("127.0.0.1", "::1", "localhost")

assert infra
settings.register_profile("jobchute", deadline=None, derandomize=True, max_examples=50, print_blob=True)
settings.load_profile("jobchute")


@pytest.hookimpl(tryfirst=True)  # before xdist reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        path = item.path.relative_to(TESTS)
        if path.parts[0] != "faults":
            item.add_marker(pytest.mark.xdist_group("e2e" if path.parts[0] == "e2e" else str(path)))


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
