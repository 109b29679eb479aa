"""SageMaker hyperparameter tuning jobs."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.sagemaker.adapter import STATES
from jobchute.validation.codes import Code
from tests.apis.tuning_requests import (
    AT,
    CONFIG,
    DEFINITION,
    IN,
    LARGE,
    OBJECTIVE,
    RANGES,
    SEVERAL,
    WHOLE,
    a_range,
    definition,
    grid,
    limits_of,
    repair,
)
from tests.apis.values import HOUR, REMOVED, ApiValues, Natives, Tagging


def secret(text: str) -> dict[str, Any]:
    return {
        "TrainingJobDefinition": {
            "StaticHyperParameters": {"token": f"{text}-hyper"},
            "Environment": {"API_TOKEN": f"{text}-env"},
        }
    }


VALUES = ApiValues(
    api=Api.TUNING_JOB,
    body={
        CONFIG: {
            "Strategy": "Bayesian",
            "HyperParameterTuningJobObjective": OBJECTIVE,
            "ResourceLimits": {**limits_of(4), "MaxRuntimeInSeconds": 7200},
            "ParameterRanges": {"ContinuousParameterRanges": [a_range()]},
        },
        DEFINITION: definition(),
    },
    numbered=lambda number: {DEFINITION: definition(number)},
    free="TrainingJobDefinition.StaticHyperParameters.x",
    secret=secret,
    guarded_members=48,
    # Why its training jobs fail is not told, so the jobs wait.
    scarce="pending@{first}+pending@{second}",
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
    repair=repair,
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
                {f"{RANGES}/ContinuousParameterRanges": [a_range(**changes)]},
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
            {f"{RANGES}/IntegerParameterRanges": [a_range(Name="y", ScalingType="ReverseLogarithmic")]},
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
            grid(None, ContinuousParameterRanges=[a_range()]),
            f"{AT}.ParameterRanges.ContinuousParameterRanges[0]",
            Code.NOT_ALLOWED_VALUE,
        ),
        ("search_has_enough_values", grid(2), f"{AT}.ResourceLimits.MaxNumberOfTrainingJobs", Code.TOO_LARGE),
        (
            "search_has_enough_values",
            {RANGES: {"IntegerParameterRanges": [a_range(MaxValue="3")]}},
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
            {f"{RANGES}/ContinuousParameterRanges": [a_range(ScalingType="Logarithmic")]},
        ),
        (
            "scaling_fits_its_range",
            {
                f"{RANGES}/ContinuousParameterRanges": [
                    a_range(MinValue="0", MaxValue="0.99", ScalingType="ReverseLogarithmic")
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
        ("search_has_enough_values", grid(None)),
        ("search_has_enough_values", grid(3)),
        ("search_has_enough_values", {RANGES: {"IntegerParameterRanges": [a_range(MaxValue="4")]}}),
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
