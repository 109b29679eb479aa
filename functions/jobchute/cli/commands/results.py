"""jobchute results"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.completion import complete_jobs
from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, OwnerName, Stack, Timeout, Wait, refuse_timeout_alone
from jobchute.cli.output import counted, print_json, say
from jobchute.cli.sent_jobs import print_sent, wait_for

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.results.download import Saved
    from jobchute.cli.results.stored import Bucket
    from jobchute.cli.sending import Sent
    from jobchute.job import Job

Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET",
        autocompletion=complete_jobs,
        help="A job (its id, name, key or provider's id), a request file with all of its jobs "
        "(s3://BUCKET/KEY or requests/…), or a label, NAME=VALUE.",
        show_default=False,
    ),
]
To = Annotated[
    Path | None,
    typer.Option(
        "--to", metavar="DIR", help="Download the objects, or resume an earlier download.", show_default=False
    ),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace files that differ.")]


Join = Annotated[
    Path | None,
    typer.Option(
        "--join",
        metavar="FILE",
        help="Write a line for each input record, in the input's order, with its output or error; - for "
        "standard output. Retries of failed records are joined too.",
        show_default=False,
    ),
]
RetryFailed = Annotated[
    bool,
    typer.Option(
        "--retry-failed", help="Send the failed and missing records again, as a job that names the first."
    ),
]
OnlyRetryable = Annotated[
    bool,
    typer.Option(
        "--only-retryable", help="With --retry-failed: not those that would fail again by their errors."
    ),
]
MinRecords = Annotated[
    int | None,
    typer.Option(
        "--min-records",
        help="With --retry-failed: the fewest records that a job may have. Default: the usual quota.",
        min=1,
        show_default=False,
    ),
]


def results(
    targets: Targets,
    to: To = None,
    join: Join = None,
    retry_failed: RetryFailed = False,
    only_retryable: OnlyRetryable = False,
    min_records: MinRecords = None,
    overwrite: Overwrite = False,
    wait: Wait = False,
    timeout: Timeout = None,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Show what jobs left where; download it, join it to the input, or send failed records again."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.results.listing import left_by, print_left
    from jobchute.cli.results.targets import jobs_of

    if sum((to is not None, join is not None, retry_failed)) > 1:
        raise typer.BadParameter("give one of --to, --join and --retry-failed")
    refuse_timeout_alone(timeout, is_waiting=wait)
    deployment = deployment_of(stack, owner)
    jobs = jobs_of(deployment, targets)
    bucket = _bucket()
    if to is not None:
        _download(bucket, jobs, to, overwrite, as_json)
    elif join is not None:
        _join(deployment, bucket, jobs, join, overwrite, as_json)
    elif retry_failed:
        sent = _retry(deployment, bucket, jobs, only_retryable, min_records)
        _show_sent(deployment, sent, wait, timeout, as_json)
    else:
        print_left((left_by(bucket, job) for job in jobs), as_json=as_json)


def _bucket() -> "Bucket":
    from jobchute.cli.results.stored import Bucket
    from jobchute.runtime import client, current

    return Bucket(client("s3"), current().clock.sleep)


def _download(bucket: "Bucket", jobs: "list[Job]", folder: Path, overwrite: bool, as_json: bool) -> None:
    from jobchute.cli.results.download import Outcome, planned
    from jobchute.cli.results.listing import left_by, why_empty
    from jobchute.cli.results.progress import save_all

    found = [left_by(bucket, job) for job in jobs]
    for left in found:
        if not left.objects:
            say(why_empty(left), err=True)
    refused: list[Path] = []

    def report(saved: "Saved") -> None:
        _print_saved(saved, as_json)
        if saved.outcome is Outcome.REFUSED:
            refused.append(saved.download.path)

    save_all(bucket, planned(folder, found), overwrite=overwrite, on_saved=report)
    if refused:
        files = counted(len(refused), "file")
        raise AnswerIsNoError(f"{files} already there with other content; move them, or give --overwrite")


def _print_saved(saved: "Saved", as_json: bool) -> None:
    from jobchute.cli.results.stored import size_text

    job, stored, path = saved.download
    if as_json:
        line = {"jobId": job.job_id, "object": stored.uri, "bytes": stored.size}
        print_json({**line, "file": str(path), "outcome": saved.outcome})
        return
    say(f"{saved.outcome:<8} {size_text(stored.size):>10}  {path}")


def _join(
    deployment: "Deployment", bucket: "Bucket", jobs: "list[Job]", path: Path, overwrite: bool, as_json: bool
) -> None:
    from jobchute.cli.results.batches import batches_of
    from jobchute.cli.results.joined_files import STDOUT, counts_json, join, say_counts

    counts = join(bucket, batches_of(deployment, jobs), path, overwrite=overwrite)
    say_counts(counts)
    if as_json and path != STDOUT:
        print_json({"file": str(path), **counts_json(counts)})


def _retry(
    deployment: "Deployment",
    bucket: "Bucket",
    jobs: "list[Job]",
    only_retryable: bool,
    min_records: int | None,
) -> "list[Sent]":
    """Several batches are sent one after the other; what was sent before an error stays sent."""
    from jobchute.cli.results.batches import batches_of
    from jobchute.cli.results.retrying import Rule, retry_failed
    from jobchute.errors import UnknownJobError

    for job in jobs:
        if deployment.owner not in (None, job.owner):
            raise UnknownJobError(job.job_id)
    rule = Rule(only_retryable, min_records)
    batches = batches_of(deployment, jobs)
    return [sent for batch in batches for sent in retry_failed(deployment, bucket, batch, rule)]


def _show_sent(
    deployment: "Deployment", sent: "list[Sent]", wait: bool, timeout: float | None, as_json: bool
) -> None:
    if wait and sent:
        wait_for(deployment, sent, timeout, as_json)
    elif sent:
        print_sent(sent, as_json)
