"""Amazon Braket quantum tasks."""

from jobchute.job import Api
from jobchute.providers.braket import DEVICE_PATTERN, UNHEARD
from jobchute.providers.spec import (
    ApiSpec,
    Capacity,
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

TASKS = "arn:{partition}:braket:{region}:{account}:quantum-task/*"

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
        shots=("shots",),
    ),
    closed=("outputs", "devices"),
    locality=Locality(device="deviceArn"),
    tags=Tags(member="tags", max_count=50),
    capacity=Capacity(
        members=("deviceArn",),
        pattern=DEVICE_PATTERN,
        rule="a device is an ARN",
        example="arn:aws:braket:::device/quantum-simulator/amazon/sv1",
    ),
    # Braket quotas: CreateQuantumTask 20/s, half of it left to hybrid jobs; 50 or 100 tasks of a simulator.
    pool=PoolDefaults(rate=10, in_flight_each=50),
    warnings="shot_warnings",
    console="braket/home?region={region}#/tasks",
    no_logs="Braket writes no logs of quantum tasks; results.json in the task's output tells what was run, and "
    "CloudWatch has metrics of Braket by device",
    iam=Iam(
        passed_to="",
        # The reference knows no resource for CreateQuantumTask. A new task's tags go with it.
        create=Grant(("braket:CreateQuantumTask",)),
        tag=Grant(("braket:TagResource",)),
        read=Grant(("braket:GetQuantumTask",), (TASKS,)),
        find=(Grant(("braket:SearchQuantumTasks",)),),
        list=Grant(("braket:SearchQuantumTasks",)),
        cancel=Grant(("braket:CancelQuantumTask",), (TASKS,)),
        # Source: AWS managed policy AmazonBraketFullAccess.
        objects=("s3:GetObject", "s3:PutObject"),
        buckets=("s3:ListBucket",),
    ),
    events=EventSource(
        source="aws.braket",
        detail_type="Braket Task State Change",
        arn_field="quantumTaskArn",
        status_field="status",
        unheard=UNHEARD,
    ),
)
