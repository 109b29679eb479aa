"""jobchute jobs: the jobs and rejections of the ledger."""

from itertools import chain, islice
from typing import TYPE_CHECKING, Any

import typer

from jobchute.cli.list_options import (
    All,
    Columns,
    FromSource,
    InStates,
    Limit,
    OfApis,
    Since,
    WithCause,
    WithLabel,
    column_names,
    label_of,
    moment_of,
    source_of,
)
from jobchute.cli.options import APIS, AsJson, JobId, OwnerName, Stack
from jobchute.cli.output import counted, print_json, say
from jobchute.job import Job, State, iso

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from jobchute.cli.deployment import Deployment
    from jobchute.cli.facts.lines import PoolLine

app = typer.Typer(help="Jobs and rejections.", no_args_is_help=True)
DEFAULT_LIMIT = 50


@app.command("list", epilog=APIS)
def list_jobs(
    state: InStates = None,
    cause: WithCause = None,
    api: OfApis = None,
    label: WithLabel = None,
    source: FromSource = None,
    since: Since = None,
    limit: Limit = None,
    everything: All = False,
    columns: Columns = None,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """List jobs and rejections, latest first. They must match all conditions.

    With --source, a line below the list sums up a file of several documents: progress, counts and end.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.job_filters import Wanted, all_found
    from jobchute.runtime import current

    if everything and limit is not None:
        raise typer.BadParameter("give --all or --limit, not both", param_hint="--all")
    if columns is not None and as_json:
        raise typer.BadParameter("--json prints everything; leave --columns out", param_hint="--columns")
    names, pair, first = column_names(columns), label_of(label), moment_of(since, current().clock.now())
    deployment = deployment_of(stack)
    uri, version = source_of(source, deployment.bucket)
    wanted = Wanted(
        states=frozenset(state or ()),
        causes=frozenset(cause or ()),
        apis=frozenset(api or ()),
        label=pair,
        source=uri,
        version=version,
        since=None if first is None else iso(first),
    )
    jobs = all_found(deployment.ledger, wanted)
    limit = None if everything else limit or DEFAULT_LIMIT
    latest = [*islice(jobs, 1)]
    _print(chain(latest, islice(jobs, None if limit is None else limit - 1)), names, as_json)
    progress = None if as_json else _file_line(deployment, uri, version)
    if progress is not None or not latest:
        say(progress or "no jobs were found", err=True)
    if limit is not None and next(jobs, None) is not None:
        more = f"list more with --limit {limit * 2} or --all, fewer with --since"
        say(f"there are more than {counted(limit, 'job')}: {more}", err=True)


def _print(jobs: "Iterator[Job]", names: "Sequence[str] | None", as_json: bool) -> None:
    """Print the jobs as they are read. names: of the columns; None for the usual ones."""
    if not as_json:
        from jobchute.cli.job_columns import COLUMNS, DEFAULT, chosen, print_jobs

        print_jobs(jobs, [COLUMNS[name] for name in DEFAULT] if names is None else chosen(names))
        return
    from jobchute.status.documents import status_of

    for job in jobs:
        print_json(status_of(job))


@app.command()
def show(job_id: JobId, stack: Stack = None, owner: OwnerName = None, as_json: AsJson = False) -> None:
    """Show one job."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.facts.relations import retries_of
    from jobchute.status.documents import status_of

    deployment = deployment_of(stack, owner)
    job = deployment.job(job_id)
    wait, line = _wait_of(deployment, job, stack)
    retries = retries_of(deployment.ledger, job)
    if as_json:
        waiting = {} if wait is None else {"waiting": wait | _turn_of(line)}
        again = [{"jobId": retry.job_id, "state": retry.state} for retry in retries]
        print_json(status_of(job) | waiting | ({"retries": again} if again else {}))
        return
    from jobchute.cli.job_details import facts_of
    from jobchute.cli.job_plans import shown_plan_of
    from jobchute.cli.tables import print_facts, print_table
    from jobchute.runtime import current

    now, plan = current().clock.now(), shown_plan_of(deployment.ledger.requests, job)
    print_facts(facts_of(deployment, job, now=now, wait=wait, line=line, retries=retries, plan=plan))
    if job.problems:
        typer.echo()
        rows = [(problem["path"], problem["code"], problem["message"]) for problem in job.problems]
        print_table(("FIELD", "CODE", "PROBLEM"), rows)


@app.command()
def history(job_id: JobId, stack: Stack = None, owner: OwnerName = None, as_json: AsJson = False) -> None:
    """Show every state change of one job."""
    from jobchute.attempts import whole_history
    from jobchute.cli.deployment import deployment_of

    job = deployment_of(stack, owner).job(job_id)
    entries = whole_history(job)
    if as_json:
        for entry in entries:
            print_json(entry)
        return
    from jobchute.cli.columns import ATTEMPT, REASON, STATE, TIME
    from jobchute.cli.tables import print_lines

    moves = [(each["at"], State(each["state"])) for each in entries]
    attempts = [(str(each.get("attempt", 1)),) if job.past else () for each in entries]
    reasons = [(each.get("reason"),) for each in entries]
    rows = [(*move, *attempt, *reason) for move, attempt, reason in zip(moves, attempts, reasons, strict=True)]
    print_lines((TIME, STATE, *((ATTEMPT,) if job.past else ()), REASON), rows)


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


def _file_line(deployment: "Deployment", uri: str | None, version: str | None) -> str | None:
    """The progress of a source with several documents."""
    from jobchute.cli.file_progress import file_line, file_row
    from jobchute.ledger.files import FileRows
    from jobchute.runtime import client

    row = None if uri is None else file_row(FileRows(client("dynamodb"), deployment.table), uri, version)
    return None if row is None else file_line(row)
