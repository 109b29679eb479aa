"""Amazon SageMaker hyperparameter tuning jobs, which run training jobs of their own."""

from jobchute.job import Api
from jobchute.providers.sagemaker import CONDITIONS, TAGS, TRAINING_COUNTS, TRAINING_TYPES, events_of, iam_of
from jobchute.providers.spec import DAY, ApiSpec, Capacity, JobName, Locality, Members, PoolDefaults, RunTime

LIMITS = "HyperParameterTuningJobConfig.ResourceLimits"
INSTANCES = "HyperParameterTuningResourceConfig"
CONFIGS = f"{INSTANCES}.InstanceConfigs[]"


def _each(*members: str) -> tuple[str, ...]:
    """Of the one definition of training jobs, and of each of several: a request has one or the other."""
    places = ("TrainingJobDefinition", "TrainingJobDefinitions[]")
    return tuple(f"{each}.{name}" for each in places for name in members)


TYPES = _each(*TRAINING_TYPES, f"{INSTANCES}.InstanceType", f"{CONFIGS}.InstanceType")
COUNTS = _each(*TRAINING_COUNTS, f"{INSTANCES}.InstanceCount", f"{CONFIGS}.InstanceCount")
VOLUMES = _each(*(f"{each}.VolumeSizeInGB" for each in ("ResourceConfig", INSTANCES, CONFIGS)))
KEPT = _each("ResourceConfig.KeepAlivePeriodInSeconds")

SPEC = ApiSpec(
    api=Api.TUNING_JOB,
    service="sagemaker",
    documentation="https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateHyperParameterTuningJob.html",
    noun="tuning",
    name=JobName(member="HyperParameterTuningJobName", max_length=32),
    # "Maximum run time for a hyperparameter tuning job: 30 days" (SageMaker developer guide, resource limits).
    run_time=RunTime(path=f"{LIMITS}.MaxRuntimeInSeconds", default=30 * DAY),
    members=Members(
        roles=_each("RoleArn"),
        inputs=_each("InputDataConfig[].DataSource.S3DataSource.S3Uri", "CheckpointConfig.S3Uri"),
        outputs=_each("OutputDataConfig.S3OutputPath", "CheckpointConfig.S3Uri"),
        instance_types=TYPES,
        counts=COUNTS,
        groups=dict.fromkeys(_each("ResourceConfig.InstanceGroups"), "InstanceCount"),
        parallel=f"{LIMITS}.MaxParallelTrainingJobs",
        images=_each("AlgorithmSpecification.TrainingImage", "AlgorithmSpecification.AlgorithmName"),
        models=_each("InputDataConfig[].DataSource.S3DataSource.HubAccessConfig.HubContentArn"),
        vpc=_each("VpcConfig"),
        subnets=_each("VpcConfig.Subnets[]"),
        security_groups=_each("VpcConfig.SecurityGroupIds[]"),
        sizes={"max_volume_gb": VOLUMES, "max_keep_alive_seconds": KEPT},
    ),
    locality=Locality(
        role="TrainingJobDefinition.RoleArn",
        image="TrainingJobDefinition.AlgorithmSpecification.TrainingImage",
    ),
    tags=TAGS,
    capacity=Capacity(members=TYPES, listed="TrainingInstanceType"),
    # At most 100 tuning jobs at a time (same page). Create calls 1/s, as for training jobs; instance quotas are
    # those of training jobs and differ by account: their errors shrink a pool for a while.
    pool=PoolDefaults(rate=1, in_flight=100, in_flight_each=20),
    quota="{capacity} for training job usage",
    console="sagemaker/home?region={region}#/hyper-tuning-jobs/{name}",
    # Its training jobs write logs: NAME-001-0123abcd and so on.
    log_group="/aws/sagemaker/TrainingJobs",
    log_streams="{name}-",
    # Not MaxRuntimeInSeconds: the reference does not say if it is that of the job or of its training jobs.
    iam=iam_of(Api.TUNING_JOB, CONDITIONS),
    # InProgress is told when the job is made; that its first training job runs, its list tells.
    events=events_of(
        Api.TUNING_JOB, "HyperParameter Tuning", unheard=("InProgress", "Deleting", "DeleteFailed")
    ),
)
