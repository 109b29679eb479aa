"""Says at the end of a run which planted defect was found by what."""

from typing import Any


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = terminalreporter.getreports("passed") + terminalreporter.getreports("failed")
    told = [properties for report in reports if "found by" in (properties := dict(report.user_properties))]
    if told and terminalreporter.config.getoption("verbose") >= 0:
        terminalreporter.section("planted defects")
        for properties in told:
            terminalreporter.write_line(f"{properties['defect']:<50} {properties['found by']}")
