"""Whether the calling role may do what it asks for: the calls of the providers' own IAM actions.

Which actions, resources and condition keys a call is authorized by follows the service authorization reference
(braket, bedrock, sagemaker): creating with tags needs the tagging action, naming a role needs iam:PassRole.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from .bedrock import model_arn
from .settings import Settings

Parameters = Mapping[str, Any]
Conditions = Mapping[str, list[str]]


@dataclass(frozen=True, slots=True)
class Need:
    """One authorization: an action on a resource (`*` where the action knows none), with what is asked for."""

    action: str
    resource: str
    conditions: Conditions = field(default_factory=dict)


Allows = Callable[[str, Need], str | None]
"""From an access key and a need to None, or to the ARN of the caller who may not."""


def needs_of(service: str, operation: str, parameters: Parameters, settings: Settings) -> Iterator[Need]:
    """What a call of one of the simulator's operations is authorized by."""
    match service:
        case "braket":
            yield from _braket(operation, parameters, settings)
        case "bedrock":
            yield from _bedrock(operation, parameters, settings)
        case _:
            yield from _sagemaker(operation, parameters, settings)


def _braket(operation: str, given: Parameters, settings: Settings) -> Iterator[Need]:
    job = f"arn:aws:braket:{settings.region}:{settings.account}:job/new"
    if operation == "CreateJob":
        yield Need("braket:CreateJob", job)
        if given.get("tags"):
            yield Need("braket:TagResource", job)
        yield _passing(given["roleArn"], "braket.amazonaws.com")
    else:
        resource = given.get("jobArn", given.get("resourceArn", "*"))
        yield Need(f"braket:{operation}", resource)


def _bedrock(operation: str, given: Parameters, settings: Settings) -> Iterator[Need]:
    job = f"arn:aws:bedrock:{settings.region}:{settings.account}:model-invocation-job/new"
    if operation == "CreateModelInvocationJob":
        yield Need("bedrock:CreateModelInvocationJob", job)
        yield Need("bedrock:CreateModelInvocationJob", model_arn(given["modelId"], settings))
        if given.get("tags"):
            yield Need("bedrock:TagResource", job)
        yield _passing(given["roleArn"], "bedrock.amazonaws.com")
    else:
        one = given.get("jobIdentifier", given.get("resourceARN", "*"))
        is_id = one != "*" and not one.startswith("arn:")
        yield Need(f"bedrock:{operation}", job.replace("new", one) if is_id else one)


def _sagemaker(operation: str, given: Parameters, settings: Settings) -> Iterator[Need]:
    kind = "processing" if "Processing" in operation else "training"
    name = given.get(f"{kind.capitalize()}JobName")
    arn = f"arn:aws:sagemaker:{settings.region}:{settings.account}:{kind}-job/{name}"
    resource = given.get("ResourceArn") or (arn if name else "*")
    yield Need(f"sagemaker:{operation}", resource, _asked_for(given))
    if operation.startswith("Create"):
        if given.get("Tags"):
            yield Need("sagemaker:AddTags", resource)
        yield from (Need(f"sagemaker:{operation}", plan) for plan in _training_plans(given))
        yield _passing(given["RoleArn"], "sagemaker.amazonaws.com")


def _training_plans(given: Parameters) -> Iterator[str]:
    """The reference lists no condition keys for them."""
    cluster = given.get("ResourceConfig", {})
    if "TrainingPlanArn" in cluster:
        yield cluster["TrainingPlanArn"]
    for preference in cluster.get("InstancePreferences", []):
        yield from preference.get("TrainingPlanArns", [])


def _asked_for(given: Parameters) -> Conditions:
    cluster = given.get("ResourceConfig") or given.get("ProcessingResources", {}).get("ClusterConfig", {})
    groups = cluster.get("InstanceGroups", [cluster])
    types = [group["InstanceType"] for group in groups if "InstanceType" in group]
    longest = given.get("StoppingCondition", {}).get("MaxRuntimeInSeconds")
    conditions = {"sagemaker:InstanceTypes": types} if types else {}
    return conditions | ({} if longest is None else {"sagemaker:MaxRuntimeInSeconds": [str(longest)]})


def _passing(role: str, service: str) -> Need:
    return Need("iam:PassRole", role, {"iam:PassedToService": [service]})
