"""Which documents are already jobs: looked up before they are sent, and said to the user."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from jobchute.cli.document_checks import Checked
from jobchute.cli.error_messages import tool_error
from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.output import counted, say
from jobchute.job import Job, State, digest_of
from jobchute.ledger.duplicates import KEYS, not_applied_to
from jobchute.ledger.jobs import Ledger
from jobchute.lifecycle.rejections import key_used
from jobchute.requests.document import Submission
from jobchute.status.documents import not_applied_note

MAX_LINES = 3
"""Up to this number, known jobs get a line each; more are summed up in one line."""


class Known(NamedTuple):
    """A document that is already a job.

    title: how the document is shown. not_applied: its keys whose values differ from the job's.
    """

    title: str
    job: Job
    not_applied: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        differing = {"notApplied": [*self.not_applied]} if self.not_applied else {}
        return {"duplicate": True, "state": self.job.state, **differing}


def known_among(ledger: Ledger, documents: Sequence[Checked]) -> list[Known]:
    """The documents that are already jobs. If the ledger cannot be read, it prints why and returns none.

    Dry runs are left out: their answers say it. Raises AnswerIsNoError if a job with another body has the key.
    """
    asked = {
        document.job_id: (document, document.asked)
        for document in documents
        if isinstance(document.asked, Submission) and not document.asked.dry_run
    }
    try:
        jobs = list(ledger.get_many(job_id for job_id in asked if job_id is not None))
    except (ClientError, BotoCoreError) as error:
        say(f"cannot check which of these are already jobs: {tool_error(error)}", err=True)
        return []
    found = {job.job_id: job for job in jobs}
    pairs = [(*pair, found[str(job_id)]) for job_id, pair in asked.items() if job_id in found]
    _refuse_other_bodies(pairs)
    return [Known(document.title, job, not_applied_to(job, asked)) for document, asked, job in pairs]


def known_lines(known: Sequence[Known], total: int) -> Iterator[str]:
    """total: the number of jobs in all documents."""
    if len(known) <= MAX_LINES:
        yield from map(_line, known)
        return
    states = Counter(each.job.state for each in known)
    shown = ", ".join(f"{states[state]} {state}" for state in State if states[state])
    yield (
        f"{len(known)} of {counted(total, 'job')} already exist: {shown}. Nothing is submitted again; "
        "to run one again: jobchute retry ID when it has ended, or give it another idempotencyKey"
    )
    differing = Counter(key for each in known for key in each.not_applied)
    if differing:
        numbers = ", ".join(f"{key} of {differing[key]}" for key in KEYS if differing[key])
        yield f"changes that are not applied, because a job keeps what it was accepted with: {numbers}"


def _line(known: Known) -> str:
    job = known.job
    again = (
        f"to run it again: jobchute retry {job.job_id}"
        if job.state.is_final
        else "to run it a second time, give it another idempotencyKey"
    )
    line = f"{known.title} is already job {job.job_id}: {job.state}. Nothing is submitted again; {again}"
    return ". ".join(filter(None, (line, not_applied_note(known.not_applied))))


def _refuse_other_bodies(pairs: Sequence[tuple[Checked, Submission, Job]]) -> None:
    others = [pair for pair in pairs if pair[2].digest != digest_of(pair[1].api, pair[1].request)]
    for document, asked, job in others:
        problem = key_used(job.job_id, asked)
        say(f"{document.title}: {problem.path}: {problem.code}: {problem.message}", err=True)
    if others:
        raise AnswerIsNoError("nothing was sent")
