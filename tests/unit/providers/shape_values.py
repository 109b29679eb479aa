"""Values that botocore's shapes allow: the least of a kind, and whole documents of them."""

import copy
import re
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, Shape, StringShape, StructureShape

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from tests.apis import VALUES

FILLED_IN = {
    member for spec in SPECS.values() for member in (spec.name.member, *spec.also_named, spec.token) if member
}
# What a text is made of: by pattern, a beginning, a character to repeat, and an end.
TEXTS: dict[str, tuple[str, str, str]] = {
    "": ("", "a", ""),
    r".*": ("", "a", ""),
    r".+": ("", "a", ""),
    r"[\s\S]+": ("", "a", ""),
    r"[\S\s]*": ("", "a", ""),
    r"[-0-9a-zA-Z]+": ("", "a", ""),
    r"[0-9]{12}": ("123456789012", "", ""),
    r"[A-Za-z0-9\.\-_]+": ("", "a", ""),
    r"[a-zA-Z0-9._-]+": ("", "a", ""),
    r"[a-zA-Z_][a-zA-Z0-9_]*": ("", "a", ""),
    r"[a-zA-Z0-9:/_-]*": ("", "a", ""),
    r"[a-zA-Z0-9\s._:/=+@-]*": ("", "a", ""),
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": ("", "ä", ""),
    r"(fs-[0-9a-f]{8,})": ("fs-01234567", "a", ""),
    r"(https|s3)://([^/]+)/?(.*)": ("s3://b/", "a", ""),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,50}": ("a", "-", "a"),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}": ("a", "-", "a"),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,119}": ("a", "-", "a"),
    r"[a-zA-Z0-9]([_-]*[a-zA-Z0-9]){0,63}": ("a", "-", "a"),
    r"[a-zA-Z0-9]{1,63}(-*[a-zA-Z0-9\+\-\.]){0,63}": ("a", ".", ""),
    r"[a-zA-Z0-9](-*[a-zA-Z0-9\+\-\.])*": ("a", ".", ""),
    r"[a-zA-Z0-9]{1,256}(-*[a-zA-Z0-9]){0,256}": ("a", "-", "a"),
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*": ("", "\U0001f600", ""),
}
PREFIXED_TEXTS = (
    ("arn:aws", "a", ":sagemaker:us-west-2:123456789012:algorithm/a"),
    ("", "0", "32K"),
    ("arn:aws:iam::123456789012:role/", "a", ""),
    ("s3://abc/", "a", ""),
    ("alias/", "a", ""),
    ("123456789012.dkr.ecr.us-west-2.amazonaws.com/a:", "a", ""),
    ("arn:aws:braket:us-west-2:123456789012:", "a", ""),
    ("arn:aws:lambda:us-west-2:123456789012:function:", "a", ""),
    ("arn:aws:sagemaker:us-west-2:123456789012:training-plan/", "a", ""),
    ("arn:aws:sagemaker:us-west-2:aws:hub-content/a", "-", "a/DataSet/a/1.0.0"),
    ("arn:aws:sagemaker:us-west-2:aws:hub-content/a", "-", "a/Model/a/1.0.0"),
    ("arn:aws:sagemaker:us-west-2:123456789012:mlflow-app/", "a", ""),
    ("arn:aws:sagemaker:us-west-2:123456789012:model-package-group/", "a", ""),
    ("arn:aws:sagemaker:us-west-2:123456789012:model-package/", "a", ""),
    ("", "a", ""),
    ("a.a", "a", ""),
)
# Of the patterns that Python cannot compile, one text each that Java would not match.
UNMATCHED = {
    r"([\p{L}\p{Z}\p{N}_.:/=+\-@]*)": "a\n",
    r"arn:[\p{Alnum}\-]+:lambda:[\p{Alnum}\-]+:[0-9]{12}:function:.*": "arn:a:lambda:ä:123456789012:function:",
    r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*": "a\x01",
}
# A key of a map. A broken text in one is told apart by its path alone, so this is used where values break.
KEY = "k0"
# Rules across fields that narrow what the model allows a text to be: by path, and by shape.
NARROWED = {"request.ProcessingInputs[0].S3Input.LocalPath": ("/opt/ml/processing/", "a", "")}
ECR_IMAGE = ("123456789012.dkr.ecr.us-west-2.amazonaws.com/a", "a", "")
NARROWED_SHAPES = {"AlgorithmImage": ECR_IMAGE, "ImageUri": ECR_IMAGE}


def input_shape(api: Api) -> StructureShape:
    service, operation = api.split(":")
    shape = botocore.session.Session().get_service_model(service).operation_model(operation).input_shape
    assert shape is not None
    return shape


def text_parts(pattern: str, path: str = "") -> tuple[str, str, str]:
    if path in NARROWED:
        return NARROWED[path]
    if pattern in TEXTS:
        return TEXTS[pattern]
    return next(parts for parts in PREFIXED_TEXTS if compiled(pattern).fullmatch("".join(parts)))


def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern.replace(r"\p{Alnum}", "a-zA-Z0-9"))


def text(shape: Shape, length: int | None = None, path: str = "") -> str:
    """A text that matches the shape's pattern, of this length where it is given."""
    narrowed = NARROWED_SHAPES.get(shape.name)
    head, filler, tail = narrowed or text_parts(shape.metadata.get("pattern", ""), path)
    least = len(head) + len(tail)
    if length is None:
        length = max(shape.metadata.get("min", 0), least + bool(filler))
    return (head + filler * max(length - least, 0) + tail) if length >= least else (head + tail)[:length]


def minimal(shape: Shape) -> Any:
    """The least value that the model and the rules across fields accept."""
    match shape:
        case StructureShape() if is_union(shape):
            name, member = next(iter(shape.members.items()))
            return {name: minimal(member)}
        case StructureShape():
            value = {
                name: minimal(member)
                for name, member in shape.members.items()
                if name in shape.required_members and name not in FILLED_IN
            }
            return value | completed(shape)
        case ListShape():
            return [minimal(shape.member)] if shape.metadata.get("min") else []
        case MapShape():
            return {KEY: minimal(shape.value)} if shape.metadata.get("min") else {}
        case StringShape() if shape.enum:
            return shape.enum[0]
        case StringShape():
            return text(shape)
    if shape.type_name == "boolean":
        return True
    if shape.type_name == "float":
        return shape.metadata.get("min", 1.0)
    return 100 if "ProfilingInterval" in shape.name else max(shape.metadata.get("min", 1), 1)


def is_union(shape: Shape) -> bool:
    """Whether a value has exactly one of the members."""
    return bool(getattr(shape, "is_tagged_union", False))


def completed(shape: StructureShape) -> dict[str, Any]:
    """What the rules across fields ask for beyond the model's required members."""
    members = shape.members
    wanted: dict[str, tuple[str, ...]] = {
        "CreateTrainingJobRequest": ("AlgorithmSpecification", "ResourceConfig", "StoppingCondition"),
        "ResourceConfig": ("InstanceType", "InstanceCount"),
        "InstancePreference": ("InstanceCount",),
        "ProcessingInstancePreference": ("InstanceCount",),
        "DatasetDefinition": ("AthenaDatasetDefinition", "LocalPath"),
        "ProcessingInput": ("S3Input",),
        "ProcessingOutput": ("S3Output",),
        "ProcessingClusterConfig": ("InstanceType",),
        "ModelInvocationJobInputDataConfig": ("s3InputDataConfig",),
        "ModelInvocationJobOutputDataConfig": ("s3OutputDataConfig",),
        "ExperimentalCapabilities": ("enabled",),
        "TrainingDataConfig": ("s3Uri",),
    }
    value = {name: minimal(members[name]) for name in wanted.get(shape.name, ())}
    if shape.name == "ProcessingS3Input":
        value["LocalPath"] = "/opt/ml/processing/a"
    if shape.name == "AlgorithmSpecification":
        name = "TrainingImage" if "TrainingImage" in members else "containerImage"
        value[name] = minimal(members[name])
    if shape.name == "DataSource" and "S3DataSource" in members:
        value["S3DataSource"] = minimal(members["S3DataSource"])
    return value


def repaired(document: Any) -> Any:
    """The document with what the rules across fields ask for, once a case has set one value."""
    if not isinstance(document, dict):
        return document
    document = copy.deepcopy(document)
    algorithm = fields(document.get("AlgorithmSpecification"))
    if "AlgorithmName" in algorithm:
        algorithm.pop("TrainingImage", None)
    resources = fields(document.get("ResourceConfig"))
    if resources.get("InstanceGroups"):
        resources.pop("InstanceType", None)
        resources.pop("InstanceCount", None)
    cluster = fields(fields(document.get("ProcessingResources")).get("ClusterConfig"))
    for config in (resources, cluster):
        if config.get("InstancePreferences"):
            config.pop("InstanceType", None)
            config.pop("InstanceCount", None)
    condition = fields(document.get("StoppingCondition"))
    if document.get("EnableManagedSpotTraining") is True and "StoppingCondition" in document:
        condition.setdefault("MaxWaitTimeInSeconds", 3600)
    if "MaxWaitTimeInSeconds" in condition:
        condition.pop("MaxRuntimeInSeconds", None)
        document["EnableManagedSpotTraining"] = True
    for channel in objects(document.get("InputDataConfig")):
        source = fields(channel.get("DataSource"))
        if "FileSystemDataSource" in source or "DatasetSource" in source:
            source.pop("S3DataSource", None)
        if fields(source.get("S3DataSource")).get("S3DataType") == "AugmentedManifestFile":
            channel["InputMode"] = "Pipe"
    for item in objects(document.get("ProcessingInputs")):
        if "DatasetDefinition" in item:
            item.pop("S3Input", None)
        definition = fields(item.get("DatasetDefinition"))
        if "RedshiftDatasetDefinition" in definition:
            definition.pop("AthenaDatasetDefinition", None)
        source = fields(item.get("S3Input"))
        if source.get("S3CompressionType") == "Gzip":
            source["S3InputMode"] = "Pipe"
    for output in objects(fields(document.get("ProcessingOutputConfig")).get("Outputs")):
        if "FeatureStoreOutput" in output:
            output.pop("S3Output", None)
            output["AppManaged"] = True
    serverless = fields(document.get("ServerlessJobConfig"))
    if serverless.get("JobType") == "Evaluation":
        serverless["EvaluationType"] = "LLMAJEvaluation"
    for values in VALUES.values():
        if values.repair is not None:
            values.repair(document)
    return document


def fields(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def objects(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def enum_of(shape: Shape) -> list[str]:
    return shape.enum if isinstance(shape, StringShape) else []


def many(shape: ListShape, count: int) -> list[Any]:
    """A list of this many items that differ where they must."""
    items = [copy.deepcopy(minimal(shape.member)) for _ in range(count)]
    if not isinstance(shape.member, StructureShape):
        return items
    for index, item in enumerate(items):
        for name, member in shape.member.members.items():
            if name.endswith(("Name", "Key")) or name in ("key", "channelName"):
                item[name] = f"n{index}"
            if name == "InstanceType" and shape.name.endswith("PreferenceList"):
                item[name] = enum_of(member)[index]
        if "S3Input" in item:
            item["S3Input"]["LocalPath"] = f"/opt/ml/processing/{index}"
    return items
