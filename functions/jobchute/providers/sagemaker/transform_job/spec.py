"""Amazon SageMaker batch transform jobs."""

from jobchute.job import Api
from jobchute.providers.sagemaker import TAGS, events_of, iam_of
from jobchute.providers.spec import (
    DAY,
    ApiSpec,
    Capacity,
    ConditionKeys,
    JobName,
    Members,
    PoolDefaults,
    RunTime,
)

SPEC = ApiSpec(
    api=Api.TRANSFORM_JOB,
    service="sagemaker",
    documentation="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html",
    noun="transform",
    name=JobName(member="TransformJobName", max_length=63),
    # The API has no time limit, so the limit is Jobchute's.
    run_time=RunTime(path=None, default=5 * DAY),
    members=Members(
        # The job runs with the role of its model, and the request names no role.
        roles=(),
        inputs=("TransformInput.DataSource.S3DataSource.S3Uri",),
        outputs=("TransformOutput.S3OutputPath", "DataCaptureConfig.DestinationS3Uri"),
        instance_types=("TransformResources.InstanceType",),
        counts=("TransformResources.InstanceCount",),
        models=("ModelName",),
    ),
    closed=("models",),
    tags=TAGS,
    capacity=Capacity(members=("TransformResources.InstanceType",), listed="TransformInstanceType"),
    # Create calls 1/s. Instance quotas differ by account: their errors shrink a pool for a while.
    pool=PoolDefaults(rate=1, in_flight_each=20),
    quota="{capacity} for transform job usage",
    console="sagemaker/home?region={region}#/transform-jobs/{name}",
    log_group="/aws/sagemaker/TransformJobs",
    log_streams="{name}/",
    iam=iam_of(
        Api.TRANSFORM_JOB,
        ConditionKeys(instance_types="sagemaker:InstanceTypes", models="sagemaker:ModelArn"),
        passed_to="",
    ),
    events=events_of(Api.TRANSFORM_JOB, "Transform"),
)
