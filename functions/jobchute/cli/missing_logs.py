"""Why a job has no log lines here, and where to look instead. Pure."""

from jobchute.attempts import ended_before
from jobchute.cli.columns import short_id
from jobchute.job import Job, State
from jobchute.providers.log_streams import other_logs_of


def why_never(job: Job) -> str | None:
    """Of a job that will have none; None for every other job."""
    if job.state is State.REJECTED:
        return f"{job.job_id} was rejected and never became a job; it has no logs"
    if elsewhere := other_logs_of(job):
        output = f"; its output: {job.output}" if job.output else ""
        return f"{job.job_id} has no log lines here. {elsewhere}{output}"
    return None


def why_not_submitted(job: Job) -> str:
    """Of a job whose newest attempt its provider does not have."""
    if not job.state.is_final:
        return f"{job.job_id} is {job.state}; its provider does not have it yet: wait with --follow"
    submitted = [each.number for each in ended_before(job) if "id" in each.kept]
    if not submitted:
        return f"{job.job_id} is {job.state}; its provider never had it, so it has no logs"
    never = f"its attempt {job.attempt} was never submitted, so that has no logs"
    command = f"jobchute logs {short_id(job.job_id)} --attempt {submitted[-1]}"
    return f"{job.job_id} is {job.state}; {never}; to see those of attempt {submitted[-1]}: {command}"
