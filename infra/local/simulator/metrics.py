"""The final metrics of a simulated training job: a value for each metric that its request defines."""

import json
import zlib
from typing import Any

from .jobs import Job


def final_metrics(job: Job) -> list[dict[str, Any]]:
    """FinalMetricDataList. Jobs of different hyper-parameters have different values, from 0 to 1."""
    defined = job.request.get("AlgorithmSpecification", {}).get("MetricDefinitions", [])
    chosen = job.request.get("HyperParameters", {})
    return [
        {"MetricName": each["Name"], "Value": _value(each["Name"], chosen), "Timestamp": job.ended}
        for each in defined[:40]
    ]


def _value(name: str, chosen: object) -> float:
    text = json.dumps([name, chosen], sort_keys=True)
    return round(zlib.crc32(text.encode()) / 2**32, 4)
