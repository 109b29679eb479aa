"""The request body of Fireworks' CreateBatchJob, which has no published machine model to generate from.

Written by hand from the protocol buffer descriptors in fireworks-ai 0.19.20 and the API reference
(docs.fireworks.ai/api-reference-dlde/create-batch-job). The rules across its fields are in
`rules_fireworks`.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from jobchute.validation.strict import STRICT

# Proto3 cannot tell an empty string from an absent one, so a required string is not empty.
RequiredText = Annotated[str, Field(min_length=1)]
DisplayName = Annotated[str, Field(max_length=63)]
Int32Count = Annotated[int, Field(ge=0, le=2**31 - 1)]
RoleArn = Annotated[str, Field(pattern=r"^(?:arn:aws[a-z\-]*:iam::[0-9]{12}:role/.+)$")]
# The proto has TARGET_TYPE_UNSPECIFIED too, which stands for "not given", and the member is required.
TargetType = Literal["MODULE", "FILENAME"]


@with_config(STRICT)
class PythonExecutor(TypedDict):
    targetType: TargetType
    target: RequiredText
    args: NotRequired[list[str]]


@with_config(STRICT)
class NotebookExecutor(TypedDict):
    notebookFilename: RequiredText


@with_config(STRICT)
class ShellExecutor(TypedDict):
    command: RequiredText


@with_config(STRICT)
class BatchJob(TypedDict):
    nodePoolId: RequiredText
    displayName: NotRequired[DisplayName]
    environmentId: NotRequired[str]
    snapshotId: NotRequired[str]
    imageRef: NotRequired[str]
    numRanks: NotRequired[Int32Count]
    envVars: NotRequired[dict[str, str]]
    role: NotRequired[RoleArn]
    pythonExecutor: NotRequired[PythonExecutor]
    notebookExecutor: NotRequired[NotebookExecutor]
    shellExecutor: NotRequired[ShellExecutor]
    annotations: NotRequired[dict[str, str]]
    shared: NotRequired[bool]


REQUEST = BatchJob
READ_ONLY = frozenset(
    f"BatchJob.{name}"
    for name in ("name", "createTime", "startTime", "endTime", "createdBy", "state", "status", "updateTime")
)
SENSITIVE = frozenset(("BatchJob.envVars", "PythonExecutor.args", "ShellExecutor.command"))
UNIONS = frozenset[str]()

OTHER_BATCH_API = (
    "It belongs to Fireworks' batchInferenceJobs (prompts from a data set, run through a model). "
    "fireworks:CreateBatchJob runs a program of yours on a node pool: name the pool in nodePoolId and the "
    "program in pythonExecutor, shellExecutor or notebookExecutor. "
    "For prompts, name fireworks:CreateBatchInferenceJob as the api."
)
ELSEWHERE = dict.fromkeys(
    (
        "model",
        "inputDatasetId",
        "outputDatasetId",
        "inferenceParameters",
        "systemPrompt",
        "precision",
        "jobProgress",
        "continuedFromJobName",
        "batchInferenceJobId",
    ),
    OTHER_BATCH_API,
)
