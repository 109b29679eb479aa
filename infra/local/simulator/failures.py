"""Failures in the providers' own words, and the ways to them."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from .jobs import Step
from .scenarios import Outcome

# SageMaker's texts, from public reports. Braket's hybrid jobs run on SageMaker and begin with the same names.
SAGEMAKER: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.CAPACITY: "CapacityError: Unable to provision requested ML compute capacity. "
        "Please retry using a different ML instance type.",
        Outcome.INTERNAL: "InternalServerError: We encountered an internal error. Please try again.",
        Outcome.THROTTLED: "ClientError: Data download failed: Please reduce your request rate. "
        "(503 Slow Down)",
        Outcome.CODE: "AlgorithmError: , exit code: 1",
        Outcome.INPUT: "ClientError: Data download failed:Insufficient disk space",
        Outcome.PERMISSION: "ClientError: Data download failed:failed to download data. "
        "403 Forbidden (403): Forbidden",
        Outcome.UNKNOWN: "A new kind of failure (simulated)",
    }
)
BEDROCK: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.INTERNAL: "Internal server error (simulated)",
        Outcome.THROTTLED: "Rate exceeded (simulated)",
        Outcome.CODE: "A new kind of failure (simulated)",
        Outcome.INPUT: "Batch job contains less records (1) than the required minimum of: 100",
        Outcome.PERMISSION: "Access denied to the input of the batch job (simulated)",
        Outcome.UNKNOWN: "A new kind of failure (simulated)",
    }
)
"""Only the text of INPUT is from a report."""


def failures(path: tuple[Step, ...], texts: Mapping[Outcome, str]) -> dict[Outcome, tuple[Step, ...]]:
    """The path to a failure, once for each text."""
    return {outcome: failing(path, text) for outcome, text in texts.items()}


def failing(path: tuple[Step, ...], text: str) -> tuple[Step, ...]:
    return (*path[:-1], replace(path[-1], reason=text))
