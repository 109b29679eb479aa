"""jobchute jobs request"""

from typing import TYPE_CHECKING, Any

import typer

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.options import AsJson, JobId, OwnerName, Stack
from jobchute.cli.output import print_json, say

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.job import Job


def request(job_id: JobId, stack: Stack = None, owner: OwnerName = None, as_json: AsJson = False) -> None:
    """Print the document that runs a job again, in YAML, for a file to change and to submit.

    It is what `jobchute retry` sends: the document as it was sent, with a new name and idempotency key.
    """
    from jobchute.cli.deployment import deployment_of
    from jobchute.cli.yaml_text import yaml_of

    deployment = deployment_of(stack, owner)
    job = deployment.own_job(job_id)
    document = _document_of(deployment, job)
    if as_json:
        print_json(document)
    else:
        typer.echo(yaml_of(document), nl=False)
    if _has_secrets(document):
        say("this document has what the request had, secrets included: keep it as you keep those", err=True)


def _document_of(deployment: "Deployment", job: "Job") -> dict[str, Any]:
    from jobchute.cli.job_sources import document_of
    from jobchute.cli.retry_sending import after_of, new_retry
    from jobchute.job import State

    if job.state is State.REJECTED:
        raise AnswerIsNoError(
            f"{job.job_id} was rejected, and only its file has the request: {document_of(job)}"
        )
    return new_retry(deployment, job) | after_of(deployment, job)


def _has_secrets(document: dict[str, Any]) -> bool:
    """Whether its request has values that are masked elsewhere, as it is or with one of its alternatives."""
    from jobchute.masking import masked
    from jobchute.requests.matrix import replaced, steps_of

    request = document["request"]
    changes = [change for each in document.get("alternatives", ()) for change in each.items()]
    changed = [replaced(request, steps_of(path, request, path, []), value) for path, value in changes]
    return any(masked(body) != body for body in (request, *changed))
