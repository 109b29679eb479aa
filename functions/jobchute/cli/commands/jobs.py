"""jobchute jobs: the jobs and rejections of the ledger."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.job_sources import api_of, document_of
from jobchute.cli.options import AsJson, JobId, OwnerName, Stack
from jobchute.cli.output import counted, print_json, say
from jobchute.job import Job, State
from jobchute.outcomes import Cause

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.facts.lines import PoolLine

app = typer.Typer(help="Jobs and rejections.", no_args_is_help=True)

InStates = Annotated[
    list[State] | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help=f"List jobs in this state; repeat the option for several states. One of {', '.join(State)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
WithCause = Annotated[
    list[Cause] | None,
    typer.Option(
        "--cause",
        metavar="CAUSE",
        help="List jobs that ended for this cause; repeat the option for several causes. "
        f"One of {', '.join(Cause)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
WithLabel = Annotated[
    str | None,
    typer.Option("--label", metavar="NAME=VALUE", help="List jobs with this label.", show_default=False),
]
FromSource = Annotated[
    str | None,
    typer.Option(
        "--source",
        metavar="SOURCE",
        help="List jobs of a file, s3://BUCKET/KEY or requests/…, with ?version=… for one version; "
        "or of a message, sqs://ID.",
        show_default=False,
    ),
]
Limit = Annotated[int, typer.Option(help="The number of jobs to list.", min=1)]


@app.command("list")
def list_jobs(
    state: InStates = None,
    cause: WithCause = None,
    label: WithLabel = None,
    source: FromSource = None,
    limit: Limit = 50,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """List jobs and rejections, latest first. They must match all conditions.

    With --source, a line below the list sums up a file of several documents: progress, counts and end.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.job_filters import Wanted, found
    from jobchute.status.documents import status_of

    pair = _pair(label)
    deployment = deployment_of(stack)
    uri, version = _source(source, deployment.bucket)
    wanted = Wanted(
        states=frozenset(state or ()),
        causes=frozenset(cause or ()),
        label=pair,
        source=uri,
        version=version,
    )
    jobs = found(deployment.ledger, wanted, limit + 1)
    has_more, jobs = len(jobs) > limit, jobs[:limit]
    if as_json:
        for job in jobs:
            print_json(status_of(job))
    else:
        print_jobs(jobs)
        _say_file(deployment, uri, version)
    if has_more:
        more = f"show more with --limit {limit * 2}, or fewer with --state, --cause, --label or --source"
        say(f"there are more than {counted(limit, 'job')}: {more}", err=True)


@app.command()
def show(job_id: JobId, stack: Stack = None, owner: OwnerName = None, as_json: AsJson = False) -> None:
    """Show one job."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.status.documents import status_of

    deployment = deployment_of(stack, owner)
    job = deployment.job(job_id)
    wait, line = _wait_of(deployment, job, stack)
    if as_json:
        print_json(status_of(job) | ({} if wait is None else {"waiting": wait | _turn_of(line)}))
        return
    from jobchute.cli.job_details import facts_of
    from jobchute.cli.tables import print_facts, print_table
    from jobchute.runtime import current

    print_facts(facts_of(deployment, job, now=current().clock.now(), wait=wait, line=line))
    if job.problems:
        typer.echo()
        rows = [(problem["path"], problem["code"], problem["message"]) for problem in job.problems]
        print_table(("FIELD", "CODE", "PROBLEM"), rows)


@app.command()
def history(job_id: JobId, stack: Stack = None, owner: OwnerName = None, as_json: AsJson = False) -> None:
    """Show every state change of one job."""
    from jobchute.cli.deployment import deployment_of

    job = deployment_of(stack, owner).job(job_id)
    if as_json:
        for entry in job.history:
            print_json(dict(entry))
        return
    from jobchute.cli.tables import print_table

    rows = [(entry["at"], State(entry["state"]), entry.get("reason")) for entry in job.history]
    print_table(("AT", "STATE", "REASON"), rows)


def _wait_of(deployment: "Deployment", job: Job, stack: str | None) -> "tuple[dict[str, Any] | None, PoolLine]":
    """What the job waits for now, and its pool's queue. If the rules of pools cannot be read: what its row
    says, and its place alone.
    """
    from botocore.exceptions import ClientError

    from jobchute.cli.errors import CannotAskError
    from jobchute.cli.facts.lines import PoolLine, line_with
    from jobchute.cli.pool_rules import deployed_pools
    from jobchute.lifecycle.holding import wait_of
    from jobchute.status.documents import waiting_of

    line = PoolLine("")
    if job.state not in (State.QUEUED, State.SUBMITTING):
        return None, line
    try:
        pools = deployed_pools(stack)
        wait = wait_of(pools.capacity, job)
        return wait, line if job.waiting is None else line_with(pools, job)
    except (CannotAskError, ClientError) as error:
        say(f"cannot read what its pool allows now: {error}", err=True)
        return waiting_of(job), line if job.waiting is None else _place_alone(deployment, job)


def _place_alone(deployment: "Deployment", job: Job) -> "PoolLine":
    from jobchute.cli.facts.lines import place_alone
    from jobchute.ledger.pools import PoolRows
    from jobchute.ledger.queues import QueueRows
    from jobchute.runtime import client, current

    rows = PoolRows(client("dynamodb"), deployment.table)
    queues = QueueRows(client("dynamodb"), deployment.table)
    return place_alone(rows, queues, job, current().clock.now())


def _turn_of(line: "PoolLine") -> dict[str, Any]:
    """The place and the expected start of the one job of a line."""
    from jobchute.cli.line_words import document_of

    return {} if not line.jobs else {**document_of(line.jobs[0]), "waiting": line.waiting}


def print_jobs(jobs: list[Job]) -> None:
    """Print the list as a table. A rejection has no name; its document is shown instead."""
    from jobchute.cli.columns import API, ELAPSED, ID, STATE, Column, cut_middle
    from jobchute.cli.tables import age, elapsed, print_lines

    columns = (
        ID,
        STATE,
        Column("AGE", len("23h 59m"), rank=3),
        API,
        Column("NAME", 14, rank=2, cut=cut_middle),
        ELAPSED,
        Column("SOURCE", 20, rank=7, cut=cut_middle),
        Column("CAUSE", max(map(len, Cause)), rank=4),
        Column("REASON", 20, rank=4),
    )
    rows = [
        (
            job.job_id,
            job.state,
            age(job),
            api_of(job),
            job.name or document_of(job).rpartition("/")[2],
            elapsed(job),
            document_of(job),
            job.cause,
            job.reason,
        )
        for job in jobs
    ]
    print_lines(columns, rows)


def _say_file(deployment: "Deployment", uri: str | None, version: str | None) -> None:
    """Print the progress of a source with several documents."""
    from jobchute.cli.file_progress import file_line, file_row
    from jobchute.ledger.files import FileRows
    from jobchute.runtime import client

    row = None if uri is None else file_row(FileRows(client("dynamodb"), deployment.table), uri, version)
    if row is not None:
        say(file_line(row), err=True)


def _pair(label: str | None) -> tuple[str, str] | None:
    if label is None:
        return None
    name, separator, value = label.partition("=")
    if not separator or not name:
        raise typer.BadParameter("write it as NAME=VALUE", param_hint="--label")
    return name, value


def _source(text: str | None, bucket: str) -> tuple[str | None, str | None]:
    """The URI of a source, and the version if one is named."""
    from jobchute.intake.cancel import file_target
    from jobchute.status.sources import MESSAGE

    if text is None or text.startswith(MESSAGE):
        return text, None
    target = file_target(text, bucket)
    if target is None:
        raise typer.BadParameter("write it as s3://BUCKET/KEY, requests/… or sqs://ID", param_hint="--source")
    return target.uri, target.version
