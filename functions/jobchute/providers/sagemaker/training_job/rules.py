"""Rules across the fields of sagemaker:CreateTrainingJob."""

import re
from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.sagemaker.image_rules import (
    builtin_algorithm_has_its_own_metrics,
    evaluator_images_are_in_ecr,
    training_image_can_be_read,
)
from jobchute.providers.sagemaker.storage_rules import instances_key_needs_a_volume
from jobchute.providers.sagemaker.tag_rules import tag_keys_are_free_and_differ
from jobchute.providers.sagemaker.training_job.capacity_rules import (
    is_serverless,
    one_kind_of_capacity,
    preferences_count_in_one_place,
    preferences_exclude_other_capacity,
    preferences_name_a_type_once,
    training_plan_in_one_place,
)
from jobchute.validation.codes import Code
from jobchute.validation.rules import (
    Fields,
    RuleTable,
    at_most_one,
    exactly_one,
    fields,
    items,
    missing,
    no_empty_texts,
    unique,
)
from jobchute.validation.wording import shown

COMMAND = ("ContainerEntrypoint", "ContainerArguments")
MAX_RUNTIME = 28 * 24 * 3600
DATA_SOURCES = ("S3DataSource", "FileSystemDataSource", "DatasetSource")
DEBUGGER = frozenset(("DebugRuleConfigurations", "ProfilerRuleConfigurations", "DebugHookConfig"))
PROFILING_INTERVALS = (100, 200, 500, 1000, 5000, 60000)


def job_on_instances_needs_its_parts(request: Fields) -> Iterator[Problem]:
    """Without ServerlessJobConfig a job needs its algorithm, its instances and its time limit.

    Source: the API reference from before serverless jobs ("Required: Yes"); the model dropped the trait
    only for the jobs that bring ServerlessJobConfig.
    """
    if is_serverless(request):
        return
    parts = ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition")
    yield from missing(request, parts, "request", "A training job without ServerlessJobConfig needs {}.")


def image_or_algorithm(request: Fields) -> Iterator[Problem]:
    """TrainingImage and AlgorithmName exclude each other, and one of them is needed.

    Source: model documentation of AlgorithmSpecification$AlgorithmName.
    """
    algorithm = request.get("AlgorithmSpecification")
    if isinstance(algorithm, dict):
        wanted = at_most_one if is_serverless(request) else exactly_one
        yield from wanted(algorithm, ("TrainingImage", "AlgorithmName"), "request.AlgorithmSpecification")


def command_has_no_empty_strings(request: Fields) -> Iterable[Problem]:
    """ContainerEntrypoint and ContainerArguments contain no empty strings.

    Source: SageMaker's answer "ContainerArguments and ContainerEntrypoint may not contain null or empty
    strings" (aws/sagemaker-python-sdk#3758).
    """
    algorithm = fields(request.get("AlgorithmSpecification"))
    return no_empty_texts(algorithm, COMMAND, "request.AlgorithmSpecification")


def wait_time_belongs_to_spot_or_retries(request: Fields) -> Iterator[Problem]:
    """MaxWaitTimeInSeconds goes with EnableManagedSpotTraining or with RetryStrategy.

    Source: SageMaker's answer "Invalid MaxWaitTimeInSeconds. It is only supported when
    EnableManagedSpotTraining is set to true" (Kenza-AI/sagify#111); model documentation of
    StoppingCondition$MaxWaitTimeInSeconds on RetryStrategy, and aws/sagemaker-python-sdk#2316.
    """
    condition = fields(request.get("StoppingCondition"))
    if "MaxWaitTimeInSeconds" not in condition or "RetryStrategy" in request:
        return
    if request.get("EnableManagedSpotTraining") is not True:
        message = (
            "This is only for Spot training and for jobs with retries: set EnableManagedSpotTraining to true, "
            "give the request a RetryStrategy, or remove it."
        )
        yield Problem("request.StoppingCondition.MaxWaitTimeInSeconds", Code.REQUIRES, message)


def spot_training_has_a_wait_time(request: Fields) -> Iterator[Problem]:
    """Spot training needs MaxWaitTimeInSeconds.

    Source: SageMaker's answer "MaxWaitTimeInSeconds […] must be present and be greater than or equal to
    MaxRuntimeInSeconds" to requests with EnableManagedSpotTraining; model documentation of
    StoppingCondition$MaxWaitTimeInSeconds.
    """
    condition = request.get("StoppingCondition")
    if request.get("EnableManagedSpotTraining") is not True or is_serverless(request):
        return
    if isinstance(condition, dict) and "MaxWaitTimeInSeconds" not in condition:
        message = (
            "Spot training needs MaxWaitTimeInSeconds: the seconds to wait for capacity and to run, at least "
            "MaxRuntimeInSeconds."
        )
        yield Problem("request.StoppingCondition.MaxWaitTimeInSeconds", Code.MISSING, message)


def wait_time_covers_runtime(request: Fields) -> Iterator[Problem]:
    """MaxWaitTimeInSeconds is not less than MaxRuntimeInSeconds.

    Source: model documentation of StoppingCondition$MaxWaitTimeInSeconds.
    """
    condition = fields(request.get("StoppingCondition"))
    wait, run = condition.get("MaxWaitTimeInSeconds"), condition.get("MaxRuntimeInSeconds")
    if isinstance(wait, int) and isinstance(run, int) and wait < run:
        message = f"{shown(wait)} is less than MaxRuntimeInSeconds, {shown(run)}; the wait includes the run."
        yield Problem("request.StoppingCondition.MaxWaitTimeInSeconds", Code.TOO_SMALL, message)


def runtime_is_at_most_28_days(request: Fields) -> Iterator[Problem]:
    """MaxRuntimeInSeconds is at most 28 days.

    Source: model documentation of StoppingCondition$MaxRuntimeInSeconds.
    """
    run = fields(request.get("StoppingCondition")).get("MaxRuntimeInSeconds")
    if isinstance(run, int) and run > MAX_RUNTIME:
        message = f"{shown(run)} seconds are more than 28 days, {MAX_RUNTIME}, the longest that a job may run."
        yield Problem("request.StoppingCondition.MaxRuntimeInSeconds", Code.TOO_LARGE, message)


def channel_has_one_source(request: Fields) -> Iterator[Problem]:
    """A channel reads from exactly one of S3, a file system and a data set.

    Source: API reference of DataSource, whose members are the alternatives for one channel.
    """
    for index, channel in items(request.get("InputDataConfig")):
        source = channel.get("DataSource")
        if isinstance(source, dict) and len(source.keys() & DATA_SOURCES) != 1:
            yield from exactly_one(source, DATA_SOURCES, f"request.InputDataConfig[{index}].DataSource")


def channel_names_differ(request: Fields) -> Iterable[Problem]:
    """Two channels of a job have different names: each is a directory in the container.

    Source: API reference of Channel ("a named input source"), /opt/ml/input/data/CHANNEL in the guide.
    """
    names = {index: channel.get("ChannelName") for index, channel in items(request.get("InputDataConfig"))}
    return unique(names, "request.InputDataConfig[{}].ChannelName", "channel name")


def channels_all_in_groups_or_none(request: Fields) -> Iterator[Problem]:
    """Where one channel is assigned to instance groups, all are.

    Source: SageMaker's answer "Some channels have assigned instance groups: […] while others not: […]"
    (aws/sagemaker-python-sdk#5225).
    """
    sources = [
        (index, source)
        for index, channel in items(request.get("InputDataConfig"))
        if isinstance(source := fields(channel.get("DataSource")).get("S3DataSource"), dict)
    ]
    if not any(source.get("InstanceGroupNames") for _, source in sources):
        return
    for index, source in sources:
        if not source.get("InstanceGroupNames"):
            path = f"request.InputDataConfig[{index}].DataSource.S3DataSource.InstanceGroupNames"
            message = (
                "Other channels are assigned to instance groups, so this one needs InstanceGroupNames too."
            )
            yield Problem(path, Code.REQUIRES, message)


def augmented_manifest_needs_pipe(request: Fields) -> Iterator[Problem]:
    """AugmentedManifestFile goes with the Pipe input mode only.

    Source: model documentation of S3DataSource$S3DataType.
    """
    job_mode = fields(request.get("AlgorithmSpecification")).get("TrainingInputMode")
    for index, channel in items(request.get("InputDataConfig")):
        mode = channel.get("InputMode", job_mode)
        source = fields(fields(channel.get("DataSource")).get("S3DataSource"))
        if source.get("S3DataType") == "AugmentedManifestFile" and mode in ("File", "FastFile"):
            path = f"request.InputDataConfig[{index}].DataSource.S3DataSource.S3DataType"
            message = f"AugmentedManifestFile needs the input mode Pipe, not {mode}: set InputMode to Pipe."
            yield Problem(path, Code.REQUIRES, message)


def profiling_interval_is_listed(request: Fields) -> Iterator[Problem]:
    """The profiler samples at one of six intervals.

    Source: model documentation of ProfilerConfig$ProfilingIntervalInMilliseconds.
    """
    interval = fields(request.get("ProfilerConfig")).get("ProfilingIntervalInMilliseconds")
    if isinstance(interval, int) and interval not in PROFILING_INTERVALS:
        allowed = ", ".join(map(str, PROFILING_INTERVALS))
        message = f"{shown(interval)} is not among the allowed intervals: {allowed} milliseconds."
        yield Problem("request.ProfilerConfig.ProfilingIntervalInMilliseconds", Code.NOT_ALLOWED_VALUE, message)


def debugger_names_differ(request: Fields) -> Iterator[Problem]:
    """Names of rule configurations, and of tensor collections, are unique.

    Source: model documentation of DebugRuleConfiguration$RuleConfigurationName,
    ProfilerRuleConfiguration$RuleConfigurationName and CollectionConfiguration$CollectionName.
    """
    if DEBUGGER.isdisjoint(request):
        return
    lists = {
        "DebugRuleConfigurations": (request, "RuleConfigurationName"),
        "ProfilerRuleConfigurations": (request, "RuleConfigurationName"),
        "DebugHookConfig.CollectionConfigurations": (fields(request.get("DebugHookConfig")), "CollectionName"),
    }
    for path, (parent, name) in lists.items():
        if given := items(parent.get(path.rpartition(".")[2])):
            names = {index: item.get(name) for index, item in given}
            yield from unique(names, f"request.{path}[{{}}].{name}", "name")


def evaluation_names_its_type(request: Fields) -> Iterator[Problem]:
    """A serverless job of type Evaluation needs EvaluationType.

    Source: model documentation of ServerlessJobConfig$EvaluationType.
    """
    serverless = fields(request.get("ServerlessJobConfig"))
    if serverless.get("JobType") == "Evaluation" and "EvaluationType" not in serverless:
        message = "A serverless job of type Evaluation needs EvaluationType."
        yield Problem("request.ServerlessJobConfig.EvaluationType", Code.MISSING, message)


def sequence_length_is_in_range(request: Fields) -> Iterator[Problem]:
    """SequenceLength is from 1K to 1024K.

    Source: model documentation of ServerlessJobConfig$SequenceLength.
    """
    length = fields(request.get("ServerlessJobConfig")).get("SequenceLength")
    if not isinstance(length, str) or not re.fullmatch(r"[0-9]{1,49}K", length):
        return
    thousands = int(length[:-1])
    if not 1 <= thousands <= 1024:
        code = Code.TOO_SMALL if thousands < 1 else Code.TOO_LARGE
        message = f"{shown(length)} is outside the range of SequenceLength, 1K to 1024K."
        yield Problem("request.ServerlessJobConfig.SequenceLength", code, message)


RULES: RuleTable = {
    "": (job_on_instances_needs_its_parts, debugger_names_differ, evaluator_images_are_in_ecr),
    "AlgorithmSpecification": (image_or_algorithm, command_has_no_empty_strings),
    "AlgorithmSpecification.TrainingImage": (training_image_can_be_read,),
    "AlgorithmSpecification.MetricDefinitions": (builtin_algorithm_has_its_own_metrics,),
    "EnableManagedSpotTraining": (spot_training_has_a_wait_time,),
    "ResourceConfig": (one_kind_of_capacity,),
    "ResourceConfig.VolumeKmsKeyId": (instances_key_needs_a_volume,),
    "ResourceConfig.InstancePreferences": (
        preferences_exclude_other_capacity,
        preferences_name_a_type_once,
        preferences_count_in_one_place,
        training_plan_in_one_place,
    ),
    "StoppingCondition.MaxWaitTimeInSeconds": (wait_time_belongs_to_spot_or_retries, wait_time_covers_runtime),
    "StoppingCondition.MaxRuntimeInSeconds": (runtime_is_at_most_28_days,),
    "InputDataConfig": (
        channel_has_one_source,
        channel_names_differ,
        channels_all_in_groups_or_none,
        augmented_manifest_needs_pipe,
    ),
    "ProfilerConfig": (profiling_interval_is_listed,),
    "ServerlessJobConfig": (evaluation_names_its_type, sequence_length_is_in_range),
    "Tags": (tag_keys_are_free_and_differ,),
}
