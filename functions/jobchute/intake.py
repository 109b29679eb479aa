"""From an SQS message to jobs: unwrap, read, validate, accept. Whatever is wrong is answered, not raised.

What is raised is what a later delivery may cure: the message goes back to its queue, and in the end to the
dead-letter queue. What one call has no time for is left to another message.
"""

import itertools
from dataclasses import replace
from typing import NamedTuple

from jobchute.calls import Call, Continuations
from jobchute.documents import BytesOfMessage, Documents, documents_of
from jobchute.errors import NoOwnerError
from jobchute.files import FileTaker
from jobchute.job import Source
from jobchute.objects import ObjectGoneError, Objects, ObjectTooLargeError
from jobchute.owners import Owners, path_without_owner
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


class Intake(NamedTuple):
    """continuations: the intake queue, for what a call has no time for. owners: whose requests are taken."""

    taker: Taker
    files: FileTaker
    objects: Objects
    versions: VersionRows
    continuations: Continuations
    owners: Owners = Owners()

    def receive(
        self, body: str, message_id: str, call: Call, *, sender_id: str = "", source: Source | None = None
    ) -> None:
        """Handle one message: request documents, or notifications of objects that hold some.

        sender_id: the principal that sent it, as SQS proves. source: what is answered, and to whom it belongs,
        where the message goes on with another one's document; the functions send these themselves.
        """
        continued, source = source, source or message_source(message_id)
        documents = list(itertools.islice(read_documents(body.encode(), name="message"), 2))
        notifications = None
        if len(documents) == 1 and not documents[0].problems:
            try:
                notifications = notifications_in(documents[0].value)
            except MalformedNotification as error:
                self.taker.reject(source, [Problem("", "MALFORMED_NOTIFICATION", str(error))])
                return
        if notifications is not None:
            for created in notifications:
                self._take_object(created, call)
            return
        try:
            source = continued or replace(source, owner=self.owners.of_sender(sender_id))
        except NoOwnerError as error:
            self.taker.reject(source, [Problem("", "NO_OWNER", str(error))])
            return
        self._take(BytesOfMessage(body.encode()), source, call, again=body)

    def _take_object(self, created: ObjectCreated, call: Call) -> None:
        source = object_source(created, self.objects.bucket)
        if source is None:
            return
        self.versions.remember(source)
        try:
            owner = self.owners.of_object(created.bucket, created.key, own_bucket=self.objects.bucket)
            source = replace(source, owner=owner)
            opened = self.objects.open(created, largest=MAX_FILE_BYTES, head_bytes=head_bytes(created.key))
            documents = documents_of(self.objects, opened)
            self._take(documents, source, call, again=notification_of(created))
        except NoOwnerError as error:
            self.taker.reject(source, [Problem("", "NO_OWNER", str(error))])
        except ObjectGoneError:
            problem = Problem("", "OBJECT_GONE", "the object was deleted before it was read; upload it again")
            self.taker.reject(source, [problem])
        except ObjectTooLargeError as error:
            rule = f"a request file has at most {MAX_FILE_BYTES} bytes, not {error}; split it"
            self.taker.reject(source, [Problem("", "FILE_TOO_LARGE", rule)])

    def _take(self, documents: Documents, source: Source, call: Call, *, again: object) -> None:
        """again: the body of a message that brings the same documents once more."""
        head = list(itertools.islice(documents.read(Position()), 2))
        sweep = None
        if len(head) == 1:
            asked = self.taker.read(head[0], path_without_owner(documents.path, source.owner))
            if not isinstance(asked, Sweep) or asked.template.dry_run:
                self.taker.take(asked, source, call)
                return
            sweep = asked
        if self.files.take(documents, source, call, sweep=sweep):
            self.continuations.send(again, source)
