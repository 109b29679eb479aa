"""Finding dead letters and processing them again. Every step can be repeated."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from jobchute.aws.objects import Objects
from jobchute.aws.queues import Message, Queue
from jobchute.cli.dead_letter_queues import DeadLetterQueues
from jobchute.cli.errors import AnswerIsNoError, CannotAskError
from jobchute.dead_letters.messages import DeadLetterKind, message_sources
from jobchute.errors import NoOwnerError, UnknownJobError
from jobchute.job import Job, Source, State, iso
from jobchute.lifecycle.postponed import put_aside_in
from jobchute.requests.owners import folder_of
from jobchute.runtime import client, current
from jobchute.status.documents import status_key
from jobchute.status.sources import message_source

if TYPE_CHECKING:
    from jobchute.ledger.jobs import Ledger

FOLDER = "redriven"
"""Below an owner's folder. The name of an object in it is the id of the dead letter."""
MOST = 10_000
MIN_BEGINNING = 8
"""Characters of an id that are needed to find a dead letter."""
MAX_LISTED = 12
# Between the time of a state change in the row, and in the stream.
MARGIN_SECONDS = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Redriven:
    """sent_as: the message's new id, or the object in its owner's folder.

    retold: the jobs whose state changes are announced again.
    """

    place: DeadLetterKind
    message_id: str
    sent_as: str | None = None
    retold: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        done = {"sentAs": self.sent_as} if self.sent_as else {"jobIds": [*self.retold]}
        return {"messageId": self.message_id, "place": self.place, **done}


def whole_id(where: DeadLetterQueues, text: str) -> str:
    """The id of the dead letter that begins with a text, if the ledger knows it.

    Raises AnswerIsNoError for several.
    """
    if len(text) < MIN_BEGINNING:
        return text
    ids = [letter.message_id for letter in where.rows.all() if letter.message_id.startswith(text)]
    if text in ids or not ids:
        return text
    if len(ids) > 1:
        listed = "\n".join(f"  {each}" for each in ids[:MAX_LISTED])
        raise AnswerIsNoError(f"{text!r} matches {len(ids)} ids; nothing was done:\n{listed}")
    return ids[0]


@contextmanager
def found(where: DeadLetterQueues, message_id: str) -> Iterator[tuple[DeadLetterKind, Queue, Message]]:
    """One message, held while the block runs. Raises AnswerIsNoError, CannotAskError."""
    held = 0
    for place, queue in where.queues.items():
        with queue.looking(MOST) as messages:
            for message in messages:
                if message.message_id == message_id:
                    yield place, queue, message
                    return
        held += queue.count()[1]
    if held:
        raise CannotAskError(f"another process is reading {held} of the dead letters; try again in two minutes")
    known = [letter for letter in where.rows.all() if letter.message_id == message_id]
    for letter in known:
        where.rows.remove(letter.queue, message_id)
    gone = "; it was redriven or deleted, or its retention period has ended" if known else ""
    raise AnswerIsNoError(f"no dead letter has the id {message_id!r}{gone}; see: jobchute dlq list")


def redrive_all(where: DeadLetterQueues) -> Iterator[Redriven]:
    """Every message in the queues now. One that fails again returns only after its deliveries."""
    for place, queue in where.queues.items():
        with queue.looking(MOST) as messages:
            for message in messages:
                yield redrive(where, place, queue, message)


def redrive(where: DeadLetterQueues, place: DeadLetterKind, queue: Queue, message: Message) -> Redriven:
    """Sends the message, then deletes it and its row: a copy does no harm, a loss does."""
    if place is DeadLetterKind.STREAM:
        done = Redriven(place=place, message_id=message.message_id, retold=tuple(_retell(where, message)))
    else:
        source = _send_again(where, place, message)
        sent_as = source.uri.removeprefix("sqs://")
        if place is DeadLetterKind.INTAKE:
            _point_to_answer(where, message, source)
        done = Redriven(place=place, message_id=message.message_id, sent_as=sent_as)
    queue.delete(message)
    where.rows.remove(queue.name, message.message_id)
    return done


def _send_again(where: DeadLetterQueues, place: DeadLetterKind, message: Message) -> Source:
    """Send the message to its queue, or an owner's document to the owner's folder. Returns its new source.

    From the queue, the document would have the unique id of the principal that redrives it.
    """
    owner = _owner_of(where, message) if place is DeadLetterKind.INTAKE else None
    if owner is None:
        return message_source(where.sources[place].send(message))
    bucket, key = where.deployment.bucket, f"{folder_of(owner)}{FOLDER}/{message.message_id}"
    client("s3").put_object(Bucket=bucket, Key=key, Body=message.body.encode())
    return Source(uri=f"s3://{bucket}/{key}", status_key=status_key(key), owner=owner)


def _owner_of(where: DeadLetterQueues, message: Message) -> str | None:
    """The owner of a document in a message; None if the message is no document, or would be rejected."""
    if not _is_document(where, message):
        return None
    try:
        return where.owners.of_sender(message.sender_id)
    except NoOwnerError:
        return None


def _is_document(where: DeadLetterQueues, message: Message) -> bool:
    """Whether the message is a document itself, not a notification of documents."""
    sources = message_sources(message, where.deployment.bucket, where.continuations.source)
    return message_source(message.message_id) in sources


def _point_to_answer(where: DeadLetterQueues, message: Message, source: Source) -> None:
    """Write where the answer is: it has the id of the new message in its key."""
    if not _is_document(where, message):
        return
    sent_as, answer = source.uri.removeprefix("sqs://"), source.status_key
    note = {
        "redriven": {"messageId": sent_as, "status": answer},
        "note": f"sent again; the answer is at {answer}",
    }
    own = message_source(message.message_id)
    Objects(client("s3"), where.deployment.bucket).write(own.status_key, note)


def _retell(where: DeadLetterQueues, message: Message) -> list[str]:
    """Have the state changes of the jobs in a failed batch announced again, with the same event ids."""
    ledger = where.deployment.ledger
    body = json.loads(message.body)
    record = put_aside_in(body)
    if record is not None:
        return [record.job_id] if _touch(ledger, record.job_id) else []
    batch = body["DDBStreamBatchInfo"]
    job_ids = _in_stream(batch)
    if job_ids is None:
        job_ids = [job.job_id for job in _moved_within(ledger, batch)]
    return [job_id for job_id in job_ids if _touch(ledger, job_id)]


def _touch(ledger: "Ledger", job_id: str) -> bool:
    try:
        job = ledger.get(job_id)
        ledger.note(
            job_id,
            attempt=None,
            only_in=tuple(State),
            retold=job.retold + 1,
            retold_at=iso(current().clock.now()),
        )
    except UnknownJobError:
        return False
    return True


def _in_stream(batch: dict[str, Any]) -> list[str] | None:
    """The jobs of the batch's records; None if the stream, which keeps records for a day, has lost them."""
    streams = client("dynamodbstreams")
    try:
        iterator = streams.get_shard_iterator(
            StreamArn=batch["streamArn"],
            ShardId=batch["shardId"],
            ShardIteratorType="AT_SEQUENCE_NUMBER",
            SequenceNumber=batch["startSequenceNumber"],
        )["ShardIterator"]
        records = list(_records(streams, iterator, int(batch["batchSize"])))
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"TrimmedDataAccessException", "ResourceNotFoundException"}:
            raise
        return None
    keys = (record["dynamodb"]["Keys"] for record in records)
    return list(dict.fromkeys(key["pk"]["S"] for key in keys if key["sk"]["S"] == "JOB"))


def _records(streams: Any, iterator: str | None, wanted: int) -> Iterator[dict[str, Any]]:
    while iterator and wanted > 0:
        answer = streams.get_records(ShardIterator=iterator, Limit=min(wanted, 1000))
        if not answer["Records"]:
            return
        yield from answer["Records"]
        wanted -= len(answer["Records"])
        iterator = answer.get("NextShardIterator")


def _moved_within(ledger: "Ledger", batch: dict[str, Any]) -> Iterator[Job]:
    """The jobs that changed state in the time of the batch, by their histories."""
    first, last = (
        datetime.fromisoformat(batch[f"approximateArrivalOf{which}Record"]).timestamp()
        for which in ("First", "Last")
    )
    for state in State:
        for job in ledger.queries.by_state(state):
            if _epoch(job.updated_at) < first - MARGIN_SECONDS:
                break
            moves = (_epoch(entry["at"]) for entry in job.history)
            if any(first - MARGIN_SECONDS <= at <= last + MARGIN_SECONDS for at in moves):
                yield job


def _epoch(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()
