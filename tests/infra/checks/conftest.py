"""The templates that the checkers read; at the end of a run, which planted defect was found by what."""

from pathlib import Path
from typing import Any

import pytest

from tests.infra.configurations import CONFIGURATIONS, EVERYTHING
from tests.infra.conftest import Template, synthesized


@pytest.fixture(scope="session")
def everything(asset: Path) -> Template:
    """With all that a deployment may add."""
    return synthesized(asset, **EVERYTHING)


@pytest.fixture(scope="session")
def configurations(asset: Path) -> dict[str, Template]:
    """By name, each of what a deployment may ask for."""
    return {name: synthesized(asset, **values) for name, values in CONFIGURATIONS.items()}


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    told = [properties for report in reports if "found by" in (properties := dict(report.user_properties))]
    if told and terminalreporter.config.getoption("verbose") >= 0:
        terminalreporter.section("planted defects")
        for properties in told:
            terminalreporter.write_line(f"{properties['defect']:<50} {properties['found by']}")
