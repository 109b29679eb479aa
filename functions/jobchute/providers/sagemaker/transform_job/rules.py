"""Rules across the fields of sagemaker:CreateTransformJob."""

from collections.abc import Iterator

from jobchute.problems import Problem
from jobchute.providers.sagemaker.storage_rules import transform_key_needs_a_volume
from jobchute.providers.sagemaker.tag_rules import tag_keys_are_free_and_differ
from jobchute.validation.codes import Code
from jobchute.validation.rules import Fields, RuleTable, fields
from jobchute.validation.wording import shown

MAX_PAYLOAD_MB = 100
MAX_INSTANCES = 100


def payload_is_at_most_100_mb(request: Fields) -> Iterator[Problem]:
    """MaxPayloadInMB is at most 100.

    Source: model documentation of CreateTransformJobRequest$MaxPayloadInMB.
    """
    payload = request.get("MaxPayloadInMB")
    if isinstance(payload, int) and payload > MAX_PAYLOAD_MB:
        message = f"{shown(payload)} is more than {MAX_PAYLOAD_MB}, the largest payload in MB."
        yield Problem("request.MaxPayloadInMB", Code.TOO_LARGE, message)


def concurrent_payloads_fit_100_mb(request: Fields) -> Iterator[Problem]:
    """MaxConcurrentTransforms times MaxPayloadInMB is at most 100.

    Source: model documentation of CreateTransformJobRequest$MaxPayloadInMB.
    """
    transforms, payload = request.get("MaxConcurrentTransforms"), request.get("MaxPayloadInMB")
    if not isinstance(transforms, int) or not isinstance(payload, int):
        return
    if payload <= MAX_PAYLOAD_MB < transforms * payload:
        message = (
            f"{shown(transforms)} times MaxPayloadInMB, {shown(payload)}, is more than {MAX_PAYLOAD_MB} MB. "
            "Lower one of them."
        )
        yield Problem("request.MaxConcurrentTransforms", Code.TOO_LARGE, message)


def many_records_need_a_split(request: Fields) -> Iterator[Problem]:
    """BatchStrategy MultiRecord needs SplitType Line, RecordIO or TFRecord.

    Source: model documentation of CreateTransformJobRequest$BatchStrategy; aws/amazon-sagemaker-examples#402.
    SingleRecord passes without: AWS's samples send it for images, and do not split them.
    """
    split = fields(request.get("TransformInput")).get("SplitType", "None")
    if request.get("BatchStrategy") == "MultiRecord" and split == "None":
        message = (
            "MultiRecord puts several records into a payload, and needs TransformInput.SplitType to find them: "
            "set it to Line, RecordIO or TFRecord, or use SingleRecord."
        )
        yield Problem("request.BatchStrategy", Code.REQUIRES, message)


def input_is_no_augmented_manifest(request: Fields) -> Iterator[Problem]:
    """S3DataType is S3Prefix or ManifestFile.

    Source: model documentation of TransformS3DataSource$S3DataType ("not compatible: AugmentedManifestFile").
    """
    source = fields(fields(fields(request.get("TransformInput")).get("DataSource")).get("S3DataSource"))
    if source.get("S3DataType") == "AugmentedManifestFile":
        message = "A transform job cannot read an AugmentedManifestFile. Use S3Prefix or ManifestFile."
        path = "request.TransformInput.DataSource.S3DataSource.S3DataType"
        yield Problem(path, Code.NOT_ALLOWED_VALUE, message)


def at_most_100_instances(request: Fields) -> Iterator[Problem]:
    """InstanceCount is at most 100.

    Source: model documentation of TransformResources$InstanceCount.
    """
    count = fields(request.get("TransformResources")).get("InstanceCount")
    if isinstance(count, int) and count > MAX_INSTANCES:
        message = f"{shown(count)} is more than {MAX_INSTANCES}, the most instances of a transform job."
        yield Problem("request.TransformResources.InstanceCount", Code.TOO_LARGE, message)


RULES: RuleTable = {
    "MaxPayloadInMB": (payload_is_at_most_100_mb,),
    "MaxConcurrentTransforms": (concurrent_payloads_fit_100_mb,),
    "BatchStrategy": (many_records_need_a_split,),
    "TransformInput": (input_is_no_augmented_manifest,),
    "TransformResources": (at_most_100_instances,),
    "TransformResources.VolumeKmsKeyId": (transform_key_needs_a_volume,),
    "Tags": (tag_keys_are_free_and_differ,),
}
