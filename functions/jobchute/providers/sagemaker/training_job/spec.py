"""Amazon SageMaker training jobs."""

from jobchute.job import Api
from jobchute.providers.spec import (
    DAY,
    ApiSpec,
    Capacity,
    ConditionKeys,
    EventSource,
    Grant,
    Iam,
    JobName,
    Locality,
    Members,
    PoolDefaults,
    RunTime,
    Tags,
)

HERE = "arn:{partition}:sagemaker:{region}:{account}"
JOBS = f"{HERE}:training-job/*"

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
            "ResourceConfig.InstanceType",
            "ResourceConfig.InstanceGroups[].InstanceType",
            "ResourceConfig.InstancePreferences[].InstanceType",
            "DebugRuleConfigurations[].InstanceType",
            "ProfilerRuleConfigurations[].InstanceType",
        ),
        counts=("ResourceConfig.InstanceCount", "ResourceConfig.InstancePreferences[].InstanceCount"),
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
        volumes=(
            "ResourceConfig.VolumeSizeInGB",
            "DebugRuleConfigurations[].VolumeSizeInGB",
            "ProfilerRuleConfigurations[].VolumeSizeInGB",
        ),
        keep_alive=("ResourceConfig.KeepAlivePeriodInSeconds",),
        remote_debug="RemoteDebugConfig.EnableRemoteDebug",
        serverless="ServerlessJobConfig",
    ),
    locality=Locality(
        role="RoleArn",
        image="AlgorithmSpecification.TrainingImage",
        image_access="AlgorithmSpecification.TrainingImageConfig.TrainingRepositoryAccessMode",
    ),
    tags=Tags(member="Tags", max_count=50),
    capacity=Capacity(
        members=(
            "ResourceConfig.InstanceType",
            "ResourceConfig.InstanceGroups[].InstanceType",
            "ResourceConfig.InstancePreferences[].InstanceType",
        ),
        listed="TrainingInstanceType",
    ),
    # Create calls 1/s. Instance quotas differ by account: their errors shrink a pool for a while.
    pool=PoolDefaults(rate=1, in_flight_each=20),
    console="sagemaker/home?region={region}#/jobs/{name}",
    log_group="/aws/sagemaker/TrainingJobs",
    quota="{capacity} for training job usage",
    log_streams="{name}/",
    iam=Iam(
        passed_to="sagemaker.amazonaws.com",
        create=Grant(("sagemaker:CreateTrainingJob",), (JOBS,)),
        conditions=ConditionKeys(
            instance_types="sagemaker:InstanceTypes",
            subnets="sagemaker:VpcSubnets",
            security_groups="sagemaker:VpcSecurityGroupIds",
            longest_run_seconds="sagemaker:MaxRuntimeInSeconds",
            max_keep_alive_seconds="sagemaker:KeepAlivePeriod",
            remote_debug="sagemaker:EnableRemoteDebug",
        ),
        # Without conditions: the reference lists no condition keys for a training plan, so a statement with one
        # might never match. The conditions on the job itself still hold, since IAM has to allow a call on each
        # of its resources. Source: service authorization reference, Amazon SageMaker; SageMaker developer
        # guide, "IAM for SageMaker training plans".
        create_on=Grant(("sagemaker:CreateTrainingJob",), (f"{HERE}:training-plan/*",)),
        tag=Grant(("sagemaker:AddTags",), (JOBS,)),
        read=Grant(("sagemaker:DescribeTrainingJob",), (JOBS,)),
        find=(Grant(("sagemaker:DescribeTrainingJob", "sagemaker:ListTags"), (JOBS,)),),
        list=Grant(("sagemaker:ListTrainingJobs",)),
        cancel=Grant(("sagemaker:StopTrainingJob",), (JOBS,)),
    ),
    events=EventSource(
        source="aws.sagemaker",
        detail_type="SageMaker Training Job State Change",
        arn_field="TrainingJobArn",
        status_field="SecondaryStatus",
        unheard=("Starting", "Pending", "Downloading", "Uploading", "Stopping"),
    ),
)
