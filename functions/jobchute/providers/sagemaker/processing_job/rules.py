"""Rules across the fields of sagemaker:CreateProcessingJob."""

from collections.abc import Iterable, Iterator

from jobchute.problems import Problem
from jobchute.providers.sagemaker.image_rules import processing_image_is_in_ecr
from jobchute.providers.sagemaker.storage_rules import cluster_key_needs_a_volume
from jobchute.providers.sagemaker.tag_rules import tag_keys_are_free_and_differ
from jobchute.validation.codes import Code
from jobchute.validation.rules import (
    Fields,
    RuleTable,
    exactly_one,
    fields,
    items,
    no_empty_texts,
    preferred_counts,
    preferred_types_once,
    unique,
)
from jobchute.validation.wording import shown

CLUSTER = "request.ProcessingResources.ClusterConfig"
INPUTS = "request.ProcessingInputs"
OUTPUTS = "request.ProcessingOutputConfig.Outputs"
COMMAND = ("ContainerEntrypoint", "ContainerArguments")
LOCAL_ROOT = "/opt/ml/processing/"


def cluster(request: Fields) -> Fields:
    return fields(fields(request.get("ProcessingResources")).get("ClusterConfig"))


def outputs(request: Fields) -> list[tuple[int, Fields]]:
    """The outputs with their positions."""
    return items(fields(request.get("ProcessingOutputConfig")).get("Outputs"))


def inputs(request: Fields) -> list[tuple[int, Fields]]:
    """The inputs with their positions."""
    return items(request.get("ProcessingInputs"))


def command_has_no_empty_strings(request: Fields) -> Iterable[Problem]:
    """ContainerEntrypoint and ContainerArguments contain no empty strings.

    Source: SageMaker's answer "ContainerArguments and ContainerEntrypoint may not contain null or empty
    strings" (aws/sagemaker-python-sdk#3758).
    """
    return no_empty_texts(fields(request.get("AppSpecification")), COMMAND, "request.AppSpecification")


def input_has_one_source(request: Fields) -> Iterator[Problem]:
    """An input is exactly one of S3Input and DatasetDefinition.

    Source: model documentation of ProcessingInput.
    """
    for index, item in inputs(request):
        if ("S3Input" in item) == ("DatasetDefinition" in item):
            yield from exactly_one(item, ("S3Input", "DatasetDefinition"), f"{INPUTS}[{index}]")


def dataset_has_one_engine(request: Fields) -> Iterator[Problem]:
    """A data set definition is exactly one of Athena's and Redshift's.

    Source: model documentation of DatasetDefinition.
    """
    names = ("AthenaDatasetDefinition", "RedshiftDatasetDefinition")
    for index, item in inputs(request):
        if isinstance(dataset := item.get("DatasetDefinition"), dict):
            yield from exactly_one(dataset, names, f"{INPUTS}[{index}].DatasetDefinition")


def managed_input_needs_a_local_path(request: Fields) -> Iterator[Problem]:
    """An input that SageMaker downloads (AppManaged is not true) needs LocalPath.

    Source: model documentation of ProcessingS3Input$LocalPath and DatasetDefinition$LocalPath.
    """
    for index, item in inputs(request):
        if item.get("AppManaged") is True:
            continue
        for name in ("S3Input", "DatasetDefinition"):
            source = item.get(name)
            if isinstance(source, dict) and "LocalPath" not in source:
                message = (
                    f"{name} needs LocalPath, where SageMaker is to put the data, unless AppManaged is true."
                )
                yield Problem(f"{INPUTS}[{index}].{name}.LocalPath", Code.MISSING, message)


def s3_input_is_below_opt_ml_processing(request: Fields) -> Iterator[Problem]:
    """LocalPath of an S3 input that SageMaker downloads begins with /opt/ml/processing/.

    Source: model documentation of ProcessingS3Input$LocalPath.
    """
    for index, item in inputs(request):
        local = fields(item.get("S3Input")).get("LocalPath")
        if not isinstance(local, str) or local.startswith(LOCAL_ROOT) or item.get("AppManaged") is True:
            continue
        if f"{local}/" != LOCAL_ROOT:
            message = f"{shown(local)} must begin with {LOCAL_ROOT}."
            yield Problem(f"{INPUTS}[{index}].S3Input.LocalPath", Code.PATTERN, message)


def gzip_needs_pipe(request: Fields) -> Iterator[Problem]:
    """S3CompressionType Gzip goes with S3InputMode Pipe only.

    Source: model documentation of ProcessingS3Input$S3CompressionType.
    """
    for index, item in inputs(request):
        source = fields(item.get("S3Input"))
        if source.get("S3CompressionType") == "Gzip" and source.get("S3InputMode") != "Pipe":
            message = (
                "Gzip needs S3InputMode Pipe: in File mode SageMaker does not decompress. Use Pipe or None."
            )
            yield Problem(f"{INPUTS}[{index}].S3Input.S3CompressionType", Code.REQUIRES, message)


def input_names_and_paths_differ(request: Fields) -> Iterator[Problem]:
    """Two inputs of a job have different names and different local paths.

    Source: AWS support in aws/sagemaker-python-sdk#4939 (CreateProcessingJob refuses with an empty message).
    """
    given = inputs(request)
    if len(given) < 2:
        return
    names = {index: item.get("InputName") for index, item in given}
    yield from unique(names, f"{INPUTS}[{{}}].InputName", "input name")
    for name in ("S3Input", "DatasetDefinition"):
        paths = {index: local_path(item[name]) for index, item in given if name in item}
        if len(paths) > 1:
            yield from unique(paths, f"{INPUTS}[{{}}].{name}.LocalPath", "local path")


def local_path(source: object) -> str | None:
    """Where SageMaker puts an input's data, without a slash at its end."""
    path = source.get("LocalPath") if isinstance(source, dict) else None
    return path.rstrip("/") if isinstance(path, str) else None


def output_has_one_destination(request: Fields) -> Iterator[Problem]:
    """An output is exactly one of S3Output and FeatureStoreOutput.

    Source: model documentation of ProcessingOutput.
    """
    for index, output in outputs(request):
        if ("S3Output" in output) == ("FeatureStoreOutput" in output):
            yield from exactly_one(output, ("S3Output", "FeatureStoreOutput"), f"{OUTPUTS}[{index}]")


def feature_store_output_is_app_managed(request: Fields) -> Iterator[Problem]:
    """FeatureStoreOutput needs AppManaged to be true.

    Source: model documentation of ProcessingOutput$FeatureStoreOutput.
    """
    for index, output in outputs(request):
        if "FeatureStoreOutput" in output and output.get("AppManaged") is not True:
            message = "FeatureStoreOutput is only supported for outputs with AppManaged: true."
            yield Problem(f"{OUTPUTS}[{index}].FeatureStoreOutput", Code.REQUIRES, message)


def output_names_differ(request: Fields) -> Iterable[Problem]:
    """Two outputs of a job have different names.

    Source: API reference of ProcessingOutput ("The name for the processing job output").
    """
    names = {index: output.get("OutputName") for index, output in outputs(request)}
    return unique(names, f"{OUTPUTS}[{{}}].OutputName", "output name")


def type_or_preferences(request: Fields) -> Iterator[Problem]:
    """The cluster is of one InstanceType or of InstancePreferences, and of one of them.

    Source: model documentation of ProcessingClusterConfig$InstancePreferences; the API reference from before
    preferences, where InstanceType was required.
    """
    config = fields(request.get("ProcessingResources")).get("ClusterConfig")
    if not isinstance(config, dict):
        return
    if config.get("InstancePreferences") and "InstanceType" in config:
        message = "InstanceType and InstancePreferences exclude each other. Remove one of them."
        yield Problem(f"{CLUSTER}.InstanceType", Code.EXCLUSIVE, message)
    if "InstancePreferences" not in config and "InstanceType" not in config:
        message = "A processing job needs InstanceType, or InstancePreferences."
        yield Problem(f"{CLUSTER}.InstanceType", Code.MISSING, message)


def preferences_name_a_type_once(request: Fields) -> Iterable[Problem]:
    """An instance type stands once in InstancePreferences.

    Source: model documentation of ProcessingInstancePreference$InstanceType.
    """
    return preferred_types_once(cluster(request), CLUSTER)


def preferences_count_in_one_place(request: Fields) -> Iterable[Problem]:
    """InstanceCount stands in every preference or in ClusterConfig, not in both, and not in some.

    Source: model documentation of ProcessingInstancePreference$InstanceCount.
    """
    return preferred_counts(cluster(request), CLUSTER)


RULES: RuleTable = {
    "AppSpecification": (processing_image_is_in_ecr, command_has_no_empty_strings),
    "ProcessingInputs": (
        input_has_one_source,
        dataset_has_one_engine,
        managed_input_needs_a_local_path,
        s3_input_is_below_opt_ml_processing,
        gzip_needs_pipe,
        input_names_and_paths_differ,
    ),
    "ProcessingOutputConfig": (
        output_has_one_destination,
        feature_store_output_is_app_managed,
        output_names_differ,
    ),
    "ProcessingResources.ClusterConfig": (type_or_preferences,),
    "ProcessingResources.ClusterConfig.VolumeKmsKeyId": (cluster_key_needs_a_volume,),
    "ProcessingResources.ClusterConfig.InstancePreferences": (
        preferences_name_a_type_once,
        preferences_count_in_one_place,
    ),
    "Tags": (tag_keys_are_free_and_differ,),
}
