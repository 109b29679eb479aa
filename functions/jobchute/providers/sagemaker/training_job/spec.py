"""Amazon SageMaker training jobs."""

from jobchute.job import Api
from jobchute.providers.sagemaker import CONDITIONS, TAGS, TRAINING_COUNTS, TRAINING_TYPES, events_of, iam_of
from jobchute.providers.spec import DAY, ApiSpec, Capacity, JobName, Locality, Members, PoolDefaults, RunTime

SPEC = ApiSpec(
    api=Api.TRAINING_JOB,
    service="sagemaker",
    documentation="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTrainingJob.html",
    noun="training",
    name=JobName(member="TrainingJobName", max_length=63),
    # Without a limit, a job is stopped after one day (StoppingCondition).
    run_time=RunTime(path="StoppingCondition.MaxRuntimeInSeconds", default=DAY),
    members=Members(
        roles=("RoleArn",),
        inputs=("InputDataConfig[].DataSource.S3DataSource.S3Uri", "CheckpointConfig.S3Uri"),
        outputs=(
            "OutputDataConfig.S3OutputPath",
            "CheckpointConfig.S3Uri",
            "DebugHookConfig.S3OutputPath",
            "DebugRuleConfigurations[].S3OutputPath",
            "TensorBoardOutputConfig.S3OutputPath",
            "ProfilerConfig.S3OutputPath",
            "ProfilerRuleConfigurations[].S3OutputPath",
        ),
        instance_types=(
            *TRAINING_TYPES,
            "DebugRuleConfigurations[].InstanceType",
            "ProfilerRuleConfigurations[].InstanceType",
        ),
        counts=TRAINING_COUNTS,
        groups={"ResourceConfig.InstanceGroups": "InstanceCount"},
        images=(
            "AlgorithmSpecification.TrainingImage",
            "AlgorithmSpecification.AlgorithmName",
            "DebugRuleConfigurations[].RuleEvaluatorImage",
            "ProfilerRuleConfigurations[].RuleEvaluatorImage",
        ),
        models=(
            "InputDataConfig[].DataSource.S3DataSource.HubAccessConfig.HubContentArn",
            "ServerlessJobConfig.BaseModelArn",
            "ServerlessJobConfig.EvaluatorArn",
            "ModelPackageConfig.SourceModelPackageArn",
        ),
        destinations=("MlflowConfig.MlflowResourceArn", "ModelPackageConfig.ModelPackageGroupArn"),
        vpc=("VpcConfig",),
        subnets=("VpcConfig.Subnets[]",),
        security_groups=("VpcConfig.SecurityGroupIds[]",),
        sizes={
            "max_volume_gb": (
                "ResourceConfig.VolumeSizeInGB",
                "DebugRuleConfigurations[].VolumeSizeInGB",
                "ProfilerRuleConfigurations[].VolumeSizeInGB",
            ),
            "max_keep_alive_seconds": ("ResourceConfig.KeepAlivePeriodInSeconds",),
        },
        remote_debug="RemoteDebugConfig.EnableRemoteDebug",
        serverless="ServerlessJobConfig",
    ),
    locality=Locality(
        role="RoleArn",
        image="AlgorithmSpecification.TrainingImage",
        image_access="AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAccessMode",
    ),
    tags=TAGS,
    capacity=Capacity(members=TRAINING_TYPES, listed="TrainingInstanceType"),
    # Create calls 1/s. Instance quotas differ by account: their errors shrink a pool for a while.
    pool=PoolDefaults(rate=1, in_flight_each=20),
    console="sagemaker/home?region={region}#/jobs/{name}",
    log_group="/aws/sagemaker/TrainingJobs",
    quota="{capacity} for training job usage",
    log_streams="{name}/",
    iam=iam_of(
        Api.TRAINING_JOB,
        CONDITIONS._replace(
            longest_run_seconds="sagemaker:MaxRuntimeInSeconds",
            max_keep_alive_seconds="sagemaker:KeepAlivePeriod",
            remote_debug="sagemaker:EnableRemoteDebug",
        ),
        # Without conditions: the reference lists no condition keys for a training plan, so a statement with one
        # might never match. The conditions on the job itself still hold, since IAM has to allow a call on each
        # of its resources. Source: service authorization reference, Amazon SageMaker; SageMaker developer
        # guide, "IAM for SageMaker training plans".
        create_on="training-plan",
    ),
    events=events_of(
        Api.TRAINING_JOB,
        "Training",
        status="SecondaryStatus",
        unheard=("Starting", "Pending", "Downloading", "Uploading"),
    ),
)
