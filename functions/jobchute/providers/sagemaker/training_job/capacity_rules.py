"""Rules across the capacity of sagemaker:CreateTrainingJob: what runs it, and how many of them."""

from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, fields, items, preferred_counts, preferred_types_once

RESOURCES = "request.ResourceConfig"


def is_serverless(request: Fields) -> bool:
    return "ServerlessJobConfig" in request


def one_kind_of_capacity(request: Fields) -> Iterator[Problem]:
    """Instances come as InstanceType with InstanceCount, as InstanceGroups or as InstancePreferences.

    Source: model documentation of ResourceConfig$InstancePreferences; SageMaker's answer "InstanceType or
    InstanceCount cannot be specified with InstanceGroups" (aws/sagemaker-python-sdk#5564); the API
    reference from before instance groups, where type and count were required.
    """
    resources = request.get("ResourceConfig")
    if not isinstance(resources, dict) or is_serverless(request) or resources.get("InstancePreferences"):
        return
    if resources.get("InstanceGroups"):
        yield from excluded(resources, ("InstanceType", "InstanceCount"), "InstanceGroups")
    elif "InstanceType" not in resources:
        message = (
            "A training job needs InstanceType with InstanceCount, or InstanceGroups, or InstancePreferences."
        )
        yield Problem(f"{RESOURCES}.InstanceType", Code.MISSING, message)
    elif "InstanceCount" not in resources:
        message = "InstanceType needs InstanceCount beside it: the number of instances."
        yield Problem(f"{RESOURCES}.InstanceCount", Code.MISSING, message)


def preferences_exclude_other_capacity(request: Fields) -> Iterator[Problem]:
    """InstancePreferences excludes InstanceType, InstanceGroups, InstancePlacementConfig and Spot training.

    Source: model documentation of ResourceConfig$InstancePreferences.
    """
    resources = fields(request.get("ResourceConfig"))
    if not resources.get("InstancePreferences"):
        return
    others = ("InstanceType", "InstanceGroups", "InstancePlacementConfig")
    yield from excluded(resources, others, "InstancePreferences")
    if request.get("EnableManagedSpotTraining") is True:
        message = "EnableManagedSpotTraining and ResourceConfig.InstancePreferences exclude each other."
        yield Problem("request.EnableManagedSpotTraining", Code.EXCLUSIVE, message)


def preferences_name_a_type_once(request: Fields) -> Iterable[Problem]:
    """An instance type stands once in InstancePreferences.

    Source: model documentation of InstancePreference$InstanceType.
    """
    return preferred_types_once(fields(request.get("ResourceConfig")), RESOURCES)


def preferences_count_in_one_place(request: Fields) -> Iterable[Problem]:
    """InstanceCount stands in every preference or in ResourceConfig, not in both, and not in some.

    Source: model documentation of InstancePreference$InstanceCount.
    """
    return preferred_counts(fields(request.get("ResourceConfig")), RESOURCES)


def training_plan_in_one_place(request: Fields) -> Iterator[Problem]:
    """A training plan is named for the job or for its preferences, not both.

    Source: model documentation of InstancePreference$TrainingPlanArns.
    """
    resources = fields(request.get("ResourceConfig"))
    if "TrainingPlanArn" not in resources:
        return
    for index, preference in items(resources.get("InstancePreferences")):
        if "TrainingPlanArns" in preference:
            path = f"{RESOURCES}.InstancePreferences[{index}].TrainingPlanArns"
            message = "TrainingPlanArns excludes ResourceConfig.TrainingPlanArn. Name the plan in one place."
            yield Problem(path, Code.EXCLUSIVE, message)


def excluded(resources: Fields, names: tuple[str, ...], by: str, path: str = RESOURCES) -> Iterator[Problem]:
    """A problem at each of the members that is there although `by` excludes it."""
    for name in names:
        if name in resources and resources[name] != []:
            message = f"{name} and {by} exclude each other. Remove one of them."
            yield Problem(f"{path}.{name}", Code.EXCLUSIVE, message)
