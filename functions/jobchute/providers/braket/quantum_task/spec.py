"""Amazon Braket quantum tasks."""

from jobchute.job import Api
from jobchute.providers.braket import device_at, events_of, iam_of
from jobchute.providers.spec import ApiSpec, JobName, Locality, Members, PoolDefaults, RunTime, Tags

SPEC = ApiSpec(
    api=Api.QUANTUM_TASK,
    service="braket",
    documentation="https://docs.aws.amazon.com/braket/latest/APIReference/API_CreateQuantumTask.html",
    noun="task",
    name=JobName(member="", max_length=20),
    token="clientToken",
    # The API has no time limit; the longest runs are those of the simulator SV1, 11 hours (Braket quotas).
    run_time=RunTime(path=None, default=12 * 3600),
    members=Members(
        # Results are written with the rights of the caller, and the request names no role.
        roles=(),
        outputs=("s3://{outputS3Bucket}/{outputS3KeyPrefix}",),
        devices=("deviceArn",),
        sizes={"max_shots": ("shots",)},
    ),
    closed=("outputs", "devices"),
    locality=Locality(device="deviceArn"),
    tags=Tags(member="tags", max_count=50),
    capacity=device_at("deviceArn"),
    # Braket quotas: CreateQuantumTask 20/s, half of it left to hybrid jobs; 50 or 100 tasks of a simulator.
    pool=PoolDefaults(rate=10, in_flight_each=50),
    warnings="shot_warnings",
    console="braket/home?region={region}#/tasks",
    no_logs="Braket writes no logs of quantum tasks; results.json in the task's output tells what was run, and "
    "CloudWatch has metrics of Braket by device",
    # Source of the rights to results: AWS managed policy AmazonBraketFullAccess.
    iam=iam_of("QuantumTask", "quantum-task", passed_to="")._replace(
        objects=("s3:GetObject", "s3:PutObject"), buckets=("s3:ListBucket",)
    ),
    events=events_of("Task", "quantumTaskArn"),
)
