"""Fireworks AI batch jobs."""

from jobchute.job import Api
from jobchute.providers.spec import DAY, ApiSpec, Capacity, JobName, Members, PoolDefaults, RunTime

SPEC = ApiSpec(
    api=Api.FIREWORKS_JOB,
    service=None,
    documentation="https://docs.fireworks.ai/api-reference-dlde/create-batch-job",
    noun="fireworks",
    name=JobName(member="displayName", max_length=63),
    # A batch job has no time limit of its own; Jobchute bounds the wait to seven days.
    run_time=RunTime(path=None, default=7 * DAY),
    members=Members(
        roles=("role",),
        # One host a rank on CPU node pools; on GPU node pools a rank is a GPU.
        counts=("numRanks",),
        images=("imageRef", "environmentId", "snapshotId"),
    ),
    capacity=Capacity(members=("nodePoolId",)),
    # 10 calls a minute without a payment method, 6,000 with one; nothing is said of jobs.
    pool=PoolDefaults(in_flight=100, rate=1),
    # Fireworks API reference, "Get Batch Job Logs"; it needs the account's API key.
    no_logs="Fireworks keeps the logs itself: GET https://api.fireworks.ai/v1/accounts/{accountId}/batchJobs/"
    "{id}:getLogs, or the job's page in the Fireworks console",
    create_call="POST https://api.fireworks.ai/v1/accounts/{accountId}/batchJobs",
)
