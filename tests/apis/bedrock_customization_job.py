"""Bedrock model customization."""

from typing import Any

from jobchute.job import Api
from jobchute.providers.bedrock.customization_job.adapter import STATES
from jobchute.validation.codes import Code
from tests.apis.values import HOUR, REMOVED, ApiValues, Natives, Tagging

TRAINING = "trainingDataConfig/s3Uri"
LOGS = {"invocationLogSource": {"s3Uri": "s3://bucket/logs/"}}
FROM_LOGS = {TRAINING: REMOVED, "trainingDataConfig/invocationLogsConfig": LOGS}
TEACHER = {"teacherModelConfig": {"teacherModelIdentifier": "meta.llama3-1-70b-instruct-v1:0"}}
AT = "request.trainingDataConfig"
MODEL_MAX_TAGS = 200
TAG = {"key": "team", "value": "growth"}


def _repair(request: dict[str, Any]) -> None:
    """Data or logs, a kind with its configuration, and of the 200 tags that the model takes, 50."""
    training = request.get("trainingDataConfig")
    if isinstance(training, dict) and "invocationLogsConfig" in training:
        training.pop("s3Uri", None)
    if request.get("customizationType") == "DISTILLATION":
        request["customizationConfig"] = {"distillationConfig": TEACHER}
    if request.get("customizationType") == "REINFORCEMENT_FINE_TUNING":
        request["customizationConfig"] = {"rftConfig": {}}
    for tags in (request.get("jobTags"), request.get("customModelTags")):
        if isinstance(tags, list) and len(tags) == MODEL_MAX_TAGS:
            del tags[50:]


VALUES = ApiValues(
    api=Api.CUSTOMIZATION_JOB,
    body={
        "roleArn": "arn:aws:iam::123456789012:role/Jobs",
        "baseModelIdentifier": "amazon.nova-micro-v1:0:128k",
        "trainingDataConfig": {"s3Uri": "s3://bucket/train.jsonl"},
        "hyperParameters": {"epochCount": "2"},
    },
    numbered=lambda number: {"outputDataConfig": {"s3Uri": f"s3://bucket/out/{number}/"}},
    free="hyperParameters.x",
    secret=lambda text: {"hyperParameters": {"api_token": f"{text}-parameter"}},
    guarded_members=9,
    natives=Natives(
        begin=("InProgress", "InProgress/Training"),
        good="Completed",
        bad="Failed",
        stopping="Stopping",
        stopped="Stopped",
        reason="Unable to parse Amazon S3 file: train.jsonl. Data files must conform to JSONL format.",
    ),
    tagging=Tagging("jobTags", keys=("key", "value")),
    # It has no time limit of its own.
    time_limit=({}, 14 * 24 * HOUR),
    provider_id="arn:aws:bedrock:us-east-1:123456789012:model-customization-job/amazon.nova-micro-v1:0:128k/{number:012x}",
    states=STATES,
    status_enum=("bedrock", "ModelCustomizationJobStatus"),
    max_wait=12 * 24 * HOUR,
    others=("amazon.nova-lite-v1:0:300k", "amazon.nova-pro-v1:0:300k"),
    names_are_unique=True,
    tells_time_outs=False,
    repair=_repair,
    harmless=(
        "customModelName",
        "customizationType",
        "*requestMetadataFilters.*",
        "*usePromptResponse",
        "*maxResponseLengthForInference",
        "customizationConfig.rftConfig.hyperParameters.*",
    ),
    refused=(
        *(
            ("unions_have_one_member", {**FROM_LOGS, **changes}, f"{AT}.invocationLogsConfig.{path}", code)
            for changes, path, code in (
                (
                    {"trainingDataConfig/invocationLogsConfig/invocationLogSource": {}},
                    "invocationLogSource",
                    Code.NOT_ONE_OF,
                ),
                (
                    {
                        "trainingDataConfig/invocationLogsConfig/requestMetadataFilters": {
                            "equals": {"a": "b"},
                            "notEquals": {"c": "d"},
                        }
                    },
                    "requestMetadataFilters.notEquals",
                    Code.EXCLUSIVE,
                ),
            )
        ),
        ("unions_have_one_member", {"customizationConfig": {}}, "request.customizationConfig", Code.NOT_ONE_OF),
        (
            "unions_have_one_member",
            {"customizationConfig": {"rftConfig": {"graderConfig": {}}}},
            "request.customizationConfig.rftConfig.graderConfig",
            Code.NOT_ONE_OF,
        ),
        ("data_or_logs", {TRAINING: REMOVED}, AT, Code.NOT_ONE_OF),
        (
            "data_or_logs",
            {"trainingDataConfig/invocationLogsConfig": LOGS},
            f"{AT}.invocationLogsConfig",
            Code.EXCLUSIVE,
        ),
        ("data_is_a_file", {TRAINING: "s3://bucket/training/"}, f"{AT}.s3Uri", Code.PATTERN),
        ("data_is_a_file", {TRAINING: "s3://bucket"}, f"{AT}.s3Uri", Code.PATTERN),
        (
            "data_is_a_file",
            {"validationDataConfig": {"validators": [{"s3Uri": "s3://bucket/validation/"}]}},
            "request.validationDataConfig.validators[0].s3Uri",
            Code.PATTERN,
        ),
        *(
            (
                "kind_has_its_configuration",
                {"customizationType": kind},
                f"request.customizationConfig.{name}",
                Code.REQUIRES,
            )
            for kind, name in (
                ("DISTILLATION", "distillationConfig"),
                ("REINFORCEMENT_FINE_TUNING", "rftConfig"),
            )
        ),
        (
            "kind_has_its_configuration",
            {"customizationType": "DISTILLATION", "customizationConfig": {"rftConfig": {}}},
            "request.customizationConfig.distillationConfig",
            Code.REQUIRES,
        ),
        (
            "tag_keys_are_free_and_differ",
            {"jobTags": [{"key": "aws:team", "value": "v"}]},
            "request.jobTags[0].key",
            Code.RESERVED,
        ),
        (
            "tag_keys_are_free_and_differ",
            {"customModelTags": [TAG, TAG]},
            "request.customModelTags[1].key",
            Code.DUPLICATE,
        ),
        *(
            (
                "lists_have_50_tags",
                {name: [{"key": f"k{number}", "value": "v"} for number in range(51)]},
                f"request.{name}",
                Code.TOO_MANY,
            )
            for name in ("jobTags", "customModelTags")
        ),
    ),
    accepted=(
        ("unions_have_one_member", FROM_LOGS),
        (
            "unions_have_one_member",
            {
                **FROM_LOGS,
                "trainingDataConfig/invocationLogsConfig/requestMetadataFilters": {
                    "andAll": [{"equals": {"a": "b"}}, {"notEquals": {"c": "d"}}]
                },
            },
        ),
        ("data_or_logs", FROM_LOGS),
        ("data_is_a_file", {TRAINING: "s3://bucket/folder/train.jsonl"}),
        (
            "kind_has_its_configuration",
            {"customizationType": "DISTILLATION", "customizationConfig": {"distillationConfig": TEACHER}},
        ),
        (
            "kind_has_its_configuration",
            {"customizationType": "REINFORCEMENT_FINE_TUNING", "customizationConfig": {"rftConfig": {}}},
        ),
        ("kind_has_its_configuration", {"customizationType": "FINE_TUNING"}),
        ("tag_keys_are_free_and_differ", {"jobTags": [TAG], "customModelTags": [TAG]}),
        (
            "lists_have_50_tags",
            {"customModelTags": [{"key": f"k{number}", "value": "v"} for number in range(50)]},
        ),
    ),
)
