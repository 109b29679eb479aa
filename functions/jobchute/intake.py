"""From an SQS message to jobs: unwrap, read, validate, accept. Whatever is wrong is answered, not raised.

What is raised is what a later delivery may cure: the message goes back to its queue, and in the end to the
dead-letter queue. What one call has no time for is left to another message.
"""

import itertools
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.calls import Call, Continuations, continued_id
from jobchute.continuation_rows import Work
from jobchute.documents import BytesOfMessage, Documents, documents_of
from jobchute.files import FileTaker
from jobchute.job import Source, canonical
from jobchute.objects import ObjectGoneError, Objects, ObjectTooLargeError
from jobchute.requests.document import Sweep
from jobchute.requests.notification import (
    MalformedNotification,
    ObjectCreated,
    notification_of,
    notifications_in,
)
from jobchute.requests.problems import Problem
from jobchute.requests.reading import MAX_FILE_BYTES, Position, head_bytes, read_documents
from jobchute.sources import message_source, object_source
from jobchute.taking import Taker
from jobchute.version_rows import VersionRows

logger = Logger(child=True)


class Intake(NamedTuple):
    """continuations: the intake queue, for what a call has no time for."""

    taker: Taker
    files: FileTaker
    objects: Objects
    versions: VersionRows
    continuations: Continuations

    def receive(self, body: str, message_id: str, call: Call) -> None:
        """Handle one message: request documents, notifications of objects that hold some, or a continuation."""
        self._receive(body, message_source(message_id), call)

    def _receive(self, body: str, source: Source, call: Call) -> None:
        documents = list(itertools.islice(read_documents(body.encode(), name="message"), 2))
        notifications = None
        if len(documents) == 1 and not documents[0].problems:
            work_id = continued_id(documents[0].value)
            if work_id is not None:
                self._go_on(work_id, call)
                return
            try:
                notifications = notifications_in(documents[0].value)
            except MalformedNotification as error:
                self.taker.reject(source, [Problem("", "MALFORMED_NOTIFICATION", str(error))])
                return
        if notifications is None:
            self._take(BytesOfMessage(body.encode()), source, call, again=body)
            return
        for created in notifications:
            self._take_object(created, call)

    def _go_on(self, work_id: str, call: Call) -> None:
        """Take up work that another call has left, as the ledger knows it."""
        work = self.continuations.find(work_id)
        if work is None:
            # It has expired, or anyone has sent an id of their own: there is no request in it to answer.
            logger.warning("no work is left under this id; the message is dropped", continuation=work_id)
            return
        self._receive(work.body, work.source, call)

    def _take_object(self, created: ObjectCreated, call: Call) -> None:
        source = object_source(created, self.objects.bucket)
        if source is None:
            return
        self.versions.remember(source)
        try:
            opened = self.objects.open(created, largest=MAX_FILE_BYTES, head_bytes=head_bytes(created.key))
            documents = documents_of(self.objects, opened)
            self._take(documents, source, call, again=canonical(notification_of(created)))
        except ObjectGoneError:
            problem = Problem("", "OBJECT_GONE", "the object was deleted before it was read; upload it again")
            self.taker.reject(source, [problem])
        except ObjectTooLargeError as error:
            rule = f"a request file has at most {MAX_FILE_BYTES} bytes, not {error}; split it"
            self.taker.reject(source, [Problem("", "FILE_TOO_LARGE", rule)])

    def _take(self, documents: Documents, source: Source, call: Call, *, again: str) -> None:
        """again: the body of a message that brings the same documents once more."""
        head = list(itertools.islice(documents.read(Position()), 2))
        sweep = None
        if len(head) == 1:
            asked = self.taker.read(head[0], documents.path)
            if not isinstance(asked, Sweep) or asked.template.dry_run:
                self.taker.take(asked, source, call)
                return
            sweep = asked
        left = self.files.take(documents, source, call, sweep=sweep)
        if left is not None:
            self.continuations.leave(Work(source, again), progress=(left.position.index, left.combination))
