"""Amazon Bedrock model customization."""

from jobchute.job import Api
from jobchute.providers import bedrock
from jobchute.providers.spec import DAY, ApiSpec, JobName, Locality, PoolDefaults, RunTime, Tags

SPEC = ApiSpec(
    api=Api.CUSTOMIZATION_JOB,
    service="bedrock",
    documentation="https://docs.aws.amazon.com/bedrock/latest/APIReference/API_CreateModelCustomizationJob.html",
    noun="customization",
    name=JobName(member="jobName", max_length=63),
    also_named=("customModelName",),
    token="clientRequestToken",
    # The API has no time limit; Jobchute gives it two weeks, as a stopped job leaves no model.
    run_time=RunTime(path=None, default=14 * DAY),
    members=bedrock.members_of(
        inputs=(
            "trainingDataConfig.s3Uri",
            "trainingDataConfig.invocationLogsConfig.invocationLogSource.s3Uri",
            "validationDataConfig.validators[].s3Uri",
        ),
        outputs=("outputDataConfig.s3Uri",),
        models=(
            "baseModelIdentifier",
            "customizationConfig.distillationConfig.teacherModelConfig.teacherModelIdentifier",
        ),
    ),
    locality=Locality(role="roleArn"),
    # "50 tags per resource" (TooManyTagsException); the model says 200.
    tags=Tags(member="jobTags", max_count=50),
    capacity=bedrock.models_at("baseModelIdentifier", example="amazon.nova-micro-v1:0:128k"),
    # "Scheduled customization jobs" is 10, of all models together; no rate is documented.
    pool=PoolDefaults(rate=1, in_flight=10),
    quota=r"\(Model customization\) Scheduled customization jobs",
    console="bedrock/home?region={region}#/custom-models",
    no_logs="Amazon Bedrock writes no logs of customization jobs; the losses of each step are in the output",
    iam=bedrock.iam_of(
        "ModelCustomizationJob",
        "model-customization-job",
        models=(bedrock.FOUNDATION_MODELS, bedrock.CUSTOM_MODELS),
        tagged=(bedrock.CUSTOM_MODELS,),
        find=("GetModelCustomizationJob", "ListTagsForResource"),
    ),
    # InProgress is told when the job is made; that its first step runs, its list tells.
    events=bedrock.events_of(
        "Model Customization Job State Change", "jobArn", "jobStatus", unheard=("InProgress", "Stopping")
    ),
)
