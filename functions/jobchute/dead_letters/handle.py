"""Dead letters: what could not be handled, made known in the ledger and to whoever waits for an answer.

A message that failed too often lies in a queue that nothing reads. The sweep looks there: each message gets a
row in the ledger, and a request file or message besides a status document that says so. Nothing is taken away
but announcements that the sweep has made again: `jobchute dlq redrive` brings back the rest. Bodies are never
written down, as they may hold secrets.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.objects import Objects
from jobchute.aws.queues import Message, Queue
from jobchute.aws.s3_notifications import MAX_NOTIFICATIONS, MalformedNotification, notifications_in
from jobchute.errors import NoOwnerError
from jobchute.intake.invocation import continued_id
from jobchute.job import Source, iso, job_id_of
from jobchute.ledger.continuations import ContinuationRows
from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows
from jobchute.ledger.object_order import is_confirmed
from jobchute.ledger.versions import VersionRows
from jobchute.lifecycle.announce_again import Reteller
from jobchute.lifecycle.name_checks import checked_id
from jobchute.lifecycle.postponed import put_aside_in
from jobchute.providers.registry import SPECS
from jobchute.requests.document import Submission, parse_document
from jobchute.requests.owners import Owners
from jobchute.status.sources import claimed_source, message_source

logger = Logger(child=True)

# Of one queue in one sweep.
MAX_LOOKED_AT = 500
SPARE_SECONDS = 5
MAX_TEXT = 300
# S3's time of an object's version has whole seconds, and notifications take a moment.
MARGIN_SECONDS = 60


class DeadLetterKind(StrEnum):
    """The three queues where dead letters lie."""

    INTAKE = "intake"
    EVENTS = "events"
    STREAM = "stream"


class DeadLetters(NamedTuple):
    """bucket of objects: where requests came in, and where status documents go. owners: of the requests.

    reteller: for what the stream's function has put aside for trouble that passes.
    """

    queues: Mapping[DeadLetterKind, Queue]
    rows: DeadLetterRows
    continuations: ContinuationRows
    versions: VersionRows
    objects: Objects
    reteller: Reteller
    now: Callable[[], float]
    owners: Owners = Owners()

    def sweep(self, *, time_left: Callable[[], float]) -> int:
        """Make known what is new in the queues. Returns how many messages were.

        Trouble with one message or queue is logged and keeps no other from its turn; the next sweep tries it.
        """
        found = 0
        for place, queue in self.queues.items():
            try:
                found += self._look_into(place, queue, time_left)
            except Exception:
                logger.exception("a dead-letter queue could not be looked into", queue=queue.name)
        return found

    def _look_into(self, place: DeadLetterKind, queue: Queue, time_left: Callable[[], float]) -> int:
        waiting, _ = queue.count()
        if not waiting:
            return 0
        found = 0
        with queue.looking(MAX_LOOKED_AT) as messages:
            for message in messages:
                if time_left() < SPARE_SECONDS:
                    break
                try:
                    if place is DeadLetterKind.STREAM and self._is_retold(queue, message):
                        continue
                    found += self._make_known(place, queue, message)
                except Exception:
                    logger.exception("a dead letter could not be made known", message_id=message.message_id)
        return found

    def _is_retold(self, queue: Queue, message: Message) -> bool:
        """Whether a change that was put aside for trouble that passes is announced again; its letter goes then.

        Where that fails again, another letter comes, and the waits between two tries grow.
        """
        record = put_aside_in(_json(message.body))
        if record is None or record.is_permanent or not self.reteller.retell_by_id(record.job_id):
            return False
        queue.delete(message)
        self.rows.remove(queue.name, message.message_id)
        logger.info("retold", job_id=record.job_id, message_id=message.message_id, codes=record.codes)
        return True

    def _make_known(self, place: DeadLetterKind, queue: Queue, message: Message) -> bool:
        """The row comes last: while it is missing, every sweep does all of this again."""
        if self.rows.is_known(queue.name, message.message_id):
            return False
        is_intake = place is DeadLetterKind.INTAKE
        sources = message_sources(message, self.objects.bucket, self.continuations.source) if is_intake else []
        letter = DeadLetter(
            queue=queue.name,
            place=place,
            message_id=message.message_id,
            first_seen_at=iso(self.now()),
            sent_at=iso(message.sent_at),
            # This look was no delivery.
            deliveries=max(message.receive_count - 1, 0),
            about=tuple(map(_reference, sources)) or about(place, message.body),
            job_ids=self._job_ids(message) if is_intake else jobs_put_aside(message.body),
        )
        for source in sources:
            self._answer(source, letter, message)
        logger.error("dead letter", queue=queue.name, message_id=message.message_id, about=letter.about)
        return self.rows.add(letter)

    def _job_ids(self, message: Message) -> tuple[str, ...]:
        try:
            owner = self.owners.of_sender(message.sender_id)
        except NoOwnerError:
            return ()  # It would be rejected.
        return tuple(job_ids_in(message.body, owner))

    def _answer(self, source: Source, letter: DeadLetter, message: Message) -> None:
        """Say so in the status document, unless the request was answered since, or a newer version came.

        Of a file of which a part was taken, the answers to that part stay in it.
        """
        written_at = self.objects.written_at(source.status_key)
        is_answered = written_at is not None and self._is_since(written_at, source, message)
        answer = (self.objects.document(source.status_key) if is_answered else None) or {}
        if self._is_of_older(answer, source):
            answer, is_answered = {}, False
        is_half_read = not answer.get("progress", {}).get("finished", True)
        if (is_half_read or not is_answered) and self._is_newest(source, message):
            self.objects.write(source.status_key, {**answer, **status_of_dead_letter(source, letter)})

    def _is_of_older(self, answer: Mapping[str, Any], source: Source) -> bool:
        """Whether what was answered is an older version of the object, however late that answer was written."""
        version = answer.get("source", {}).get("version")
        return bool(version and source.version != version) and self.versions.is_known_newest(source)

    def _is_since(self, written_at: float, source: Source, message: Message) -> bool:
        """Whether an answer is later than what the message asks for. S3 tells whole seconds.

        Of an object that S3 has not confirmed the message is only a claim, whenever it was sent: an answer is
        earlier where S3 has a version that was uploaded after it.
        """
        if written_at >= int(message.sent_at):
            return True
        if is_confirmed(source):
            return False
        uploaded_at = self.objects.uploaded_at(source.uri)
        return uploaded_at is None or uploaded_at <= written_at

    def _is_newest(self, source: Source, message: Message) -> bool:
        """Whether no newer version is known. One that S3 has not confirmed is as old as its message."""
        if self.versions.is_newest(source):
            return True
        is_later = not self.versions.is_known_since(source.uri, message.sent_at - MARGIN_SECONDS)
        return not is_confirmed(source) and is_later


def status_of_dead_letter(source: Source, letter: DeadLetter) -> dict[str, Any]:
    """It has no `state`: nobody knows whether there will be a job."""
    tries = f" after {letter.deliveries} deliveries" if letter.deliveries else ""
    return {
        "deadLetter": {
            "messageId": letter.message_id,
            "queue": letter.queue,
            "firstSeenAt": letter.first_seen_at,
            "deliveries": letter.deliveries,
        },
        "note": f"could not be handled{tries}; an operator must redrive it: "
        f"jobchute dlq redrive {letter.message_id}",
        "source": {"uri": source.uri, "version": source.version},
    }


def message_sources(
    message: Message, own_bucket: str, continued: Callable[[str], Source | None]
) -> list[Source]:
    """What an intake message asks to be read: the objects that it announces, what it goes on with, else itself.

    continued: ContinuationRows.source.
    The message has failed before, so no more than JSON is read here, which is quick whatever is in it.
    """
    value = _json(message.body)
    if checked_id(value) is not None:
        return []  # The reconciler has made the check.
    work_id = continued_id(value)
    if work_id is not None:
        source = continued(work_id)
        return [] if source is None else [source]
    try:
        notifications = notifications_in(value)
    except MalformedNotification:
        notifications = None
    if notifications is None:
        return [message_source(message.message_id)]
    if len(notifications) > MAX_NOTIFICATIONS:
        return [message_source(message.message_id)]
    sources = (claimed_source(created, own_bucket) for created in dict.fromkeys(notifications))
    return [source for source in sources if source is not None]


def job_ids_in(body: str, owner: str | None = None) -> list[str]:
    """The id of the job that an owner's message asks for, where it is a document itself."""
    try:
        parsed = parse_document(_json(body))
        if isinstance(parsed, Submission):
            return [job_id_of(parsed.api, parsed.request, parsed.idempotency_key, owner)]
    except (ValueError, RecursionError):
        pass
    return []


def jobs_put_aside(body: str) -> tuple[str, ...]:
    """The job whose announcement was put aside."""
    record = put_aside_in(_json(body))
    return () if record is None else _texts([record.job_id])


def about(place: DeadLetterKind, body: str) -> tuple[str, ...]:
    """What an event, or a failure of the ledger's stream, speaks of: one line of text."""
    value = _json(body)
    match place, value:
        case DeadLetterKind.STREAM, {"DDBStreamBatchInfo": {**batch}}:
            first, last = batch.get("startSequenceNumber"), batch.get("endSequenceNumber")
            return _texts([f"{batch.get('batchSize')} changes, {first} to {last}"])
        case DeadLetterKind.STREAM, {"putAside": {"changedAt": changed_at, "errors": [*codes]}}:
            return _texts([f"a change of {changed_at}: {', '.join(map(str, codes))}"])
        case DeadLetterKind.EVENTS, {"detail-type": kind, "detail": {**detail}}:
            arns = [
                detail[spec.events.arn_field]
                for spec in SPECS.values()
                if spec.events and spec.events.detail_type == kind and spec.events.arn_field in detail
            ]
            return _texts(arns[:1] or [kind])
        case _:
            return ()


def _texts(values: Iterable[object]) -> tuple[str, ...]:
    return tuple(str(value)[:MAX_TEXT].encode(errors="replace").decode() for value in values)


def _reference(source: Source) -> str:
    return f"{source.uri}?version={source.version}" if source.version else source.uri


def _json(text: str) -> Any:
    """None for what the intake refuses to read, a member that is named twice included."""
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        return None


def _once_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a member is named twice")
    return found
