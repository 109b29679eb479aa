"""The request of Fireworks' CreateBatchInferenceJob, which has no published machine model to generate from.

Written by hand from the types in fireworks-ai 1.2.30, the protocol buffer descriptors in 0.19.20 and the API
reference (docs.fireworks.ai/api-reference/create-batch-inference-job). batchInferenceJobId is a parameter of
the call's query and stands among the members here, as it names the job. Its characters are not documented;
these are safe. The rules across the members are in `rules`.
"""

from typing import Annotated, Literal, NotRequired

from pydantic import Field, with_config
from typing_extensions import TypedDict

from jobchute.validation.strict import STRICT

JobId = Annotated[str, Field(max_length=63, pattern=r"^(?:[A-Za-z](?:[A-Za-z0-9-]*[A-Za-z0-9])?)$")]
Model = Annotated[str, Field(pattern=r"^(?:accounts/[A-Za-z0-9._-]+/models/[A-Za-z0-9._-]+)$")]
DatasetId = Annotated[str, Field(pattern=r"^(?:(?:accounts/[A-Za-z0-9._-]+/datasets/)?[A-Za-z0-9._-]+)$")]
JobName = Annotated[str, Field(pattern=r"^(?:accounts/[A-Za-z0-9._-]+/batchInferenceJobs/[A-Za-z0-9._-]+)$")]
Int32 = Annotated[int, Field(ge=0, le=2**31 - 1)]
NotNegative = Annotated[float, Field(ge=0)]
Precision = Literal[
    "PRECISION_UNSPECIFIED",
    "FP16",
    "FP8",
    "FP8_MM",
    "FP8_AR",
    "FP8_MM_KV_ATTN",
    "FP8_KV",
    "FP8_MM_V2",
    "FP8_V2",
    "FP8_MM_KV_ATTN_V2",
    "NF4",
    "FP4",
    "BF16",
    "FP4_BLOCKSCALED_MM",
    "FP4_MX_MOE",
]


@with_config(STRICT)
class InferenceParameters(TypedDict):
    maxTokens: NotRequired[Int32]
    temperature: NotRequired[NotNegative]
    topP: NotRequired[NotNegative]
    n: NotRequired[Int32]
    extraBody: NotRequired[str]
    topK: NotRequired[Int32]


@with_config(STRICT)
class BatchInferenceJob(TypedDict):
    batchInferenceJobId: NotRequired[JobId]
    displayName: NotRequired[str]
    model: NotRequired[Model]
    inputDatasetId: NotRequired[DatasetId]
    outputDatasetId: NotRequired[DatasetId]
    inferenceParameters: NotRequired[InferenceParameters]
    precision: NotRequired[Precision]
    continuedFromJobName: NotRequired[JobName]


REQUEST = BatchInferenceJob
READ_ONLY = frozenset(
    f"BatchInferenceJob.{name}"
    for name in ("name", "createTime", "createdBy", "state", "status", "updateTime", "jobProgress")
)
SENSITIVE = frozenset(("InferenceParameters.extraBody",))
UNIONS = frozenset[str]()

OTHER_BATCH_API = (
    "It belongs to fireworks:CreateBatchJob, which runs a program of yours on a node pool. "
    "fireworks:CreateBatchInferenceJob runs the prompts of a data set through a model: name them in "
    "inputDatasetId and model."
)
ELSEWHERE = dict.fromkeys(
    ("nodePoolId", "numRanks", "imageRef", "pythonExecutor", "notebookExecutor", "shellExecutor"),
    OTHER_BATCH_API,
)
