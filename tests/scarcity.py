"""Documents of jobs for which there is no capacity at first: for each API, a request and two alternatives."""

from collections.abc import Mapping
from typing import Any

from jobchute.job import Api
from jobchute.providers.capacity import capacity_of

_DEVICES = "arn:aws:braket:::device/quantum-simulator/amazon"
ALTERNATIVES: Mapping[Api, tuple[str, tuple[str, str]]] = {
    Api.TRAINING_JOB: ("ResourceConfig.InstanceType", ("ml.c5.4xlarge", "ml.c5.9xlarge")),
    Api.PROCESSING_JOB: (
        "ProcessingResources.ClusterConfig.InstanceType",
        ("ml.c5.4xlarge", "ml.c5.9xlarge"),
    ),
    Api.TRANSFORM_JOB: ("TransformResources.InstanceType", ("ml.c5.4xlarge", "ml.c5.9xlarge")),
    Api.TUNING_JOB: ("TrainingJobDefinition.ResourceConfig.InstanceType", ("ml.c5.4xlarge", "ml.c5.9xlarge")),
    Api.BRAKET_JOB: ("deviceConfig.device", (f"{_DEVICES}/tn1", f"{_DEVICES}/dm1")),
    Api.BEDROCK_JOB: ("modelId", ("amazon.nova-micro-v1:0", "amazon.nova-pro-v1:0")),
    Api.CUSTOMIZATION_JOB: ("baseModelIdentifier", ("amazon.nova-lite-v1:0:300k", "amazon.nova-pro-v1:0:300k")),
    Api.FIREWORKS_INFERENCE_JOB: ("model", ("accounts/acme/models/spare", "accounts/acme/models/last")),
    Api.FIREWORKS_JOB: ("nodePoolId", ("spare-pool", "last-pool")),
}
"""The path of what is scarce, and what to ask for instead."""


def alternatives(api: Api) -> list[dict[str, str]]:
    path, values = ALTERNATIVES[api]
    return [{path: value} for value in values]


def scarce(api: Api, request: Mapping[str, Any]) -> str:
    """What to simulate for a job that the second alternative alone has capacity for.

    Fireworks tells no cause of a failure of batch jobs, and a tuning job none of its training jobs': they wait
    there. A displayName has no room for the names of two models, so the first two attempts of batch inference
    meet what the first two models have.
    """
    if api is Api.FIREWORKS_INFERENCE_JOB:
        return "capacity+twice"
    how = "pending" if api in (Api.FIREWORKS_JOB, Api.TUNING_JOB) else "capacity"
    first = capacity_of(api, dict(request))
    return "+".join(f"{how}@{value}" for value in (first, ALTERNATIVES[api][1][0]))
