"""Amazon Braket hybrid jobs."""

from jobchute.job import Api
from jobchute.providers.braket import DEVICE_PATTERN, device_at, events_of, iam_of
from jobchute.providers.spec import DAY, ApiSpec, JobName, Locality, Members, PoolDefaults, RunTime, Tags

SPEC = ApiSpec(
    api=Api.BRAKET_JOB,
    service="braket",
    documentation="https://docs.aws.amazon.com/braket/latest/APIReference/API_CreateJob.html",
    noun="braket",
    name=JobName(member="jobName", max_length=50),
    token="clientToken",
    # Without one, Braket stops a job after five days (CreateJob, stoppingCondition).
    run_time=RunTime(path="stoppingCondition.maxRuntimeInSeconds", default=5 * DAY),
    members=Members(
        roles=("roleArn",),
        inputs=(
            "algorithmSpecification.scriptModeConfig.s3Uri",
            "inputDataConfig[].dataSource.s3DataSource.s3Uri",
            "checkpointConfig.s3Uri",
        ),
        outputs=("outputDataConfig.s3Path", "checkpointConfig.s3Uri"),
        instance_types=("instanceConfig.instanceType",),
        devices=("deviceConfig.device",),
        counts=("instanceConfig.instanceCount",),
        images=("algorithmSpecification.containerImage.uri",),
        sizes={"max_volume_gb": ("instanceConfig.volumeSizeInGb",)},
    ),
    # A job runs in the region of its device; simulators' ARNs name none.
    # Source: AwsQuantumJob of amazon-braket-sdk-python, which moves to the device's region to create a job.
    locality=Locality(role="roleArn", device="deviceConfig.device"),
    tags=Tags(member="tags", max_count=50),
    capacity=device_at(
        "deviceConfig.device", pattern=f"local:.*|{DEVICE_PATTERN}", rule="a device is an ARN or local:…"
    ),
    # Amazon Braket quotas: 3 concurrent hybrid jobs a region, CreateJob 1/s.
    pool=PoolDefaults(in_flight=3, rate=1),
    warnings="bucket_warnings",
    console="braket/home?region={region}#/jobs",
    log_group="/aws/braket/jobs",
    quota=".*concurrent .*hybrid jobs",
    log_streams="{name}/{id}",
    iam=iam_of("Job", "job", passed_to="braket.amazonaws.com"),
    events=events_of("Job", "jobArn"),
)
