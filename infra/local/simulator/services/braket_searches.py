"""The filters of SearchJobs and SearchQuantumTasks."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from ..errors import ServiceError
from ..jobs import Job


def passes(job: Job, search: Mapping[str, Any], texts: Mapping[str, str]) -> bool:
    """Whether a job passes one filter. texts: what the other filters are compared with."""
    name, values, operator = search["name"], search["values"], search["operator"]
    if name == "createdAt":
        return _passes_time(job.created, operator, [_epoch(value) for value in values])
    if name in texts:
        return any(texts[name] == value if operator == "EQUAL" else value in texts[name] for value in values)
    known = " or ".join([*texts, "createdAt"])
    raise ServiceError("ValidationException", f"filter name '{name}': it can be either {known}")


def _passes_time(at: float, operator: str, values: list[float]) -> bool:
    match operator:
        case "LT":
            return at < values[0]
        case "LTE":
            return at <= values[0]
        case "GT":
            return at > values[0]
        case "GTE":
            return at >= values[0]
        case "BETWEEN":
            return values[0] <= at <= values[-1]
        case "EQUAL":
            return at in values
    raise ServiceError("ValidationException", f"operator {operator} does not go with createdAt")


def _epoch(text: str) -> float:
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as problem:
        raise ServiceError("ValidationException", f"'{text}' is no ISO 8601 time") from problem
