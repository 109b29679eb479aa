"""Fireworks AI batch inference: prompts from a data set, run through a model."""

from jobchute.job import Api
from jobchute.providers.spec import DAY, ApiSpec, Capacity, JobName, Members, PoolDefaults, RunTime

SPEC = ApiSpec(
    api=Api.FIREWORKS_INFERENCE_JOB,
    service=None,
    documentation="https://docs.fireworks.ai/api-reference/create-batch-inference-job",
    noun="inference",
    name=JobName(member="batchInferenceJobId", max_length=63),
    # A job expires after 12 to 72 hours, as the account's page sets it; no member of the request says so.
    run_time=RunTime(path=None, default=3 * DAY),
    # What a job reads and writes are data sets of the account whose key the deployment has.
    members=Members(roles=(), models=("model",), destinations=("outputDatasetId",)),
    # A job has no role but the rights of the key, so a deployment lists what it may run.
    closed=("models",),
    capacity=Capacity(
        members=("model",),
        pattern="[A-Za-z0-9:/._*-]+",
        rule="a model is accounts/ACCOUNT/models/MODEL",
        example="accounts/fireworks/models/llama-v3p1-8b-instruct",
    ),
    # 10 calls a minute without a payment method, 6,000 with one; nothing is said of jobs.
    pool=PoolDefaults(in_flight=100, rate=1),
    no_logs="Fireworks writes no logs of batch inference; the errors of single rows are in the output data set",
    create_call="POST https://api.fireworks.ai/v1/accounts/{accountId}/batchInferenceJobs?batchInferenceJobId=",
)
