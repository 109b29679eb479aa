"""SageMaker hyperparameter tuning jobs."""

import copy
from typing import Any

from jobchute.job import Api
from jobchute.providers.sagemaker.adapter import STATES
from jobchute.validation.codes import Code
from tests.apis.values import CLUSTER, HOUR, REMOVED, ApiValues, Natives, Tagging

CONFIG, DEFINITION = "HyperParameterTuningJobConfig", "TrainingJobDefinition"
RANGES = f"{CONFIG}/ParameterRanges"
AT = "request.HyperParameterTuningJobConfig"
IN = "request.TrainingJobDefinition"
ROLE = "arn:aws:iam::123456789012:role/Jobs"
IMAGE = "123456789012.dkr.ecr.us-west-2.amazonaws.com/image:1"
LARGE = "HyperParameterTuningResourceConfig"
OBJECTIVE = {"MetricName": "loss", "Type": "Minimize"}
METRICS = [{"Name": "loss", "Regex": "loss=(.*)"}]


def _definition(number: int = 0) -> dict[str, Any]:
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


def _range(**changes: Any) -> dict[str, Any]:
    return {"Name": "x", "MinValue": "1", "MaxValue": "10", **changes}


def _limits(most: int) -> dict[str, Any]:
    return {"MaxNumberOfTrainingJobs": most, "MaxParallelTrainingJobs": 1}


WHOLE = {
    **_definition(),
    "DefinitionName": "d",
    "TuningObjective": OBJECTIVE,
    "HyperParameterRanges": {"ContinuousParameterRanges": [_range()]},
}
SEVERAL: dict[str, Any] = {CONFIG: {"Strategy": "Random", "ResourceLimits": _limits(4)}}
THREE = {"CategoricalParameterRanges": [{"Name": "x", "Values": ["a", "b", "c"]}]}


def _grid(most: int | None, **ranges: Any) -> dict[str, Any]:
    limits = {"MaxParallelTrainingJobs": 1, **({} if most is None else {"MaxNumberOfTrainingJobs": most})}
    return {f"{CONFIG}/Strategy": "Grid", f"{CONFIG}/ResourceLimits": limits, RANGES: ranges or THREE}


def _secret(text: str) -> dict[str, Any]:
    return {
        "TrainingJobDefinition": {
            **_definition(),
            "StaticHyperParameters": {"token": f"{text}-hyper"},
            "Environment": {"API_TOKEN": f"{text}-env"},
        }
    }


OWN = ("DefinitionName", "TuningObjective", "HyperParameterRanges")
BUILT_IN = "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1"


def _repair(request: dict[str, Any]) -> None:
    """One way of defining jobs, each whole and with instances in one place; ranges that fit their scale."""
    config = request.get(CONFIG)
    if not isinstance(config, dict):
        return
    several = request.get("TrainingJobDefinitions")
    if isinstance(several, list):
        request.pop(DEFINITION, None)
    else:
        algorithm = {"TrainingImage": BUILT_IN, "TrainingInputMode": "File"}
        request.setdefault(DEFINITION, {**_definition(), "AlgorithmSpecification": algorithm})
    for number, each in enumerate(several if isinstance(several, list) else [request[DEFINITION]]):
        if isinstance(each, dict):
            if isinstance(several, list):
                whole = {**copy.deepcopy(WHOLE), "DefinitionName": f"d{number}"}
                each.update({name: whole[name] for name in OWN if name not in each})
            _repair_definition(each, config.get("HyperParameterTuningJobObjective"))
    _repair_config(config, request)


def _repair_definition(definition: dict[str, Any], shared_objective: Any) -> None:
    from tests.unit.providers.shape_values import repaired

    definition.update(repaired(definition))
    large = definition.get(LARGE)
    if isinstance(large, dict):
        definition.pop("ResourceConfig", None)
        if "InstanceConfigs" in large:
            for name in ("InstanceType", "InstanceCount", "VolumeSizeInGB"):
                large.pop(name, None)
    else:
        definition.setdefault("ResourceConfig", dict(CLUSTER))
    algorithm = definition.get("AlgorithmSpecification")
    if not isinstance(algorithm, dict) or "AlgorithmName" in algorithm:
        return
    objective = definition.get("TuningObjective", shared_objective)
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


VALUES = ApiValues(
    api=Api.TUNING_JOB,
    body={
        CONFIG: {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": OBJECTIVE,
            "ResourceLimits": {**_limits(4), "MaxRuntimeInSeconds": 7200},
            "ParameterRanges": {"ContinuousParameterRanges": [_range()]},
        },
        DEFINITION: _definition(),
    },
    numbered=lambda number: {DEFINITION: _definition(number)},
    free="TrainingJobDefinition.StaticHyperParameters.x",
    secret=_secret,
    guarded_members=48,
    natives=Natives(
        begin=("InProgress", "InProgress/Training"),
        good="Completed",
        bad="Failed",
        stopping="Stopping",
        stopped="Stopped",
        reason="No training job succeeded after 5 attempts",
    ),
    tagging=Tagging("Tags", keys=("Key", "Value")),
    time_limit=({CONFIG: {"ResourceLimits": {"MaxRuntimeInSeconds": 7200}}}, 7200),
    provider_id="arn:aws:sagemaker:us-east-1:123456789012:hyper-parameter-tuning-job/{name}",
    states=STATES,
    status_enum=("sagemaker", "HyperParameterTuningJobStatus"),
    logs="/aws/sagemaker/TrainingJobs:churn-",
    max_wait=25 * 24 * HOUR,
    names_are_unique=True,
    repair=_repair,
    harmless=(
        "*HyperParameterTuningJobConfig.Strategy",
        "HyperParameterTuningJobConfig.StrategyConfig.*",
        "*HyperParameterTuningJobObjective.*",
        "*TuningObjective.*",
        "*ParameterRanges.*",
        "*HyperParameterRanges.*",
        "*TrainingJobEarlyStoppingType",
        "*TuningJobCompletionCriteria.*",
        "*RandomSeed",
        "*DefinitionName",
        "*AllocationStrategy",
        "*WarmStartConfig.*",
        "Autotune.Mode",
    ),
    refused=(
        ("one_way_of_defining_jobs", {DEFINITION: REMOVED}, "request", Code.NOT_ONE_OF),
        (
            "one_way_of_defining_jobs",
            {**SEVERAL, "TrainingJobDefinitions": [WHOLE]},
            "request.TrainingJobDefinitions",
            Code.EXCLUSIVE,
        ),
        (
            "instances_in_one_place",
            {f"{DEFINITION}/{LARGE}": {"InstanceType": "ml.m5.large", "InstanceCount": 1}},
            f"{IN}.{LARGE}",
            Code.EXCLUSIVE,
        ),
        (
            "objective_is_a_defined_metric",
            {f"{CONFIG}/HyperParameterTuningJobObjective/MetricName": "auc"},
            f"{IN}.AlgorithmSpecification.MetricDefinitions",
            Code.REQUIRES,
        ),
        (
            "parameters_are_tuned_or_static",
            {f"{DEFINITION}/StaticHyperParameters": {"x": "1"}},
            f"{AT}.ParameterRanges.ContinuousParameterRanges[0].Name",
            Code.EXCLUSIVE,
        ),
        *(
            (
                "scaling_fits_its_range",
                {f"{RANGES}/ContinuousParameterRanges": [_range(**changes)]},
                f"{AT}.ParameterRanges.ContinuousParameterRanges[0].ScalingType",
                Code.REQUIRES,
            )
            for changes in (
                {"MinValue": "0", "ScalingType": "Logarithmic"},
                {"MinValue": "0", "MaxValue": "1", "ScalingType": "ReverseLogarithmic"},
            )
        ),
        (
            "scaling_fits_its_range",
            {f"{RANGES}/IntegerParameterRanges": [_range(Name="y", ScalingType="ReverseLogarithmic")]},
            f"{AT}.ParameterRanges.IntegerParameterRanges[0].ScalingType",
            Code.REQUIRES,
        ),
        (
            "hyperband_stops_by_itself",
            {f"{CONFIG}/StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 10}}},
            f"{AT}.StrategyConfig",
            Code.REQUIRES,
        ),
        (
            "hyperband_stops_by_itself",
            {f"{CONFIG}/Strategy": "Hyperband", f"{CONFIG}/TrainingJobEarlyStoppingType": "Auto"},
            f"{AT}.TrainingJobEarlyStoppingType",
            Code.NOT_ALLOWED_VALUE,
        ),
        (
            "search_has_enough_values",
            _grid(None, ContinuousParameterRanges=[_range()]),
            f"{AT}.ParameterRanges.ContinuousParameterRanges[0]",
            Code.NOT_ALLOWED_VALUE,
        ),
        ("search_has_enough_values", _grid(2), f"{AT}.ResourceLimits.MaxNumberOfTrainingJobs", Code.TOO_LARGE),
        (
            "search_has_enough_values",
            {RANGES: {"IntegerParameterRanges": [_range(MaxValue="3")]}},
            f"{AT}.ResourceLimits.MaxNumberOfTrainingJobs",
            Code.TOO_LARGE,
        ),
        (
            "definitions_keep_the_rules_of_training",
            {f"{DEFINITION}/AlgorithmSpecification/AlgorithmName": "mine"},
            f"{IN}.AlgorithmSpecification.AlgorithmName",
            Code.EXCLUSIVE,
        ),
        (
            "definitions_keep_the_rules_of_training",
            {f"{DEFINITION}/StoppingCondition/MaxWaitTimeInSeconds": 3600},
            f"{IN}.StoppingCondition.MaxWaitTimeInSeconds",
            Code.REQUIRES,
        ),
        (
            "each_of_several_definitions_is_whole",
            {
                **SEVERAL,
                DEFINITION: REMOVED,
                "TrainingJobDefinitions": [WHOLE, {k: v for k, v in WHOLE.items() if k != "DefinitionName"}],
            },
            "request.TrainingJobDefinitions[1].DefinitionName",
            Code.MISSING,
        ),
        (
            "each_of_several_definitions_is_whole",
            {
                CONFIG: {**SEVERAL[CONFIG], "HyperParameterTuningJobObjective": OBJECTIVE},
                DEFINITION: REMOVED,
                "TrainingJobDefinitions": [WHOLE],
            },
            f"{AT}.HyperParameterTuningJobObjective",
            Code.EXCLUSIVE,
        ),
        (
            "tag_keys_are_free_and_differ",
            {"Tags": [{"Key": "aws:team", "Value": "v"}]},
            "request.Tags[0].Key",
            Code.RESERVED,
        ),
    ),
    accepted=(
        ("one_way_of_defining_jobs", {}),
        ("instances_in_one_place", {f"{DEFINITION}/ResourceConfig/KeepAlivePeriodInSeconds": 60}),
        (
            "objective_is_a_defined_metric",
            {
                f"{DEFINITION}/AlgorithmSpecification": {
                    "TrainingImage": "683313688378.dkr.ecr.us-east-1.amazonaws.com/sagemaker-xgboost:1.7-1",
                    "TrainingInputMode": "File",
                }
            },
        ),
        ("parameters_are_tuned_or_static", {f"{DEFINITION}/StaticHyperParameters": {"y": "1"}}),
        (
            "scaling_fits_its_range",
            {f"{RANGES}/ContinuousParameterRanges": [_range(ScalingType="Logarithmic")]},
        ),
        (
            "scaling_fits_its_range",
            {
                f"{RANGES}/ContinuousParameterRanges": [
                    _range(MinValue="0", MaxValue="0.99", ScalingType="ReverseLogarithmic")
                ]
            },
        ),
        (
            "hyperband_stops_by_itself",
            {
                f"{CONFIG}/Strategy": "Hyperband",
                f"{CONFIG}/TrainingJobEarlyStoppingType": "Off",
                f"{CONFIG}/StrategyConfig": {"HyperbandStrategyConfig": {"MaxResource": 10}},
            },
        ),
        ("search_has_enough_values", _grid(None)),
        ("search_has_enough_values", _grid(3)),
        ("search_has_enough_values", {RANGES: {"IntegerParameterRanges": [_range(MaxValue="4")]}}),
        ("search_has_enough_values", {f"{RANGES}/AutoParameters": [{"Name": "z", "ValueHint": "1"}]}),
        ("definitions_keep_the_rules_of_training", {}),
        (
            "each_of_several_definitions_is_whole",
            {
                **SEVERAL,
                DEFINITION: REMOVED,
                "TrainingJobDefinitions": [WHOLE, {**WHOLE, "DefinitionName": "e"}],
            },
        ),
        ("tag_keys_are_free_and_differ", {"Tags": [{"Key": "jobchute:simulate", "Value": "fail"}]}),
    ),
)
