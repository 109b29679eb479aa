"""From an SQS message to jobs: unwrap, read, validate, accept. Whatever is wrong is answered, not raised.

What is raised is what a later delivery may cure: the message goes back to its queue, and in the end to the
dead-letter queue. What one call has no time for is left to another one.
"""

import itertools
from dataclasses import replace
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.objects import ObjectGoneError, Objects, ObjectUnreadableError, OpenedObject
from jobchute.aws.s3_notifications import (
    MAX_NOTIFICATIONS,
    MalformedNotification,
    ObjectCreated,
    notification_of,
    notifications_in,
)
from jobchute.errors import NoOwnerError
from jobchute.intake.documents import BytesOfMessage, Documents, documents_of
from jobchute.intake.files import FileReader
from jobchute.intake.invocation import Continuations, Invocation, TimeIsOverError, continued_id
from jobchute.intake.process import DocumentProcessor
from jobchute.job import Source, canonical
from jobchute.ledger.continuations import Work
from jobchute.ledger.files import ReadProgress
from jobchute.ledger.versions import VersionRows
from jobchute.lifecycle.looks import looked_id
from jobchute.parsing.documents import MAX_FILE_BYTES, Position, head_bytes, read_documents
from jobchute.problems import Problem
from jobchute.requests.document import Sweep
from jobchute.requests.owners import Owners, path_without_owner
from jobchute.status.sources import claimed_source, confirmed_source, message_source

logger = Logger(child=True)


class Intake(NamedTuple):
    """continuations: what a call has no time for. buckets: that may feed the intake besides the stack's own.

    owners: whose requests are taken.
    """

    taker: DocumentProcessor
    files: FileReader
    objects: Objects
    versions: VersionRows
    continuations: Continuations
    buckets: tuple[str, ...] = ()
    owners: Owners = Owners()

    def receive(self, body: str, message_id: str, call: Invocation, *, sender_id: str = "") -> None:
        """Handle one message: request documents, notifications of objects with some, or a continuation.

        sender_id: the principal that sent it, as SQS proves.
        """
        source = self._source_of(body, message_id, sender_id)
        if source is not None:
            self._receive(body, source, call)

    def put_off(self, body: str, message_id: str, *, sender_id: str = "") -> None:
        """Leave a whole message to another call, which comes at once: a visibility time-out is ten minutes.

        A look is left to the sweep instead. Raises NoProgressError for a continuation that calls have left to
        each other too often.
        """
        value = _only_value(body)
        if looked_id(value) is not None:
            return
        work_id = continued_id(value)
        if work_id is None:
            source = self._source_of(body, message_id, sender_id)
            if source is not None:
                self.continuations.hand_over(Work(source, body))
            return
        work = self.continuations.find(work_id)
        if work is not None:
            self.continuations.leave(work)

    def _source_of(self, body: str, message_id: str, sender_id: str) -> Source | None:
        """The message, with the owner of the documents in it; None where it was rejected for lacking one.

        Whoever sends a notification or a continuation says nothing about whose the request is.
        """
        source = message_source(message_id)
        try:
            is_owned = bool(self.owners.by_name) and _has_documents(_only_value(body))
            return replace(source, owner=self.owners.of_sender(sender_id)) if is_owned else source
        except NoOwnerError as error:
            self.taker.reject(source, [Problem("", "NO_OWNER", str(error))])
            return None

    def _receive(self, body: str, source: Source, call: Invocation) -> None:
        value = _only_value(body)
        work_id = continued_id(value)
        if work_id is not None:
            self._go_on(work_id, call)
            return
        job_id = looked_id(value)
        if job_id is not None:
            self._look(job_id)
            return
        try:
            notifications = notifications_in(value)
        except MalformedNotification as error:
            self.taker.reject(source, [Problem("", "MALFORMED_NOTIFICATION", str(error))])
            return
        if notifications is None:
            self._take(BytesOfMessage(body.encode()), source, call, again=body)
        else:
            self._take_objects([*dict.fromkeys(notifications)], source, call)

    def _go_on(self, work_id: str, call: Invocation) -> None:
        """Take up work that another call has left, as the ledger knows it."""
        work = self.continuations.find(work_id)
        if work is None:
            # It has expired, or anyone has sent an id of their own: there is no request in it to answer.
            logger.warning("no work is left under this id; the message is dropped", continuation=work_id)
            return
        self._receive(work.body, work.source, call)

    def _look(self, job_id: str) -> None:
        """The message need not come back: a look that is overdue is made by the sweep."""
        try:
            self.taker.lifecycle.look(job_id)
        except Exception:
            logger.exception("a waiting job could not be looked at, the sweep does it", job_id=job_id)

    def _take_objects(self, objects: list[ObjectCreated], source: Source, call: Invocation) -> None:
        """Each object of several gets a message, and with it a share of time and a fate, of its own.

        source: of the message; in a continuation, of its object.
        """
        if len(objects) > MAX_NOTIFICATIONS:
            rule = f"a message tells of at most {MAX_NOTIFICATIONS} objects, not {len(objects)}; send several"
            self.taker.reject(source, [Problem("", "TOO_MANY_NOTIFICATIONS", rule)])
            return
        for created in objects:
            claimed = claimed_source(created, self.objects.bucket)
            if claimed is None:
                continue
            if len(objects) > 1:
                self.continuations.hand_over(Work(claimed, canonical(notification_of(created))))
            else:
                self._take_object(created, source if source.uri == claimed.uri else claimed, call)

    def _take_object(self, created: ObjectCreated, source: Source, call: Invocation) -> None:
        if created.bucket not in (self.objects.bucket, *self.buckets):
            rule = f"this deployment does not read the bucket {created.bucket}; list it in jobchute:buckets"
            self._reject_unread(source, Problem("", "BUCKET_NOT_ALLOWED", rule))
            return
        try:
            owner = self.owners.of_object(created.bucket, created.key, own_bucket=self.objects.bucket)
        except NoOwnerError as error:
            self._reject_unread(source, Problem("", "NO_OWNER", str(error)))
            return
        source = replace(source, owner=owner)
        try:
            opened = self.objects.open(created, head_bytes=head_bytes(created.key))
            self._take_opened(opened, source, call)
        except ObjectGoneError:
            self._answer_gone(source)
        except ObjectUnreadableError as error:
            rule = f"S3 lets Jobchute read neither this object nor this version of it ({error})"
            self._reject_unread(source, Problem("", "OBJECT_UNREADABLE", rule))

    def _take_opened(self, opened: OpenedObject, source: Source, call: Invocation) -> None:
        source = confirmed_source(
            source, version_id=opened.created.version_id, modified_at=opened.modified_at, etag=opened.etag
        )
        self.versions.remember(source, lambda: self.objects.is_current(opened))
        if opened.size > MAX_FILE_BYTES:
            rule = f"a request file has at most {MAX_FILE_BYTES} bytes, not {opened.size}; split it"
            self.taker.reject(source, [Problem("", "FILE_TOO_LARGE", rule)])
            return
        documents = documents_of(self.objects, opened)
        self._take(documents, source, call, again=canonical(notification_of(opened.created)))

    def _answer_gone(self, source: Source) -> None:
        """A file that was read in part keeps its answers; any other answer stays in its place, too."""
        if not self.files.lose(source):
            rule = "the object was deleted before it was read; upload it again"
            self._reject_unread(source, Problem("", "OBJECT_GONE", rule))

    def _reject_unread(self, source: Source, problem: Problem) -> None:
        """As S3 has not confirmed this version, the answer replaces no other one."""
        self.taker.reject(replace(source, sequencer=""), [problem])

    def _take(self, documents: Documents, source: Source, call: Invocation, *, again: str) -> None:
        """again: the body of a message that brings the same documents once more."""
        try:
            left = self._take_in_time(documents, source, call)
        except TimeIsOverError:
            left = ReadProgress()
        if left is not None:
            self.continuations.leave(Work(source, again), progress=(left.position.index, left.combination))

    def _take_in_time(self, documents: Documents, source: Source, call: Invocation) -> ReadProgress | None:
        """Returns from where another call has to go on; None where nothing is left. Raises TimeIsOverError."""
        head = list(itertools.islice(documents.read(Position(), call), 2))
        sweep = None
        if len(head) == 1:
            asked = self.taker.read(head[0], path_without_owner(documents.path, source.owner))
            if not isinstance(asked, Sweep) or asked.template.dry_run:
                self.taker.take(asked, source, call)
                return None
            sweep = asked
        return self.files.take(documents, source, call, sweep=sweep)


def _only_value(body: str) -> object:
    """What a message of one well-formed document says; None for any other."""
    documents = list(itertools.islice(read_documents(body.encode(), name="message"), 2))
    return documents[0].value if len(documents) == 1 else None


def _has_documents(value: object) -> bool:
    """Whether a message holds request documents, and not where they are."""
    try:
        is_ours = continued_id(value) is not None or looked_id(value) is not None
        return not is_ours and notifications_in(value) is None
    except MalformedNotification:
        return False
