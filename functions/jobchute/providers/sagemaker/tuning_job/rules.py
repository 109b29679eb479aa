"""Rules across the fields of sagemaker:CreateHyperParameterTuningJob."""

from collections.abc import Iterable, Iterator
from math import inf, prod

from jobchute.problems import Problem
from jobchute.providers.sagemaker.image_rules import is_of_builtin_algorithm
from jobchute.providers.sagemaker.tag_rules import tag_keys_are_free_and_differ
from jobchute.providers.sagemaker.training_job.capacity_rules import excluded
from jobchute.providers.sagemaker.training_job.rules import RULES as TRAINING_RULES
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, exactly_one, fields, items, missing, number_in
from jobchute.validation.wording import shown

CONFIG = "request.HyperParameterTuningJobConfig"
LARGE = "HyperParameterTuningResourceConfig"
KINDS = ("IntegerParameterRanges", "ContinuousParameterRanges", "CategoricalParameterRanges")
OWN = {"HyperParameterTuningJobObjective": "TuningObjective", "ParameterRanges": "HyperParameterRanges"}
"""What the config has for one definition, and each of several definitions has itself."""
SHARED = ("Algorithm", "EnableManagedSpot", "InputData", "ResourceConfig", "StoppingCondition")
TRAINING = [rule for member, rules in TRAINING_RULES.items() if member.startswith(SHARED) for rule in rules]


def config(request: Fields) -> Fields:
    return fields(request.get("HyperParameterTuningJobConfig"))


def definitions(request: Fields) -> Iterator[tuple[str, Fields]]:
    """The definitions of training jobs with their paths."""
    if single := fields(request.get("TrainingJobDefinition")):
        yield "request.TrainingJobDefinition", single
    for index, each in items(request.get("TrainingJobDefinitions")):
        yield f"request.TrainingJobDefinitions[{index}]", each


def searches(request: Fields) -> Iterator[tuple[str, list[tuple[str, int, Fields]], Fields]]:
    """The path of each search, its ranges, and the definition that it is for.

    A range is the name of the list that has it, its position there, and itself.
    """
    spaces = [(CONFIG, config(request), "ParameterRanges", fields(request.get("TrainingJobDefinition")))]
    spaces += [(path, each, "HyperParameterRanges", each) for path, each in definitions(request)]
    for place, parent, name, definition in spaces:
        space = fields(parent.get(name))
        found = [(kind, *each) for kind in KINDS if kind in space for each in items(space[kind])]
        if found and "AutoParameters" not in space:
            yield f"{place}.{name}", found, definition


def one_way_of_defining_jobs(request: Fields) -> Iterable[Problem]:
    """A tuning job has exactly one of TrainingJobDefinition and TrainingJobDefinitions.

    Source: API reference of CreateHyperParameterTuningJob, whose two members are the ways to define its jobs.
    """
    return exactly_one(request, ("TrainingJobDefinition", "TrainingJobDefinitions"), "request")


def each_of_several_definitions_is_whole(request: Fields) -> Iterator[Problem]:
    """TrainingJobDefinitions have names, objectives and ranges of their own, and the config has none.

    Source: requests with several definitions of aws-controllers-k8s/sagemaker-controller.
    """
    several = items(request.get("TrainingJobDefinitions"))
    if several:
        yield from excluded(config(request), tuple(OWN), "TrainingJobDefinitions", CONFIG)
    for index, each in several:
        path, message = f"request.TrainingJobDefinitions[{index}]", "Each of several definitions needs {}."
        yield from missing(each, ("DefinitionName", *OWN.values()), path, message)


def definitions_keep_the_rules_of_training(request: Fields) -> Iterator[Problem]:
    """Algorithm, channels, instances, Spot training and limits keep the rules of training jobs.

    Source: API reference of HyperParameterTrainingJobDefinition, which has these members of a training job.
    """
    for path, definition in definitions(request):
        for found in (each for rule in TRAINING for each in rule(definition)):
            yield found._replace(path=found.path.replace("request", path, 1))


def instances_in_one_place(request: Fields) -> Iterator[Problem]:
    """Instances are in ResourceConfig or in HyperParameterTuningResourceConfig, there in one of two ways.

    Source: model documentation of HyperParameterTuningResourceConfig$InstanceConfigs.
    """
    for path, definition in definitions(request):
        yield from exactly_one(definition, ("ResourceConfig", LARGE), path)
        resources = fields(definition.get(LARGE))
        if "InstanceConfigs" in resources:
            others = ("InstanceType", "InstanceCount", "VolumeSizeInGB")
            yield from excluded(resources, others, "InstanceConfigs", f"{path}.{LARGE}")


def objective_is_a_defined_metric(request: Fields) -> Iterator[Problem]:
    """With an image of your own, MetricDefinitions has the objective's MetricName.

    Source: SageMaker's answer in aws/amazon-sagemaker-examples#1207.
    """
    shared = config(request).get("HyperParameterTuningJobObjective")
    for path, definition in definitions(request):
        algorithm = fields(definition.get("AlgorithmSpecification"))
        name = fields(definition.get("TuningObjective", shared)).get("MetricName")
        if name is None or is_of_builtin_algorithm(algorithm.get("TrainingImage")) is not False:
            continue
        if name not in [each.get("Name") for _, each in items(algorithm.get("MetricDefinitions"))]:
            message = f"The objective {shown(name)} needs a metric definition of this name."
            yield Problem(f"{path}.AlgorithmSpecification.MetricDefinitions", Code.REQUIRES, message)


def parameters_are_tuned_or_static(request: Fields) -> Iterator[Problem]:
    """A hyperparameter is tuned or static, not both.

    Source: object2vec notebook of aws/amazon-sagemaker-examples, which removes the tuned ones from the static.
    """
    for path, ranges, definition in searches(request):
        static = [*fields(definition.get("StaticHyperParameters"))]
        for kind, index, each in ranges:
            if (name := each.get("Name")) in static:
                message = f"{shown(name)} is among StaticHyperParameters too. Tune it, or give it one value."
                yield Problem(f"{path}.{kind}[{index}].Name", Code.EXCLUSIVE, message)


def scaling_fits_its_range(request: Fields) -> Iterator[Problem]:
    """Logarithmic scaling is for values above 0, ReverseLogarithmic for continuous ones from 0 to below 1.

    Source: model documentation of ContinuousParameterRange$ScalingType and IntegerParameterRange$ScalingType.
    """
    for path, (kind, index, each) in ((path, each) for path, ranges, _ in searches(request) for each in ranges):
        scale = each.get("ScalingType")
        if scale not in ("Logarithmic", "ReverseLogarithmic"):
            continue
        low, high = number_in(each.get("MinValue")), number_in(each.get("MaxValue"))
        if low <= 0 if scale == "Logarithmic" else not ("Continuous" in kind and low >= 0 and high < 1):
            message = "Logarithmic needs values above 0, ReverseLogarithmic continuous ones from 0 to below 1."
            yield Problem(f"{path}.{kind}[{index}].ScalingType", Code.REQUIRES, message)


def hyperband_stops_by_itself(request: Fields) -> Iterator[Problem]:
    """StrategyConfig goes with Hyperband, which needs TrainingJobEarlyStoppingType Off.

    Source: model documentation of HyperParameterTuningJobConfig$StrategyConfig, $TrainingJobEarlyStoppingType.
    """
    asked = config(request)
    is_hyperband = asked.get("Strategy") == "Hyperband"
    if "StrategyConfig" in asked and not is_hyperband:
        yield Problem(f"{CONFIG}.StrategyConfig", Code.REQUIRES, "StrategyConfig is for Hyperband only.")
    if is_hyperband and asked.get("TrainingJobEarlyStoppingType") == "Auto":
        yield Problem(f"{CONFIG}.TrainingJobEarlyStoppingType", Code.NOT_ALLOWED_VALUE, "Hyperband needs Off.")


def search_has_enough_values(request: Fields) -> Iterator[Problem]:
    """Grid takes categorical ranges. MaxNumberOfTrainingJobs is at most, with Grid exactly, the combinations.

    Source: SageMaker developer guide, "How Hyperparameter Tuning Works"; SageMaker's answer in
    aws/amazon-sagemaker-operator-for-k8s#123 to discrete ranges with fewer combinations.
    """
    is_grid = config(request).get("Strategy") == "Grid"
    most = fields(config(request).get("ResourceLimits")).get("MaxNumberOfTrainingJobs")
    for path, ranges, _ in searches(request):
        others = [f"{path}.{of}[{at}]" for of, at, _ in ranges if is_grid and "Categorical" not in of]
        for each in others:
            yield Problem(each, Code.NOT_ALLOWED_VALUE, "The strategy Grid takes categorical ranges only.")
        count = prod(size_of(kind, each) for kind, _, each in ranges)
        if isinstance(most, int) and not others and (count < most or (is_grid and most < count < inf)):
            message = f"The ranges have {shown(count)} combinations; {shown(most)} does not fit them."
            yield Problem(f"{CONFIG}.ResourceLimits.MaxNumberOfTrainingJobs", Code.TOO_LARGE, message)


def size_of(kind: str, each: Fields) -> float:
    """How many values a range has; infinite for a continuous one."""
    if isinstance(each.get("Values"), list):
        return len(each["Values"])
    more = number_in(each.get("MaxValue")) - number_in(each.get("MinValue")) if "Integer" in kind else inf
    return int(more) + 1 if 0 <= more < inf else inf


RULES: RuleTable = {
    "": (one_way_of_defining_jobs, definitions_keep_the_rules_of_training, instances_in_one_place),
    "HyperParameterTuningJobConfig": (
        objective_is_a_defined_metric,
        parameters_are_tuned_or_static,
        scaling_fits_its_range,
        hyperband_stops_by_itself,
        search_has_enough_values,
    ),
    "TrainingJobDefinitions": (each_of_several_definitions_is_whole,),
    "Tags": (tag_keys_are_free_and_differ,),
}
