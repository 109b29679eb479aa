"""From notifications of objects to their documents: each object is opened in the version that was announced."""

from dataclasses import replace
from typing import NamedTuple

from jobchute.aws.objects import ObjectGoneError, Objects, ObjectUnreadableError, OpenedObject
from jobchute.aws.s3_notifications import MAX_NOTIFICATIONS, ObjectCreated, notification_of
from jobchute.errors import NoOwnerError
from jobchute.intake.documents import documents_of
from jobchute.intake.files import FileReader
from jobchute.intake.invocation import Continuations, Invocation
from jobchute.intake.process import DocumentProcessor
from jobchute.intake.sources import SourceReader
from jobchute.job import Source, canonical
from jobchute.ledger.continuations import Work
from jobchute.ledger.versions import VersionRows
from jobchute.parsing.documents import MAX_FILE_BYTES, head_bytes
from jobchute.problems import Problem
from jobchute.requests.owners import Owners
from jobchute.status.sources import claimed_source, confirmed_source


class ObjectReader(NamedTuple):
    """buckets: that may feed the intake besides the stack's own. owners: whose requests are accepted."""

    sources: SourceReader
    processor: DocumentProcessor
    files: FileReader
    objects: Objects
    versions: VersionRows
    continuations: Continuations
    buckets: tuple[str, ...] = ()
    owners: Owners = Owners()

    def process(self, notified: list[ObjectCreated], source: Source, call: Invocation) -> None:
        """Process the objects of one message. Of several, each gets a message, and with it a share of time and
        retries, of its own.

        source: of the message; in a continuation, of its object.
        """
        if len(notified) > MAX_NOTIFICATIONS:
            rule = f"a message may name at most {MAX_NOTIFICATIONS} objects, not {len(notified)}; send several"
            self.processor.reject(source, [Problem("", "TOO_MANY_NOTIFICATIONS", rule)])
            return
        for created in notified:
            claimed = claimed_source(created, self.objects.bucket)
            if claimed is None:
                continue
            if len(notified) > 1:
                self.continuations.hand_over(Work(claimed, canonical(notification_of(created))))
            else:
                self._process(created, source if source.uri == claimed.uri else claimed, call)

    def _process(self, created: ObjectCreated, source: Source, call: Invocation) -> None:
        if created.bucket not in (self.objects.bucket, *self.buckets):
            rule = f"this deployment does not read the bucket {created.bucket}; add it to jobchute:buckets"
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
            self._process_opened(opened, source, call)
        except ObjectGoneError:
            self._answer_gone(source)
        except ObjectUnreadableError as error:
            rule = f"S3 does not let Jobchute read this object, or this version of it ({error})"
            self._reject_unread(source, Problem("", "OBJECT_UNREADABLE", rule))

    def _process_opened(self, opened: OpenedObject, source: Source, call: Invocation) -> None:
        created = opened.created
        source = confirmed_source(
            source, version_id=created.version_id, modified_at=opened.modified_at, etag=opened.etag
        )
        self.versions.remember(source, lambda: self.objects.is_current(opened))
        if opened.size > MAX_FILE_BYTES:
            rule = f"a request file has at most {MAX_FILE_BYTES} bytes, not {opened.size}; split it"
            self.processor.reject(source, [Problem("", "FILE_TOO_LARGE", rule)])
            return
        again = canonical(notification_of(created))
        self.sources.process(documents_of(self.objects, opened), source, call, again=again)

    def _answer_gone(self, source: Source) -> None:
        """A file that was read in part keeps its answers; any other answer stays in its place, too."""
        if not self.files.lose(source):
            rule = "the object was deleted before it was read; upload it again"
            self._reject_unread(source, Problem("", "OBJECT_GONE", rule))

    def _reject_unread(self, source: Source, problem: Problem) -> None:
        """As S3 has not confirmed this version, the answer replaces no other one."""
        self.processor.reject(replace(source, sequencer=""), [problem])
