"""The document and the API of a ledger row. Pure."""

from jobchute.job import Api, Job
from jobchute.requests.document import api_of_path
from jobchute.requests.owners import path_without_owner
from jobchute.status.sources import OBJECT


def document_of(job: Job) -> str:
    """The job's document: the file or message, with its index if the file has several documents."""
    source = job.source
    part = "" if source.combination is None else f"/{source.combination}"
    return source.uri if source.index == 0 and not part else f"{source.uri}#{source.index}{part}"


def api_of(job: Job) -> Api | None:
    """The job's API. A rejection has none, but the path of its file may name one."""
    if job.api is not None or not job.source.uri.startswith(OBJECT):
        return job.api
    key = job.source.uri.removeprefix(OBJECT).partition("/")[2]
    return api_of_path(path_without_owner(key, job.owner))
