"""Parts of requests for hyperparameter tuning jobs, and what makes one keep the rules."""

import copy
from typing import Any

from tests.apis.values import CLUSTER

CONFIG, DEFINITION = "HyperParameterTuningJobConfig", "TrainingJobDefinition"
RANGES = f"{CONFIG}/ParameterRanges"
AT = "request.HyperParameterTuningJobConfig"
IN = "request.TrainingJobDefinition"
ROLE = "arn:aws:iam::123456789012:role/Jobs"
IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/image:1"
LARGE = "HyperParameterTuningResourceConfig"
OBJECTIVE = {"MetricName": "loss", "Type": "Minimize"}
METRICS = [{"Name": "loss", "Regex": "loss=(.*)"}]


def definition(number: int = 0) -> dict[str, Any]:
    return {
        "RoleArn": ROLE,
        "AlgorithmSpecification": {
            "TrainingImage": IMAGE,
            "TrainingInputMode": "File",
            "MetricDefinitions": [*METRICS],
        },
        "OutputDataConfig": {"S3OutputPath": f"s3://bucket/out/{number}"},
        "ResourceConfig": CLUSTER,
        "StoppingCondition": {"MaxRuntimeInSeconds": 1800},
    }


def a_range(**changes: Any) -> dict[str, Any]:
    return {"Name": "x", "MinValue": "1", "MaxValue": "10", **changes}


def limits_of(most: int) -> dict[str, Any]:
    return {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": 1}


WHOLE = {
    **definition(),
    "DefinitionName": "d",
    "TuningObjective": OBJECTIVE,
    "HyperParameterRanges": {"ContinuousParameterRanges": [a_range()]},
}
SEVERAL: dict[str, Any] = {CONFIG: {"Strategy": "Random", "ResourceLimits": limits_of(4)}}
THREE = {"CategoricalParameterRanges": [{"Name": "x", "Values": ["a", "b", "c"]}]}


def grid(most: int | None, **ranges: Any) -> dict[str, Any]:
    limits = {"MaxParallelTrainingJobs": 1, **({} if most is None else {"MaxNumberOfTrainingJobs": most})}
    return {f"{CONFIG}/Strategy": "Grid", f"{CONFIG}/ResourceLimits": limits, RANGES: ranges or THREE}


OWN = ("DefinitionName", "TuningObjective", "HyperParameterRanges")
BUILT_IN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def repair(request: dict[str, Any]) -> None:
    """One way of defining jobs, each whole and with instances in one place; ranges that fit their scale."""
    config = request.get(CONFIG)
    if not isinstance(config, dict):
        return
    several = request.get("TrainingJobDefinitions")
    if isinstance(several, list):
        request.pop(DEFINITION, None)
    else:
        algorithm = {"TrainingImage": BUILT_IN, "TrainingInputMode": "File"}
        request.setdefault(DEFINITION, {**definition(), "AlgorithmSpecification": algorithm})
    for number, each in enumerate(several if isinstance(several, list) else [request[DEFINITION]]):
        if isinstance(each, dict):
            if isinstance(several, list):
                whole = {**copy.deepcopy(WHOLE), "DefinitionName": f"d{number}"}
                each.update({name: whole[name] for name in OWN if name not in each})
            _repair_definition(each, config.get("HyperParameterTuningJobObjective"))
    _repair_config(config, request)


def _repair_definition(one: dict[str, Any], shared_objective: Any) -> None:
    from tests.unit.providers.shape_values import repaired

    one.update(repaired(one))
    large = one.get(LARGE)
    if isinstance(large, dict):
        one.pop("ResourceConfig", None)
        if "InstanceConfigs" in large:
            for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
                large.pop(name, None)
    else:
        one.setdefault("ResourceConfig", dict(CLUSTER))
    algorithm = one.get("AlgorithmSpecification")
    if not isinstance(algorithm, dict) or "AlgorithmName" in algorithm:
        return
    objective = one.get("TuningObjective", shared_objective)
    metrics = algorithm.get("MetricDefinitions")
    algorithm.setdefault("TrainingImage", IMAGE if metrics else BUILT_IN)
    if not isinstance(objective, dict) or algorithm["TrainingImage"] == BUILT_IN:
        return
    if not metrics:
        algorithm["MetricDefinitions"] = [{**METRICS[0], "Name": objective.get("MetricName")}]
    elif isinstance(metrics, list) and isinstance(metrics[0], dict):
        metric = metrics[0].get("Name")
        if isinstance(metric, str) and 0 < len(metric) <= 255 and metric.isprintable():
            objective["MetricName"] = metric
        else:
            metrics.append({**METRICS[0], "Name": objective.get("MetricName")})


def _repair_config(config: dict[str, Any], request: dict[str, Any]) -> None:
    if "StrategyConfig" in config:
        config["Strategy"] = "Hyperband"
    definitions = [request.get(DEFINITION), *(request.get("TrainingJobDefinitions") or ())]
    spaces = [config.get("ParameterRanges")]
    spaces += [each.get("HyperParameterRanges") for each in definitions if isinstance(each, dict)]
    for space in filter(None, spaces):
        _repair_ranges(space)
        if isinstance(config.get("ResourceLimits"), dict):
            config["ResourceLimits"].pop("MaxNumberOfTrainingJobs", None)


def _repair_ranges(space: Any) -> None:
    for kind in ("IntegerParameterRanges", "ContinuousParameterRanges"):
        for each in (space.get(kind) or ()) if isinstance(space, dict) else ():
            if isinstance(each, dict) and "ScalingType" in each:
                is_integer = kind.startswith("Integer")
                each["MinValue"], each["MaxValue"] = ("1", "9") if is_integer else ("0.5", "0.9")
                if is_integer and each["ScalingType"] == "ReverseLogarithmic":
                    each["ScalingType"] = "Logarithmic"
