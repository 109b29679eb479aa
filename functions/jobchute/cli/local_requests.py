"""The jobs of a request file on this machine."""

import os.path
from pathlib import Path
from typing import TYPE_CHECKING

from jobchute.job import Job

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment


def jobs_of_local_file(deployment: "Deployment", target: str) -> list[Job]:
    """The jobs that the documents of a file have become, whichever way they were sent, in their order.

    target: a path; `#N` behind it means one document, and `#N/M` one combination of its matrix. Documents
    whose envelope is broken are left out. One read for 100 documents.
    """
    from jobchute.cli.job_lookup import DOCUMENT

    part = DOCUMENT.search(target)
    path, wanted = (target[: part.start()], part.group()) if part else (target, "")
    if not os.path.isfile(path):
        return []
    ids = _ids_in(Path(path), wanted, deployment.owner)
    return list(deployment.ledger.get_many(ids))


def _ids_in(path: Path, wanted: str, owner: str | None) -> list[str]:
    from jobchute.cli.document_checks import check
    from jobchute.cli.request_files import read_files

    (file,) = read_files([path], None, owner)
    documents = [each for each in check(file) if each.job_id is not None]
    return [str(each.job_id) for each in documents if not wanted or each.shown == f"{file.shown}{wanted}"]
