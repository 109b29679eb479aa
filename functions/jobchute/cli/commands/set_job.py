"""jobchute jobs set"""

from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.list_options import label_of
from jobchute.cli.options import AsJson, JobId, OwnerName, Stack
from jobchute.cli.output import print_json, say
from jobchute.requests.ordering import HIGHEST_PRIORITY

if TYPE_CHECKING:
    from collections.abc import Mapping

Priority = Annotated[
    int | None,
    typer.Option(
        help="The new priority: the higher, the sooner.", min=0, max=HIGHEST_PRIORITY, show_default=False
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option(
        "--label",
        metavar="NAME=VALUE",
        help="A label to add or to change; repeat the option for several labels. Labels that decide the job's "
        "pool, its share of it or its budget cannot be changed.",
        show_default=False,
    ),
]
Timeout = Annotated[float, typer.Option(help="Seconds to wait for the answer.", min=0)]


def set_job(
    job_id: JobId,
    priority: Priority = None,
    label: Labels = None,
    timeout: Timeout = 60,
    stack: Stack = None,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Change the priority or the labels of a job that waits.

    The exit status is 1 if the job waits no more, or if it may not have these labels.
    """
    from jobchute.cli.awaited_answer import answer_to
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.following import clock_for
    from jobchute.cli.sending import ask

    wanted = _wanted(priority, label or [])
    deployment = deployment_of(stack, owner)
    job = deployment.own_job(job_id)
    source = ask(deployment, {"set": job.job_id, **wanted}, owner=job.owner, name=f"set-{uuid4().hex}")
    answer = answer_to(deployment, source, clock_for(timeout))
    if as_json:
        print_json(answer)
    elif _has(answer, wanted):
        say(f"{job.job_id} {answer['note']}")
    if not _has(answer, wanted):
        raise AnswerIsNoError(answer["note"])


def _wanted(priority: int | None, labels: list[str]) -> dict[str, Any]:
    """The members of the document. Raises typer.BadParameter if there are none."""
    pairs = dict(pair for text in labels if (pair := label_of(text)) is not None)
    if priority is None and not pairs:
        raise typer.BadParameter("give --priority or --label")
    return ({} if priority is None else {"priority": priority}) | ({"labels": pairs} if pairs else {})


def _has(answer: "Mapping[str, Any]", wanted: "Mapping[str, Any]") -> bool:
    """Whether the job has the values now, by this document or before it."""
    if answer["changed"]:
        return True
    labels = answer.get("labels", {})
    has_labels = all(labels.get(name) == value for name, value in wanted.get("labels", {}).items())
    return has_labels and wanted.get("priority") in (None, answer.get("priority"))
