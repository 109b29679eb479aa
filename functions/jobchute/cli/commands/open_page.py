"""jobchute jobs open"""

from enum import StrEnum
from typing import Annotated

import typer

from jobchute.cli.errors import AnswerIsNoError, CannotAskError
from jobchute.cli.options import AsJson, JobId, OwnerName, Stack
from jobchute.cli.output import print_json, say


class Page(StrEnum):
    """A page of the AWS console, as jobchute.status.console_links names it."""

    JOB = "job"
    EXECUTION = "execution"
    LOGS = "logs"


WhichPage = Annotated[
    Page | None,
    typer.Option(
        "--page",
        metavar="PAGE",
        help=f"One of {', '.join(Page)}. Default: the first of these that the job has.",
        case_sensitive=False,
        show_default=False,
    ),
]
InBrowser = Annotated[bool, typer.Option("--browser", help="Open the page in a browser.")]


def open_page(
    job_id: JobId,
    page: WhichPage = None,
    browser: InBrowser = False,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Print the address of a job's page in the AWS console, or open it."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.job_details import has_execution
    from jobchute.runtime import current
    from jobchute.status.console_links import links_of

    deployment = deployment_of(stack, owner)
    job = deployment.job(job_id)
    links = links_of(job, deployment.state_machine_arn)
    if not has_execution(job, now=current().clock.now()):
        links.pop("execution", None)
    name = page or next((each for each in Page if each in links), None)
    if name is None or name not in links:
        what = "page" if name is None else f"page of {'its' if name is not Page.JOB else 'the'} {name}"
        known = f"it has: {', '.join(links)}" if links else f"it is {job.state}"
        raise AnswerIsNoError(f"{job.job_id} has no {what} in the AWS console now; {known}")
    if as_json:
        print_json({"jobId": job.job_id, "page": str(name), "url": links[name]})
    else:
        say(links[name])
    if browser:
        _open(links[name])


def _open(url: str) -> None:
    import webbrowser

    if not webbrowser.open(url):
        raise CannotAskError("no browser could be opened; open the address above yourself")
