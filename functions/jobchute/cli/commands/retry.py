"""jobchute retry"""

from typing import TYPE_CHECKING

from jobchute.cli.bulk_options import Ids, Yes, wanted_of
from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.list_options import FromSource, InStates, OfApis, Since, WithCause, WithLabel
from jobchute.cli.options import AsJson, OwnerName, Stack, Timeout, Wait, refuse_timeout_alone
from jobchute.cli.output import counted, print_json, say
from jobchute.cli.sent_jobs import print_sent, wait_for
from jobchute.job import State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.job_filters import Wanted
    from jobchute.cli.retry_bulk import Retried
    from jobchute.cli.sending import Sent

USUAL = (State.FAILED, State.TIMED_OUT)
"""What the conditions choose if no state and no cause is given."""
WITH_CAUSE = (*USUAL, State.PARTIAL, State.CANCELLED)


def retry(
    ids: Ids = None,
    state: InStates = None,
    cause: WithCause = None,
    api: OfApis = None,
    label: WithLabel = None,
    source: FromSource = None,
    since: Since = None,
    yes: Yes = False,
    wait: Wait = False,
    timeout: Timeout = None,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Run ended jobs again: each with the same request as a new job, which names the old one.

    One job that is named alone is run again each time. Of several, or of jobs that the options choose, those
    that have a retry are left out; without --state, the options choose FAILED and TIMED_OUT jobs, and with
    --cause those that ended for it. With --wait the exit status is 0 only if all SUCCEEDED.
    """
    from jobchute.cli.deployment import deployment_of

    refuse_timeout_alone(timeout, is_waiting=wait)
    deployment = deployment_of(stack, owner)
    wanted = wanted_of(
        states=state,
        causes=cause,
        apis=api,
        label=label,
        source=source,
        since=since,
        bucket=deployment.bucket,
    )
    if ids and len(ids) == 1 and wanted.is_all:
        one = _retry_one(deployment, ids[0])
        if wait:
            wait_for(deployment, one, timeout, as_json)
        else:
            print_sent(one, as_json)
        return
    from jobchute.cli.chosen_jobs import refuse_if, say_failures

    retried, total = _retry_several(deployment, ids or [], wanted, yes)
    _print(retried, as_json)
    say_failures(retried.failures, as_json=as_json)
    if wait and retried.sent:
        wait_for(deployment, [sent for _, sent in retried.sent], timeout, as_json)
    refuse_if(retried.failures, total, "retried")


def _retry_one(deployment: "Deployment", target: str) -> "list[Sent]":
    from jobchute.cli.retry_bulk import why_not
    from jobchute.cli.retry_sending import after_of, new_retry, send_retry

    job = deployment.own_job(target)
    if why := why_not(job):
        raise AnswerIsNoError(f"{job.job_id}: {why}")
    document = new_retry(deployment, job)
    _say_earlier(document["idempotencyKey"])
    return send_retry(deployment, job, document | after_of(deployment, job))


def _say_earlier(key: str) -> None:
    """Say how often a job was retried before, by the key of its next retry."""
    earlier = int(key.rpartition("-")[2]) - 1
    if earlier:
        say(f"this job has been retried {counted(earlier, 'time')} before", err=True)


def _retry_several(
    deployment: "Deployment", ids: list[str], wanted: "Wanted", yes: bool
) -> "tuple[Retried, int]":
    """What became of the jobs, and how many were asked for."""
    from jobchute.cli.chosen_jobs import ask_before, jobs_chosen
    from jobchute.cli.retry_bulk import retry_all, to_retry

    chosen = jobs_chosen(deployment, ids, wanted, WITH_CAUSE if wanted.causes else USUAL)
    plan = to_retry(deployment, chosen.jobs)
    left_out = {job.job_id for job, _ in plan.known} | {failure.target for failure in plan.failures}
    jobs = [job for job in chosen.jobs if job.job_id not in left_out]
    for job, retry_id in plan.known:
        say(f"{job.job_id}: already retried by {retry_id}", err=True)
    if not jobs and not plan.failures and not chosen.failures:
        say("no job is left to retry" if chosen.jobs else "no jobs were found", err=True)
    ask_before("Retry", jobs, is_confirmed=yes)
    found = retry_all(deployment, jobs)
    failures = [*chosen.failures, *plan.failures, *found.failures]
    return found._replace(known=plan.known, failures=failures), len(chosen.jobs) + len(chosen.failures)


def _print(retried: "Retried", as_json: bool) -> None:
    if not as_json:
        if retried.sent:
            print_sent([sent for _, sent in retried.sent], as_json)
        return
    for job, retry_id in retried.known:
        print_json({"jobId": retry_id, "retryOf": job.job_id, "sent": False})
    for job, sent in retried.sent:
        print_json({**sent.as_json(), "retryOf": job.job_id, "sent": True})
