"""Amazon SageMaker processing jobs."""

from jobchute.job import Api
from jobchute.providers.sagemaker import CONDITIONS, TAGS, events_of, iam_of
from jobchute.providers.spec import DAY, ApiSpec, Capacity, JobName, Locality, Members, PoolDefaults, RunTime

SPEC = ApiSpec(
    api=Api.PROCESSING_JOB,
    service="sagemaker",
    documentation="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateProcessingJob.html",
    noun="processing",
    name=JobName(member="ProcessingJobName", max_length=63),
    # Without a limit, a job is stopped after one day (StoppingCondition).
    run_time=RunTime(path="StoppingCondition.MaxRuntimeInSeconds", default=DAY),
    members=Members(
        roles=("RoleArn", "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.ClusterRoleArn"),
        inputs=("ProcessingInputs[].S3Input.S3Uri",),
        outputs=(
            "ProcessingOutputConfig.Outputs[].S3Output.S3Uri",
            "ProcessingInputs[].DatasetDefinition.AthenaDatasetDefinition.OutputS3Uri",
            "ProcessingInputs[].DatasetDefinition.RedshiftDatasetDefinition.OutputS3Uri",
        ),
        instance_types=(
            "ProcessingResources.ClusterConfig.InstanceType",
            "ProcessingResources.ClusterConfig.InstancePreferences[].InstanceType",
        ),
        counts=(
            "ProcessingResources.ClusterConfig.InstanceCount",
            "ProcessingResources.ClusterConfig.InstancePreferences[].InstanceCount",
        ),
        images=("AppSpecification.ImageUri",),
        destinations=("ProcessingOutputConfig.Outputs[].FeatureStoreOutput.FeatureGroupName",),
        vpc=("NetworkConfig.VpcConfig",),
        subnets=("NetworkConfig.VpcConfig.Subnets[]",),
        security_groups=("NetworkConfig.VpcConfig.SecurityGroupIds[]",),
        sizes={"max_volume_gb": ("ProcessingResources.ClusterConfig.VolumeSizeInGB",)},
    ),
    locality=Locality(role="RoleArn", image="AppSpecification.ImageUri"),
    tags=TAGS,
    capacity=Capacity(
        members=(
            "ProcessingResources.ClusterConfig.InstanceType",
            "ProcessingResources.ClusterConfig.InstancePreferences[].InstanceType",
        ),
        listed="ProcessingInstanceType",
    ),
    # Create calls 1/s. Instance quotas differ by account: their errors shrink a pool for a while.
    pool=PoolDefaults(rate=1, in_flight_each=20),
    console="sagemaker/home?region={region}#/processing-jobs/{name}",
    log_group="/aws/sagemaker/ProcessingJobs",
    quota="{capacity} for processing job usage",
    log_streams="{name}/",
    iam=iam_of(
        Api.PROCESSING_JOB,
        CONDITIONS._replace(longest_run_seconds="sagemaker:MaxRuntimeInSeconds"),
    ),
    events=events_of(Api.PROCESSING_JOB, "Processing"),
)
