"""Amazon Bedrock batch inference."""

from jobchute.job import Api
from jobchute.providers.spec import (
    DAY,
    ApiSpec,
    Capacity,
    EventSource,
    Grant,
    Iam,
    JobName,
    Locality,
    Members,
    PoolDefaults,
    Records,
    RunTime,
    Tags,
)

HERE = "arn:{partition}:bedrock:{region}:{account}"
JOBS = f"{HERE}:model-invocation-job/*"

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
    members=Members(
        roles=("roleArn",),
        inputs=("inputDataConfig.s3InputDataConfig.s3Uri",),
        outputs=("outputDataConfig.s3OutputDataConfig.s3Uri",),
        models=("modelId",),
        vpc=("vpcConfig",),
        subnets=("vpcConfig.subnetIds[]",),
        security_groups=("vpcConfig.securityGroupIds[]",),
    ),
    locality=Locality(role="roleArn"),
    tags=Tags(member="tags", max_count=200),
    capacity=Capacity(
        members=("modelId",),
        # The characters of modelId in the request model, and `*`.
        pattern="[A-Za-z0-9:/._*-]+",
        rule="a model is an id or an ARN",
        example="anthropic.claude-v2",
    ),
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
    iam=Iam(
        passed_to="bedrock.amazonaws.com",
        # IAM asks about the job's model too: models and profiles of every kind.
        create=Grant(
            ("bedrock:CreateModelInvocationJob",),
            (
                JOBS,
                "arn:{partition}:bedrock:*::foundation-model/*",
                f"{HERE}:custom-model/*",
                f"{HERE}:inference-profile/*",
                f"{HERE}:application-inference-profile/*",
            ),
        ),
        tag=Grant(("bedrock:TagResource",), (JOBS,)),
        read=Grant(("bedrock:GetModelInvocationJob",), (JOBS,)),
        find=(Grant(("bedrock:ListModelInvocationJobs",)),),
        list=Grant(("bedrock:ListModelInvocationJobs",)),
        cancel=Grant(("bedrock:StopModelInvocationJob",), (JOBS,)),
    ),
    events=EventSource(
        source="aws.bedrock",
        detail_type="Batch Inference Job State Change",
        arn_field="batchJobArn",
        status_field="status",
        unheard=("Submitted", "Validating", "Scheduled", "Stopping"),
    ),
)
