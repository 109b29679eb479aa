"""jobchute jobs: what the ledger knows."""

from typing import TYPE_CHECKING, Annotated

import typer

from jobchute.cli.options import AsJson, JobId, OwnerName, Stack
from jobchute.cli.output import print_json
from jobchute.job import Job, State

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.tables import Cell

app = typer.Typer(help="What the ledger knows.", no_args_is_help=True)

InState = Annotated[
    State | None,
    typer.Option(
        "--state",
        metavar="STATE",
        help=f"Jobs in this state: {', '.join(State)}.",
        case_sensitive=False,
        show_default=False,
    ),
]
WithLabel = Annotated[
    str | None,
    typer.Option("--label", metavar="NAME=VALUE", help="Jobs with this label.", show_default=False),
]
FromSource = Annotated[
    str | None,
    typer.Option("--source", metavar="URI", help="Jobs of s3://bucket/key or sqs://id.", show_default=False),
]
Limit = Annotated[int, typer.Option(help="At most so many, the latest.", min=1)]


@app.command("list")
def list_jobs(
    state: InState = None,
    label: WithLabel = None,
    source: FromSource = None,
    limit: Limit = 50,
    stack: Stack = None,
    as_json: AsJson = False,
) -> None:
    """List jobs and rejections, the latest first. Conditions add up."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.listing import Wanted, found
    from jobchute.status import status_of

    wanted = Wanted(state=state, label=_pair(label), source=source)
    jobs = found(deployment_of(stack).ledger, wanted, limit)
    if as_json:
        for job in jobs:
            print_json(status_of(job))
        return
    _print_jobs(jobs)


@app.command()
def show(job_id: JobId, stack: Stack = None, owner: OwnerName = None, as_json: AsJson = False) -> None:
    """Show one job."""
    from jobchute.cli.deployment import deployment_of
    from jobchute.status import status_of

    deployment = deployment_of(stack, owner)
    job = deployment.job(job_id)
    if as_json:
        print_json(status_of(job))
        return
    from jobchute.cli.tables import print_facts, print_table

    print_facts(_facts(deployment, job))
    if job.problems:
        typer.echo()
        rows = [(problem["path"], problem["code"], problem["message"]) for problem in job.problems]
        print_table(("FIELD", "CODE", "PROBLEM"), rows)


@app.command()
def history(job_id: JobId, stack: Stack = None, owner: OwnerName = None, as_json: AsJson = False) -> None:
    """Show every move of one job."""
    from jobchute.cli.deployment import deployment_of

    job = deployment_of(stack, owner).job(job_id)
    if as_json:
        for entry in job.history:
            print_json(dict(entry))
        return
    from jobchute.cli.tables import print_table

    rows = [(entry["at"], State(entry["state"]), entry.get("reason")) for entry in job.history]
    print_table(("AT", "STATE", "REASON"), rows)


def _print_jobs(jobs: list[Job]) -> None:
    from jobchute.cli.columns import API, ELAPSED, ID, STATE, Column, cut_middle
    from jobchute.cli.tables import elapsed, print_lines

    name, reason = Column("NAME", 14, rank=2, cut=cut_middle), Column("REASON", 20, rank=4)
    columns = (ID, STATE, API, name, ELAPSED, reason)
    print_lines(columns, [(job.job_id, job.state, job.api, job.name, elapsed(job), job.reason) for job in jobs])


def _facts(deployment: "Deployment", job: Job) -> "list[tuple[str, Cell]]":
    facts: dict[str, Cell] = {
        "job id": job.job_id,
        "state": job.state,
        "reason": job.reason,
        "api": job.api,
        "name": job.name,
        "provider id": job.provider_id,
        "provider status": job.native_status,
        "output": job.output,
        "logs": job.logs,
        "labels": " ".join(f"{name}={value}" for name, value in sorted(job.labels.items())),
        "idempotency key": job.idempotency_key,
        "owner": job.owner,
        "source": job.source.uri if job.source.index == 0 else f"{job.source.uri}#{job.source.index}",
        "version": job.source.version,
        "status document": f"s3://{deployment.bucket}/{job.source.status_key}",
        "execution": None if job.state is State.REJECTED else deployment.execution_of(job.job_id),
        "created": job.created_at,
        "updated": job.updated_at,
    }
    return list(facts.items())


def _pair(label: str | None) -> tuple[str, str] | None:
    if label is None:
        return None
    name, separator, value = label.partition("=")
    if not separator or not name:
        raise typer.BadParameter("write it as NAME=VALUE", param_hint="--label")
    return name, value
