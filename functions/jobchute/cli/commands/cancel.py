"""jobchute cancel"""

from typing import TYPE_CHECKING, Annotated
from uuid import uuid4

import typer

from jobchute.cli.bulk_options import Yes, wanted_of
from jobchute.cli.completion import complete_jobs
from jobchute.cli.errors import AnswerIsNoError, CannotAskError
from jobchute.cli.list_options import FromSource, InStates, OfApis, Since, WithLabel
from jobchute.cli.options import AsJson, OwnerName, Stack
from jobchute.cli.output import print_json, say
from jobchute.job import OPEN_STATES, Job, State
from jobchute.outcomes import Cause

if TYPE_CHECKING:
    from jobchute.cli.chosen_jobs import Chosen, Failure
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.following import Clock
    from jobchute.cli.job_filters import Wanted

Targets = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="TARGET",
        autocompletion=complete_jobs,
        help="Jobs: each by its id or at least 4 digits of it, its name, idempotency key or provider's id. Or "
        "files: s3://BUCKET/KEY or requests/…, with ?version=… for one version or #N for one document. Or "
        "choose jobs with --state and other options.",
        show_default=False,
    ),
]
ByCause = Annotated[
    list[Cause] | None,
    typer.Option(
        "--cause",
        metavar="CAUSE",
        help="Choose jobs whose latest attempt ended for this cause and that go on with another one; repeat "
        f"the option for several causes. One of {', '.join(Cause)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
Timeout = Annotated[float, typer.Option(help="Seconds to wait for it to take effect.", min=0)]


def cancel(
    targets: Targets = None,
    state: InStates = None,
    cause: ByCause = None,
    api: OfApis = None,
    label: WithLabel = None,
    source: FromSource = None,
    since: Since = None,
    yes: Yes = False,
    timeout: Timeout = 60,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Cancel jobs, and wait until that has taken effect: each job is CANCELLING or CANCELLED.

    Or cancel files: all of their jobs, and what of them has not been read yet. Without --state, the options
    choose jobs that have not ended.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.following import clock_for

    deployment = deployment_of(stack, owner)
    wanted = wanted_of(
        states=state or (OPEN_STATES if cause else None),
        causes=None,
        apis=api,
        label=label,
        source=source,
        since=since,
        bucket=deployment.bucket,
    )
    clock = clock_for(timeout)
    if targets and len(targets) == 1 and wanted.is_all:
        _cancel_one(deployment, targets[0], clock, as_json)
    else:
        chosen, files = _chosen(deployment, targets or [], wanted, frozenset(cause or ()))
        _ask(chosen, is_confirmed=yes)
        _cancel_several(deployment, chosen, files, clock, as_json)


def _cancel_one(deployment: "Deployment", target: str, clock: "Clock", as_json: bool) -> None:
    if _is_file(deployment, target):
        _cancel_file(deployment, target, clock, as_json)
        return
    job = deployment.own_job(target)
    if not job.state.is_final:
        _send(deployment, job)
        job = _when_it_took_effect(deployment, job.job_id, clock)
    _print(job, as_json)
    if job.state.is_final and job.state is not State.CANCELLED:
        raise AnswerIsNoError(f"the job has already ended {job.state}; nothing was cancelled")


def _chosen(
    deployment: "Deployment", targets: list[str], wanted: "Wanted", causes: frozenset[Cause]
) -> "tuple[Chosen, list[str]]":
    """The jobs, and the files among the targets."""
    from jobchute.cli.chosen_jobs import Chosen, jobs_chosen

    files = [target for target in targets if _is_file(deployment, target)]
    if files and not wanted.is_all:
        raise typer.BadParameter(f"{files[0]} is a file; to choose among its jobs: --source {files[0]}")
    named = [target for target in targets if target not in files]
    if files and not named:
        return Chosen([], []), files
    chosen = jobs_chosen(deployment, named, wanted, OPEN_STATES)
    if causes:
        chosen = chosen._replace(jobs=[job for job in chosen.jobs if _last_cause(job) in causes])
    return chosen, files


def _last_cause(job: Job) -> str | None:
    """Why the latest attempt that has ended did not succeed."""
    return job.cause or (str(job.past[-1].get("cause")) if job.past else None)


def _ask(chosen: "Chosen", *, is_confirmed: bool) -> None:
    from jobchute.attempts import is_ending
    from jobchute.cli.chosen_jobs import ask_before

    ask_before("Cancel", [job for job in chosen.jobs if not is_ending(job)], is_confirmed=is_confirmed)


def _cancel_several(
    deployment: "Deployment", chosen: "Chosen", files: list[str], clock: "Clock", as_json: bool
) -> None:
    from jobchute.cli.cancel_bulk import cancel_all
    from jobchute.cli.chosen_jobs import Failure, refuse_if, say_failures

    failures = [*chosen.failures, *_cancel_files(deployment, files, clock, as_json)]
    for found in cancel_all(deployment, chosen.jobs, clock, lambda job: _send(deployment, job)):
        if isinstance(found, Failure):
            failures.append(found)
        else:
            _print(found, as_json)
    total = len(chosen.jobs) + len(chosen.failures) + len(files)
    if not total:
        say("no jobs were found", err=True)
    say_failures(failures, as_json=as_json)
    refuse_if(failures, total, "cancelled")


def _cancel_files(deployment: "Deployment", files: list[str], clock: "Clock", as_json: bool) -> "list[Failure]":
    from jobchute.cli.chosen_jobs import Failure

    failures = []
    for file in files:
        try:
            _cancel_file(deployment, file, clock, as_json)
        except (AnswerIsNoError, CannotAskError) as error:
            failures.append(Failure(file, str(error)))
    return failures


def _is_file(deployment: "Deployment", target: str) -> bool:
    """Whether the target is a file, not one of its jobs, nor a job whose idempotency key looks like a file."""
    from jobchute.cli.job_lookup import can_be_a_key, jobs_called, names_a_document
    from jobchute.intake.cancel import file_target

    is_file = file_target(target, deployment.bucket) is not None and not names_a_document(target)
    return is_file and can_be_a_key(target) and not jobs_called(deployment, target)


def _send(deployment: "Deployment", job: Job) -> None:
    from jobchute.cli.sending import ask

    ask(deployment, {"cancel": job.job_id}, owner=job.owner, name=_new_name())


def _when_it_took_effect(deployment: "Deployment", job_id: str, clock: "Clock") -> Job:
    from jobchute.attempts import is_ending

    start = clock.now()
    while True:
        job = deployment.ledger.get(job_id)
        if is_ending(job):
            return job
        if clock.timeout is not None and clock.now() - start >= clock.timeout:
            late = f"the job is still {job.state} {clock.timeout:g} seconds after the cancellation was sent"
            raise CannotAskError(f"{late}; check it with: jobchute jobs show {job_id}")
        clock.pause(clock.interval)


def _cancel_file(deployment: "Deployment", target: str, clock: "Clock", as_json: bool) -> None:
    """Request the cancellation of a file, and show the first answer. Large files are cancelled in steps."""
    from jobchute.cli.awaited_answer import answer_to
    from jobchute.cli.sending import ask

    source = ask(deployment, {"cancel": target}, owner=deployment.owner, name=_new_name())
    answer = answer_to(deployment, source, clock)
    if as_json:
        print_json(answer)
    else:
        counts = ", ".join(f"{count} {state}" for state, count in answer["jobs"].items())
        say(f"{answer['file']}: {counts or 'no jobs yet'}")
        say(answer["note"], err=True)


def _new_name() -> str:
    """A new name each time, so that the answer to an earlier cancellation is not taken for this one's."""
    return f"cancel-{uuid4().hex}"


def _print(job: Job, as_json: bool) -> None:
    if as_json:
        from jobchute.status.documents import status_of

        print_json(status_of(job))
    else:
        say(f"{job.job_id} {job.state}")
