"""Dependency cycles among the documents of a command."""

from collections.abc import Iterable

from jobchute.cli.document_checks import Checked
from jobchute.job import ids_named
from jobchute.requests.document import Submission

IN_CIRCLE = "these documents wait for each other in a circle; remove one of them from `after`"


def waits(document: Checked) -> bool:
    """Whether a document names jobs under `after`; only these can be in a circle."""
    return isinstance(document.asked, Submission) and bool(document.asked.after)


def circle_among(documents: Iterable[Checked]) -> str | None:
    """The first circle, as `a after b after a`; None if there is none.

    Circles through jobs of the ledger are not found here: the deployment finds them.
    """
    names: dict[str, str] = {}
    after: dict[str, list[str]] = {}
    for document in documents:
        asked, job_id = document.asked, document.job_id
        if isinstance(asked, Submission) and job_id is not None:
            names[job_id] = asked.idempotency_key or job_id
            owner = document.file.owner
            after[job_id] = [each_id for each in asked.after for each_id in ids_named(each.target, owner)]
    circle = _first_circle(after)
    return None if circle is None else " after ".join(names[job_id] for job_id in circle)


def _first_circle(after: dict[str, list[str]]) -> list[str] | None:
    """Remove jobs whose dependencies are all removed; a job that is left leads into a circle."""
    left = {job_id: {other for other in others if other in after} for job_id, others in after.items()}
    while free := [job_id for job_id, others in left.items() if not others & left.keys()]:
        for job_id in free:
            del left[job_id]
    if not left:
        return None
    way = [next(iter(left))]
    while (following := min(left[way[-1]] & left.keys())) not in way:
        way.append(following)
    return [*way[way.index(following) :], following]
