"""jobchute results"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, OwnerName, Stack
from jobchute.cli.output import counted, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.results.download import Saved
    from jobchute.cli.results.stored import Bucket
    from jobchute.job import Job

Targets = Annotated[
    list[str],
    typer.Argument(
        metavar="TARGET",
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


def results(
    targets: Targets,
    to: To = None,
    overwrite: Overwrite = False,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Show what jobs left where, and download it."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.results.listing import left_by, print_left
    from jobchute.cli.results.targets import jobs_of

    jobs = jobs_of(deployment_of(stack, owner), targets)
    bucket = _bucket()
    if to is not None:
        _download(bucket, jobs, to, overwrite, as_json)
        return
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
