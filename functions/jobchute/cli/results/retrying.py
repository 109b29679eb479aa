"""The failed and missing records of a batch, sent again as a job that names the first one.

No record is paid for twice, even if two callers run the command at once, or it stops between two steps:

- The records are written as they stand in the first input to a file beside it, whose name holds a digest of its
  content. Two callers who find the same records write the same file and send the same document, which is one
  job. - The document's key is that of the retry which follows those whose answers were read. If another
  caller's retry was accepted meanwhile, it has this key: the document is a duplicate of it, or is rejected. The
  next key that is free at that moment would send the same records once more. - If the command stops after the
  file was written, nothing refers to the file, and the next run writes it again. - While a job or a retry is
  open, or if an output is lost, nothing is sent.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NamedTuple

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.job_plans import plan_of
from jobchute.cli.output import counted, say
from jobchute.cli.results.answers import temporary_answers
from jobchute.cli.results.batches import Batch
from jobchute.cli.results.joined_files import say_counts
from jobchute.cli.results.joining import Counts, Joiner, Record, Status
from jobchute.cli.results.stored import Bucket, parts_of
from jobchute.cli.retry_documents import retry_of
from jobchute.cli.retry_sending import send_retry
from jobchute.ledger.plans import Variant
from jobchute.requests.matrix import Steps, overlap_of, replaced

if TYPE_CHECKING:
    from jobchute.cli.deployment import Deployment
    from jobchute.cli.sending import Sent

SHOWN_DIGITS = 8


class Rule(NamedTuple):
    """Which records are sent again, and the fewest that make a job.

    only_retryable: without those whose error says that they would fail again. min_count: None for the usual
    quota.
    """

    only_retryable: bool = False
    min_count: int | None = None

    def picks(self, record: Record) -> bool:
        if record.status is Status.OK:
            return False
        return not self.only_retryable or _may_succeed(record)


class Chosen(NamedTuple):
    """The input of a retry on disk. refused: how many of its records would fail again by their errors."""

    path: Path
    records: int
    refused: int
    digest: str


def retry_failed(deployment: "Deployment", bucket: Bucket, batch: Batch, rule: Rule) -> "list[Sent]":
    """Write and send the retry of one batch. Returns what was sent; nothing if every record succeeded.

    Raises AnswerIsNoError if there are too few or too many records for a job, or if outputs are lost.
    """
    with TemporaryDirectory(prefix="jobchute-") as folder:
        counts = Counts()
        with temporary_answers() as answers:
            records = Joiner(bucket, batch, answers, counts).records()
            chosen = _written(Path(folder) / "records", records, rule)
        say_counts(counts)
        _check(batch, counts, chosen, rule)
        if not chosen.records:
            say(f"{batch.first.job_id}: no record is left to send again", err=True)
            return []
        uri = _upload(bucket, batch, chosen)
    document = _document(deployment, batch)
    _say_chosen(chosen, uri)
    member = batch.records.input
    request = replaced(document["request"], tuple(member.split(".")), uri)
    return send_retry(deployment, batch.first, {**document, "request": request})


def _document(deployment: "Deployment", batch: Batch) -> dict[str, Any]:
    """The next retry after those whose answers were read: not the next one that is free now."""
    known = {retry.job_id for retry in batch.retries}
    requests = deployment.ledger.requests
    plan = plan_of(requests, batch.first)
    member = batch.records.input
    kept = [variant for variant in plan if not _changes(variant, tuple(member.split(".")))]
    if len(kept) < len(plan):
        say("alternatives that change the input are left out: they would not read these records", err=True)
    return retry_of(batch.first, requests.get(batch.first.job_id), kept, known.__contains__)


def _changes(variant: Variant, member: Steps) -> bool:
    """Whether an alternative sets a member of the request, a part of it, or what it is a part of."""
    return any([*overlap_of([tuple(steps), member])] for steps, _ in variant.changes)


def input_beside(uri: str, suffix: str, name: str) -> str:
    """A file beside an input. For a folder, beside the folder: inside, it would become a part of the input.

    Raises AnswerIsNoError for a whole bucket, which has nothing beside it.
    """
    bucket, key = parts_of(uri)
    stem = key.removesuffix(suffix).rstrip("/")
    if not stem:
        raise AnswerIsNoError(f"{uri} is a whole bucket, so nothing can be written beside it; use a folder")
    return f"s3://{bucket}/{stem}.{name}{suffix}"


def _may_succeed(record: Record) -> bool:
    return record.answer is None or record.answer.may_succeed


def _written(path: Path, records: Iterable[Record], rule: Rule) -> Chosen:
    count = refused = 0
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for record in records:
            if rule.picks(record):
                line = record.line + b"\n"
                file.write(line)
                digest.update(line)
                count += 1
                refused += not _may_succeed(record)
    return Chosen(path, count, refused, digest.hexdigest()[:SHOWN_DIGITS])


def _check(batch: Batch, counts: Counts, chosen: Chosen, rule: Rule) -> None:
    job_id = batch.first.job_id
    if counts.lost or counts.unreadable:
        raise AnswerIsNoError(
            f"{job_id}: outputs are lost or cannot be read, so records that succeeded would be sent again; "
            "nothing was sent. Restore the files, or run the whole job again: jobchute retry"
        )
    if counts.unknown:
        raise AnswerIsNoError(
            f"{job_id}: there are outputs of records that the input does not have, so it has changed since; "
            "nothing was sent. Restore the input, or submit the new one as a job of its own"
        )
    if counts.repeated:
        raise AnswerIsNoError(f"{job_id}: records share an id, so which failed is unknown; nothing was sent")
    fewest = batch.records.min_count if rule.min_count is None else rule.min_count
    if 0 < chosen.records < fewest:
        raise AnswerIsNoError(
            f"{job_id}: {counted(chosen.records, 'record')} left, and a job usually needs {fewest}; nothing "
            "was sent. Add them to your next input, or call the model for each; or give --min-records"
        )
    if chosen.records > batch.records.max_count and len(batch.jobs) > 1:
        raise AnswerIsNoError(
            f"{job_id}: {chosen.records} records are left, and a job usually takes {batch.records.max_count}; "
            "nothing was sent. Run whole parts again: jobchute retry"
        )


def _upload(bucket: Bucket, batch: Batch, chosen: Chosen) -> str:
    uri = input_beside(batch.inputs[0], batch.format.input_suffix, f"retry-{chosen.digest}")
    name, key = parts_of(uri)
    with chosen.path.open("rb") as file:
        bucket.s3.put_object(Bucket=name, Key=key, Body=file)
    return uri


def _say_chosen(chosen: Chosen, uri: str) -> None:
    say(f"{counted(chosen.records, 'record')} to send again, in {uri}", err=True)
    if chosen.refused:
        hint = "will probably fail again; --only-retryable leaves them out"
        say(f"{counted(chosen.refused, 'record')} of them failed for what they say and {hint}", err=True)
