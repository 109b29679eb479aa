"""Dead letters: messages that could not be handled are reported, in the ledger and to their senders.

A message that failed too often lies in a queue that triggers no function. The reconciler reads it: each message
gets a row in the ledger, and a request file or message also a status document that says so. Only announcements
that were repeated are deleted: `jobchute dlq redrive` sends the rest again. Bodies are never written down, as
they may hold secrets.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.objects import Objects
from jobchute.aws.queues import Message, Queue
from jobchute.dead_letters.messages import (
    DeadLetterKind,
    about,
    job_ids_in,
    jobs_put_aside,
    json_of,
    message_sources,
)
from jobchute.errors import NoOwnerError
from jobchute.job import Source, iso
from jobchute.ledger.continuations import ContinuationRows
from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows
from jobchute.ledger.object_order import is_confirmed
from jobchute.ledger.versions import VersionRows
from jobchute.lifecycle.announce_again import Reteller
from jobchute.lifecycle.postponed import put_aside_in
from jobchute.requests.owners import Owners

logger = Logger(child=True)

# Of one queue in one reconciliation.
MAX_LOOKED_AT = 500
SPARE_SECONDS = 5
# S3's time of an object's version has whole seconds, and notifications take a moment.
MARGIN_SECONDS = 60
ABOUT_ANOTHER = frozenset({"cancel", "set", "duplicate"})
"""Members of answers that show a job of another document."""


class DeadLetters(NamedTuple):
    """bucket of objects: where requests came in, and where status documents go. owners: of the requests.

    reteller: repeats announcements that were put aside because of a passing error.
    """

    queues: Mapping[DeadLetterKind, Queue]
    rows: DeadLetterRows
    continuations: ContinuationRows
    versions: VersionRows
    objects: Objects
    reteller: Reteller
    now: Callable[[], float]
    owners: Owners = Owners()
    max_looked_at: int = MAX_LOOKED_AT

    def report_new(self, *, time_left: Callable[[], float]) -> int:
        """Report the new messages in the queues. Returns how many there were.

        An error with one message or queue is logged and does not keep the others from their turn; the next
        reconciliation tries again.
        """
        found = 0
        for kind, queue in self.queues.items():
            try:
                found += self._report_queue(kind, queue, time_left)
            except Exception:
                logger.exception("dead-letter queue not read", queue=queue.name)
        return found

    def _report_queue(self, kind: DeadLetterKind, queue: Queue, time_left: Callable[[], float]) -> int:
        waiting, _ = queue.count()
        if not waiting:
            return 0
        found = 0
        with queue.looking(self.max_looked_at) as messages:
            for message in messages:
                if time_left() < SPARE_SECONDS:
                    break
                try:
                    if kind is DeadLetterKind.STREAM and self._is_repeated(queue, message):
                        continue
                    found += self._report(kind, queue, message)
                except Exception:
                    logger.exception("dead letter not reported", message_id=message.message_id)
        return found

    def _is_repeated(self, queue: Queue, message: Message) -> bool:
        """Whether a change that was put aside for a passing error is announced again; its letter is deleted.

        If that fails again, another letter comes, and the waits between two tries grow.
        """
        record = put_aside_in(json_of(message.body))
        if record is None or record.is_permanent or not self.reteller.retell_by_id(record.job_id):
            return False
        queue.delete(message)
        self.rows.remove(queue.name, message.message_id)
        logger.info(
            "announcement repeated", job_id=record.job_id, message_id=message.message_id, codes=record.codes
        )
        return True

    def _report(self, kind: DeadLetterKind, queue: Queue, message: Message) -> bool:
        """The row is written last: while it is missing, each reconciliation repeats all of this."""
        if self.rows.is_known(queue.name, message.message_id):
            return False
        is_intake = kind is DeadLetterKind.INTAKE
        sources = message_sources(message, self.objects.bucket, self.continuations.source) if is_intake else []
        letter = DeadLetter(
            queue=queue.name,
            place=kind,
            message_id=message.message_id,
            first_seen_at=iso(self.now()),
            sent_at=iso(message.sent_at),
            # This read was no delivery.
            deliveries=max(message.receive_count - 1, 0),
            about=tuple(map(_reference, sources)) or about(kind, message.body),
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
        """Write it into the status document, unless the request was answered since, or a newer version came.

        A file that was read in part keeps the answers to that part.
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
        """Whether the answer is to an older version of the object, even if it was written later.

        The answer to a cancellation, a change or a duplicate names the source of the job instead.
        """
        if "jobId" in answer and not ABOUT_ANOTHER.isdisjoint(answer):
            return False
        version = answer.get("source", {}).get("version")
        return bool(version and source.version != version) and self.versions.is_known_newest(source)

    def _is_since(self, written_at: float, source: Source, message: Message) -> bool:
        """Whether an answer is later than the message. S3's times have whole seconds.

        If S3 has not confirmed the object, the message is only a claim, whenever it was sent: the answer is
        earlier if S3 has a version that was uploaded after it.
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
    """It has no `state`: whether there will be a job is not known."""
    tries = f" after {letter.deliveries} deliveries" if letter.deliveries else ""
    return {
        "deadLetter": {
            "messageId": letter.message_id,
            "queue": letter.queue,
            "firstSeenAt": letter.first_seen_at,
            "deliveries": letter.deliveries,
        },
        "note": f"could not be processed{tries}; an operator must redrive it: "
        f"jobchute dlq redrive {letter.message_id}",
        "source": {"uri": source.uri, "version": source.version},
    }


def _reference(source: Source) -> str:
    return f"{source.uri}?version={source.version}" if source.version else source.uri
