"""jobchute submit"""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError, StoppedError
from jobchute.cli.options import AsJson, BareApi, Files, OwnerName, Stack
from jobchute.cli.output import counted, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.checking import Checked
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.files import RequestFile
    from jobchute.cli.following import Row
    from jobchute.cli.known import Known
    from jobchute.cli.sending import Sent

Wait = Annotated[bool, typer.Option("--wait", help="Show the jobs until all have ended.")]
Timeout = Annotated[
    float | None,
    typer.Option(help="With --wait: give up after so many seconds.", min=0, show_default=False),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the deployment's verdict and the plan, and submit nothing.")
]
BySqs = Annotated[bool, typer.Option("--sqs", help="Send by the queue instead of the bucket.")]


def submit(
    files: Files,
    api: BareApi = None,
    wait: Wait = False,
    timeout: Timeout = None,
    sqs: BySqs = False,
    dry_run: DryRun = False,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Check request files and, if all are valid, send them.

    With --wait the exit status is 0 only if every job SUCCEEDED.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.files import read_files
    from jobchute.cli.known import known_among, known_lines
    from jobchute.cli.owner import owner_of

    owner = owner_of(owner)
    checked = [(file, _all_valid(file, as_json)) for file in read_files(files, api, owner)]
    if any(documents is None for _, documents in checked):
        raise AnswerIsNoError("nothing was sent")
    _refuse_a_circle([document for _, documents in checked for document in documents or []])
    if dry_run:
        checked = [_as_dry_runs(file, documents or []) for file, documents in checked]
    deployment = deployment_of(stack, owner)
    known = known_among(deployment.ledger, [each for _, documents in checked for each in documents or []])
    sent = [each for file, documents in checked for each in _send(deployment, file, documents or [], sqs)]
    for line in known_lines(known, sum(each.awaited is not None for each in sent)):
        say(line, err=True)
    if not wait and not dry_run:
        print_sent(sent, as_json, known)
        return
    wait_for(deployment, sent, timeout, as_json, known)


def _as_dry_runs(file: "RequestFile", documents: "list[Checked]") -> "tuple[RequestFile, list[Checked] | None]":
    from jobchute.cli.checking import check
    from jobchute.cli.dry_runs import as_dry_runs

    dry = as_dry_runs(file, documents)
    return dry, list(check(dry))


def _all_valid(file: "RequestFile", as_json: bool) -> "list[Checked] | None":
    """The file's documents; None, and what is wrong is told, where one of them is not valid."""
    from jobchute.cli.checking import check
    from jobchute.cli.validate import mistake_lines

    documents = list(check(file))
    invalid = [document for document in documents if document.mistakes]
    if as_json:
        for document in invalid:
            print_json(document.as_json())
    for line in mistake_lines(invalid):
        say(*line, err=True)
    return None if invalid else documents


def _refuse_a_circle(documents: "list[Checked]") -> None:
    from jobchute.cli.circles import IN_CIRCLE, circle_among

    circle = circle_among(documents)
    if circle is not None:
        raise AnswerIsNoError(f"nothing was sent: {IN_CIRCLE}: {circle}")


def _send(deployment: "Deployment", file: "RequestFile", documents: "list[Checked]", sqs: bool) -> "list[Sent]":
    from jobchute.cli.sending import by_bucket, by_queue

    return list(by_queue(deployment, documents) if sqs else by_bucket(deployment, file, documents))


def print_sent(sent: "Sequence[Sent]", as_json: bool, known: "Sequence[Known]" = ()) -> None:
    """known: of these documents, those that are jobs already."""
    if as_json:
        told = {each.job.job_id: each.as_json() for each in known}
        for each in sent:
            print_json({**each.as_json(), **told.get(each.document.job_id or "", {})})
        return
    from jobchute.cli.columns import API, ID, Column, cut_middle
    from jobchute.cli.tables import print_lines

    rows = [(_id_cell(each), each.document.api, each.source.uri) for each in sent]
    print_lines((ID._replace(rank=0), API, Column("SENT AS", 20, rank=1, cut=cut_middle)), rows)
    dry_runs = [each for each in sent if each.is_dry_run]
    if dry_runs:
        where = f"the first at {dry_runs[0].source.status_key} in the bucket"
        say(f"{counted(len(dry_runs), 'dry run')}: the plan is answered, {where}; --wait shows it", err=True)


def _id_cell(sent: "Sent") -> str | None:
    """A dry run makes no job of this id."""
    return "dry run" if sent.is_dry_run else sent.document.job_id


def wait_for(
    deployment: "Deployment",
    sent: "Sequence[Sent]",
    timeout: float | None,
    as_json: bool,
    known: "Sequence[Known]" = (),
) -> None:
    """Show the plans of dry runs, then the jobs until all have ended. known: as for print_sent."""
    from jobchute.cli.dry_runs import show_plans
    from jobchute.cli.following import Clock

    clock = Clock(timeout=timeout)
    end = None if timeout is None else clock.now() + timeout
    dry_runs = [each for each in sent if each.is_dry_run]
    if dry_runs:
        show_plans(deployment, dry_runs, clock, as_json=as_json)
    if len(dry_runs) < len(sent):
        left = None if end is None else max(end - clock.now(), 0.0)
        _wait_for_jobs(deployment, [each for each in sent if not each.is_dry_run], left, as_json, known)


def _wait_for_jobs(
    deployment: "Deployment",
    sent: "Sequence[Sent]",
    timeout: float | None,
    as_json: bool,
    known: "Sequence[Known]",
) -> None:
    from rich.console import Console

    from jobchute.cli.board import board
    from jobchute.cli.following import Clock, Row, follow
    from jobchute.cli.results import way_back

    awaited = [each.awaited for each in sent if each.awaited is not None]
    rows: list[Row] = [Row(each) for each in awaited]
    try:
        with board(Console(stderr=as_json)) as show:
            for rows in follow(deployment.ledger, awaited, Clock(timeout=timeout)):
                show(rows)
    except KeyboardInterrupt as error:
        number = counted(sum(row.is_open for row in rows), "job")
        where = f"what is open runs on without the tool: {way_back(rows)}"
        raise StoppedError(f"stopped waiting for {number}; {where}") from error
    makes_none = len(sent) - len(awaited)
    if makes_none:
        what = f"without a job of their own (cancellations): {counted(makes_none, 'document')}"
        say(f"{what}; their status documents tell more", err=True)
    _answer(rows, as_json, {each.job.job_id for each in known})


def _answer(rows: "Sequence[Row]", as_json: bool, told: "Collection[str]") -> None:
    """told: the ids of jobs that were said to be known before."""
    from jobchute.cli.known import Known, known_lines
    from jobchute.cli.results import result_lines, way_back
    from jobchute.job import State
    from jobchute.status.documents import status_of

    if not as_json:
        for line in result_lines(rows):
            say(*line)
    for row in rows:
        if as_json:
            print_json({"jobId": row.awaited.job_id} if row.job is None else status_of(row.job))
    known = [Known(row.awaited.title, row.job) for row in rows if row.job is not None and row.is_duplicate]
    for text in known_lines([each for each in known if each.job.job_id not in told], len(rows)):
        say(text, err=True)
    not_succeeded = [row for row in rows if row.job is None or row.job.state is not State.SUCCEEDED]
    if not_succeeded:
        still_open = sum(row.is_open for row in not_succeeded)
        late = f", {still_open} of them because the time was over" if still_open else ""
        if still_open:
            late += f"; what is open runs on without the tool: {way_back(rows)}"
        raise AnswerIsNoError(f"{len(not_succeeded)} of {counted(len(rows), 'job')} did not succeed{late}")
