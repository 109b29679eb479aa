"""jobchute submit"""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, BareApi, Files, OwnerName, Stack, Timeout, Wait, refuse_timeout_alone
from jobchute.cli.output import print_json, say
from jobchute.cli.sent_jobs import print_sent, wait_for

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.document_checks import Checked
    from jobchute.cli.request_files import RequestFile
    from jobchute.cli.sending import Sent

DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show the deployment's verdict and the plan, and submit nothing.")
]
BySqs = Annotated[bool, typer.Option("--sqs", help="Send to the queue instead of the bucket.")]


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
    from jobchute.cli.duplicates import known_among, known_lines
    from jobchute.cli.owner import owner_of
    from jobchute.cli.request_files import read_files

    refuse_timeout_alone(timeout, is_waiting=wait or dry_run)
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
    from jobchute.cli.document_checks import check
    from jobchute.cli.dry_runs import as_dry_runs

    dry = as_dry_runs(file, documents)
    return dry, list(check(dry))


def _all_valid(file: "RequestFile", as_json: bool) -> "list[Checked] | None":
    """The file's documents. If one of them is not valid, prints what is wrong and returns None."""
    from jobchute.cli.document_checks import check
    from jobchute.cli.problem_lines import mistake_lines

    documents = list(check(file))
    invalid = [document for document in documents if document.mistakes]
    if as_json:
        for document in invalid:
            print_json(document.as_json())
    for line in mistake_lines(invalid):
        say(*line, err=True)
    return None if invalid else documents


def _refuse_a_circle(documents: "list[Checked]") -> None:
    from jobchute.cli.dependency_cycles import IN_CIRCLE, circle_among

    circle = circle_among(documents)
    if circle is not None:
        raise AnswerIsNoError(f"nothing was sent: {IN_CIRCLE}: {circle}")


def _send(deployment: "Deployment", file: "RequestFile", documents: "list[Checked]", sqs: bool) -> "list[Sent]":
    from jobchute.cli.sending import by_bucket, by_queue

    return list(by_queue(deployment, documents) if sqs else by_bucket(deployment, file, documents))
