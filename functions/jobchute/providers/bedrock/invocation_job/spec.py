"""Amazon Bedrock batch inference."""

from jobchute.job import Api
from jobchute.providers import bedrock
from jobchute.providers.spec import (
    DAY,
    ApiSpec,
    JobName,
    Locality,
    PoolDefaults,
    Records,
    RunTime,
    Tags,
)

MANIFEST = "manifest.json.out"

SPEC = ApiSpec(
    api=Api.BEDROCK_JOB,
    service="bedrock",
    documentation="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelInvocationJob.html",
    noun="bedrock",
    name=JobName(member="jobName", max_length=63),
    token="clientRequestToken",
    # A job that gives none (24 to 168) is allowed the longest.
    run_time=RunTime(path="timeoutDurationInHours", default=7 * DAY, unit=3600),
    members=bedrock.members_of(
        inputs=("inputDataConfig.s3InputDataConfig.s3Uri",),
        outputs=("outputDataConfig.s3OutputDataConfig.s3Uri",),
        models=("modelId",),
    ),
    locality=Locality(role="roleArn"),
    tags=Tags(member="tags", max_count=200),
    capacity=bedrock.models_at("modelId", example="anthropic.claude-v2"),
    # "Sum of in-progress and submitted batch inference jobs" is 20 a model; no rate is documented.
    pool=PoolDefaults(rate=1, in_flight_each=20),
    # "Minimum number of records per batch inference job", "Records per input file per batch inference job" and
    # "Batch inference input file size" (Service Quotas); newer models take more records.
    records=Records(
        format="records",
        input="inputDataConfig.s3InputDataConfig.s3Uri",
        manifest=MANIFEST,
        min_count=100,
        max_count=50_000,
        max_bytes=1_000_000_000,
    ),
    usage_counts="usage_counts",
    console="bedrock/home?region={region}#/batch-inference",
    no_logs="Amazon Bedrock writes no logs of batch jobs; the errors of single records are in the output",
    iam=bedrock.iam_of(
        "ModelInvocationJob",
        "model-invocation-job",
        # Models and profiles of every kind.
        models=(
            bedrock.FOUNDATION_MODELS,
            bedrock.CUSTOM_MODELS,
            f"{bedrock.HERE}:inference-profile/*",
            f"{bedrock.HERE}:application-inference-profile/*",
        ),
    ),
    events=bedrock.events_of(
        "Batch Inference Job State Change",
        "batchJobArn",
        "status",
        unheard=("Submitted", "Validating", "Scheduled", "Stopping"),
    ),
)
