"""SageMaker batch transform jobs."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.sagemaker.adapter import STATES
from jobchute.validation.codes import Code
from tests.apis.values import HOUR, ApiValues, Natives, Tagging

RESOURCES = {"InstanceType": "ml.m5.large", "InstanceCount": 1}
SOURCE = "TransformInput/DataSource/S3DataSource"
KEY = "1234abcd-12ab-34cd-56ef-1234567890ab"


def _repair(request: dict[str, Any]) -> None:
    """MultiRecord comes with a split; S3DataType lists a value that is not for batch transform."""
    source = request.get("TransformInput")
    if not isinstance(source, dict):
        return
    if request.get("BatchStrategy") == "MultiRecord":
        source["SplitType"] = "Line"
    data = (source.get("DataSource") or {}).get("S3DataSource") or {}
    if data.get("S3DataType") == "AugmentedManifestFile":
        data["S3DataType"] = "ManifestFile"


VALUES = ApiValues(
    api=Api.TRANSFORM_JOB,
    body={
        "ModelName": "sample-model",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://bucket/in/"}}
        },
        "TransformOutput": {"S3OutputPath": "s3://bucket/out"},
        "TransformResources": RESOURCES,
    },
    numbered=lambda number: {"TransformOutput": {"S3OutputPath": f"s3://bucket/out/{number}"}},
    free="Environment.x",
    secret=lambda text: {"Environment": {"API_TOKEN": f"{text}-env"}},
    guarded_members=6,
    natives=Natives(
        begin=("InProgress",),
        good="Completed",
        bad="Failed",
        stopping="Stopping",
        stopped="Stopped",
        reason="AlgorithmError: see job logs",
    ),
    tagging=Tagging("Tags", keys=("Key", "Value")),
    # It has no time limit of its own.
    time_limit=({}, 5 * 24 * HOUR),
    provider_id="arn:aws:sagemaker:us-east-1:123456789012:transform-job/{name}",
    states=STATES,
    states_of_others=frozenset({"Deleting", "DeleteFailed"}),
    status_enum=("sagemaker", "TransformJobStatus"),
    logs="/aws/sagemaker/TransformJobs:churn/",
    names_are_unique=True,
    tells_waiting=False,
    tells_time_outs=False,
    repair=_repair,
    harmless=(
        "MaxConcurrentTransforms",
        "MaxPayloadInMB",
        "BatchStrategy",
        "ModelClientConfig.*",
        "TransformInput.SplitType",
        "TransformOutput.Accept",
        "TransformOutput.AssembleWith",
        "DataCaptureConfig.GenerateInferenceId",
        "DataProcessing.*",
        "TransformResources.TransformAmiVersion",
    ),
    refused=(
        ("payload_is_at_most_100_mb", {"MaxPayloadInMB": 101}, "request.MaxPayloadInMB", Code.TOO_LARGE),
        (
            "concurrent_payloads_fit_100_mb",
            {"MaxConcurrentTransforms": 17, "MaxPayloadInMB": 6},
            "request.MaxConcurrentTransforms",
            Code.TOO_LARGE,
        ),
        ("many_records_need_a_split", {"BatchStrategy": "MultiRecord"}, "request.BatchStrategy", Code.REQUIRES),
        (
            "many_records_need_a_split",
            {"BatchStrategy": "MultiRecord", "TransformInput/SplitType": "None"},
            "request.BatchStrategy",
            Code.REQUIRES,
        ),
        (
            "input_is_no_augmented_manifest",
            {f"{SOURCE}/S3DataType": "AugmentedManifestFile"},
            "request.TransformInput.DataSource.S3DataSource.S3DataType",
            Code.NOT_ALLOWED_VALUE,
        ),
        (
            "at_most_100_instances",
            {"TransformResources/InstanceCount": 101},
            "request.TransformResources.InstanceCount",
            Code.TOO_LARGE,
        ),
        (
            "transform_key_needs_a_volume",
            {"TransformResources/InstanceType": "ml.g5.xlarge", "TransformResources/VolumeKmsKeyId": KEY},
            "request.TransformResources.VolumeKmsKeyId",
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
        ("payload_is_at_most_100_mb", {"MaxPayloadInMB": 100}),
        ("payload_is_at_most_100_mb", {"MaxPayloadInMB": 0}),
        ("concurrent_payloads_fit_100_mb", {"MaxConcurrentTransforms": 16, "MaxPayloadInMB": 6}),
        ("concurrent_payloads_fit_100_mb", {"MaxConcurrentTransforms": 200, "MaxPayloadInMB": 0}),
        ("many_records_need_a_split", {"BatchStrategy": "SingleRecord"}),
        ("many_records_need_a_split", {"BatchStrategy": "MultiRecord", "TransformInput/SplitType": "RecordIO"}),
        ("input_is_no_augmented_manifest", {f"{SOURCE}/S3DataType": "ManifestFile"}),
        ("at_most_100_instances", {"TransformResources/InstanceCount": 100}),
        ("transform_key_needs_a_volume", {"TransformResources/VolumeKmsKeyId": KEY}),
        ("tag_keys_are_free_and_differ", {"Tags": [{"Key": "jobchute:simulate", "Value": "fail"}]}),
    ),
)
