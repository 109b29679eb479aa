"""A sweep of 24 jobs, for all tests that look at one."""

import json
from typing import Any

from tests.paths import EXAMPLES

AUC = "validation:auc"
PATIENCE_SECONDS = 240
"""A file is counted about a minute after it was read, and again when it has changed."""


def sweep_document(name: str) -> dict[str, Any]:
    """Of a training job on two instances: the simulator gives each combination a value of the metric."""
    example = json.loads((EXAMPLES / "valid/sagemaker-CreateTrainingJob/32-jp-cli-minimal.json").read_text())
    request = example["request"]
    request |= {"TrainingJobName": name, "HyperParameters": {}}
    request["AlgorithmSpecification"]["MetricDefinitions"] = [{"Name": AUC, "Regex": "auc=(.*)"}]
    request["ResourceConfig"]["InstanceCount"] = 2
    return {
        "api": example["api"],
        "request": request,
        "idempotencyKey": name,
        "objective": {"metric": AUC, "goal": "maximize"},
        "matrix": {
            "HyperParameters.max_depth": ["2", "4", "6", "8"],
            "HyperParameters.eta": ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6"],
        },
    }


def has_jobs(status: dict[str, Any]) -> bool:
    return len(status.get("jobs", [])) == 24 and status.get("accepted") == 24
