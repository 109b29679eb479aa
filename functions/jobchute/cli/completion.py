"""Completion of ids and names in a shell."""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from contextvars import copy_context
from threading import Thread
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.job import Job

Candidate = tuple[str, str]
"""What is put into the command line, and what the shell shows beside it."""
MAX_SHOWN = 30
LATEST = 100
"""Jobs among which names and the first digits of ids are looked for."""
DEADLINE = 2.0
"""Seconds. A shell stands still meanwhile."""
PLAIN = re.compile(r"[\w.+=@:/-]+", re.ASCII)
"""Names that every shell takes as one word, without quotes."""


def complete_jobs(ctx: typer.Context, incomplete: str) -> list[Candidate]:
    """The jobs whose id or name begins so, the latest first.

    For at least four digits of an id: one query and one read. For less: 26 queries and one read, among the
    latest 100 jobs.
    """
    from jobchute.cli.region import prefer_aws_region

    prefer_aws_region(os.environ)
    stack, owner = ctx.params.get("stack"), ctx.params.get("owner")
    return _in_time(lambda: _candidates(stack, owner, incomplete))


def _in_time(find: Callable[[], list[Candidate]], *, seconds: float = DEADLINE) -> list[Candidate]:
    """What was found in so many seconds; nothing if it failed.

    A shell shows what a completion prints in the middle of the line that is being typed. So errors are left to
    the command itself, which explains them.
    """
    found: list[Candidate] = []

    def run() -> None:
        try:
            found.extend(find())
        except Exception:  # noqa: BLE001 - see above
            found.clear()

    thread = Thread(target=copy_context().run, args=(run,), daemon=True)
    thread.start()
    thread.join(seconds)
    return found


def _candidates(stack: str | None, owner: str | None, incomplete: str) -> list[Candidate]:
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.job_lookup import BEGINNING, own_jobs

    deployment = deployment_of(stack, owner)
    found = _beginning_with if BEGINNING.fullmatch(incomplete) else _latest
    jobs = [*own_jobs(deployment, found(deployment, incomplete))]
    return [*dict(_shown(jobs, incomplete)).items()][:MAX_SHOWN]


def _beginning_with(deployment: "Deployment", incomplete: str) -> "list[Job]":
    from jobchute.ledger.lookups import LookupRows
    from jobchute.runtime import client

    ids = LookupRows(client("dynamodb"), deployment.table).beginning_with(incomplete, limit=MAX_SHOWN)
    return [*deployment.ledger.get_many(ids)]


def _latest(deployment: "Deployment", _: str) -> "list[Job]":
    from jobchute.cli.job_filters import Wanted, found

    return found(deployment.ledger, Wanted(), LATEST)


def _shown(jobs: "Sequence[Job]", incomplete: str) -> Iterator[Candidate]:
    from jobchute.cli.job_lookup import shown_ids
    from jobchute.cli.output import safe

    for job, short in zip(jobs, shown_ids(jobs), strict=True):
        job_id = short if len(incomplete) <= len(short) else job.job_id
        if job_id.startswith(incomplete):
            yield job_id, safe(f"{job.state} {job.name}")
        elif PLAIN.fullmatch(job.name) and job.name.startswith(incomplete):
            yield job.name, safe(f"{job.state} {short}")
