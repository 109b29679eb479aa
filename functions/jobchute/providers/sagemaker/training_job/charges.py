"""What sagemaker:CreateTrainingJob is billed for.

The run-time limit covers the provider's own retries (RetryStrategy) and, with managed spot training, all parts
between interruptions. A spot discount is not known before the job has run, and a training plan is paid in
advance: neither lowers the bound.
"""

from typing import Any

from jobchute.job import Document
from jobchute.providers.charges import Charges, Instances, Usage, number, run_seconds
from jobchute.providers.sagemaker.charges import PROCESSING, TRAINING, alternatives
from jobchute.providers.sagemaker.training_job.spec import SPEC


def charges_in(request: Document, usage: Usage) -> Charges:  # noqa: ARG001 - not billed by usage
    resources: dict[str, Any] = request.get("ResourceConfig") or {}
    seconds = run_seconds(SPEC.run_time, request)
    found = alternatives(TRAINING, resources)
    if "ServerlessJobConfig" in request or not found:
        return Charges(seconds, unknown="SageMaker chooses the instances of a serverless job")
    return Charges(
        seconds,
        alternatives=found,
        beside=tuple(_rules(request)),
        keep_alive=number(resources, "KeepAlivePeriodInSeconds"),
    )


def _rules(request: Document) -> list[Instances]:
    """Rules of the debugger and profiler that name an instance run as processing jobs beside the training."""
    rules: list[dict[str, Any]] = [
        *(request.get("DebugRuleConfigurations") or ()),
        *(request.get("ProfilerRuleConfigurations") or ()),
    ]
    return [
        Instances(PROCESSING, str(rule["InstanceType"]), 1, number(rule, "VolumeSizeInGB"))
        for rule in rules
        if "InstanceType" in rule
    ]
