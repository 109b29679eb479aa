"""The templates that the checkers read; at the end of a run, which planted defect was found by what."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.conftest import QUEUE, ROLES, Template, synthesized

EVERYTHING = {"roles": ROLES, "buckets": ("uploads",), "queues": (QUEUE,), "notify_email": "team@example.com"}


@pytest.fixture(scope="session")
def everything(asset: Path) -> Template:
    """With all that a deployment may add."""
    return synthesized(asset, **EVERYTHING)


@pytest.fixture(scope="session")
def own_key(asset: Path) -> Template:
    """With a customer's key besides."""
    return synthesized(asset, **EVERYTHING, kms_key="new")


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    told = [properties for report in reports if "found by" in (properties := dict(report.user_properties))]
    if told and terminalreporter.config.getoption("verbose") >= 0:
        terminalreporter.section("planted defects")
        for properties in told:
            terminalreporter.write_line(f"{properties['defect']:<50} {properties['found by']}")
