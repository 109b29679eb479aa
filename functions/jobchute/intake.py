"""From an SQS message to jobs: unwrap, read, validate, accept. Whatever is wrong is answered, not raised.

What is raised is what a later delivery may cure: the message goes back to its queue, and in the end to the
dead-letter queue.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from jobchute.job import Source
from jobchute.lifecycle import Lifecycle
from jobchute.objects import ObjectGoneError, Objects, ObjectTooLargeError
from jobchute.requests.document import Sweep
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.notification import MalformedNotification, ObjectCreated, notifications_in
from jobchute.requests.problems import Problem
from jobchute.requests.reading import MAX_FILE_BYTES, RawDocument, read_documents
from jobchute.sources import combination_source, document_source, message_source, object_source
from jobchute.sweep_status import sweep_status_of
from jobchute.taking import Taker

OUTCOMES = ("accepted", "duplicate", "rejected", "answered")
MOST_LISTED = 1000
"""A file's own status document lists so many of its documents; each has a status document besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """guard_rails: what this deployment allows beyond what the providers' models do."""

    lifecycle: Lifecycle
    objects: Objects
    guard_rails: GuardRails

    @property
    def taker(self) -> Taker:
        return Taker(lifecycle=self.lifecycle, objects=self.objects, guard_rails=self.guard_rails)

    def receive(self, body: str, message_id: str) -> None:
        """Handle one message: request documents, or notifications of objects that hold some."""
        documents = list(itertools.islice(read_documents(body.encode(), name="message"), 2))
        notifications = None
        if len(documents) == 1 and not documents[0].problems:
            try:
                notifications = notifications_in(documents[0].value)
            except MalformedNotification as error:
                self.taker.reject(
                    message_source(message_id), [Problem("", "MALFORMED_NOTIFICATION", str(error))]
                )
                return
        if notifications is None:
            self._take(body.encode(), message_source(message_id), name="message", path="")
            return
        for created in notifications:
            self._take_object(created)

    def _take_object(self, created: ObjectCreated) -> None:
        source = object_source(created, self.objects.bucket)
        if source is None:
            return
        self.lifecycle.watcher.ledger.remember_version(source)
        try:
            data = self.objects.read(created, largest=MAX_FILE_BYTES)
        except ObjectGoneError:
            problem = Problem("", "OBJECT_GONE", "the object was deleted before it was read; upload it again")
            self.taker.reject(source, [problem])
        except ObjectTooLargeError as error:
            rule = f"a request file has at most {MAX_FILE_BYTES} bytes, not {error}; split it"
            self.taker.reject(source, [Problem("", "FILE_TOO_LARGE", rule)])
        else:
            self._take(data, source, name=created.key, path=created.key)

    def _take(self, data: bytes, source: Source, *, name: str, path: str) -> None:
        documents = read_documents(data, name=name)
        head = list(itertools.islice(documents, 2))
        if len(head) == 1:
            self._take_document(head[0], source, path)
        else:
            self._take_each(itertools.chain(head, documents), source, path)

    def _take_each(self, documents: Iterable[RawDocument], file: Source, path: str) -> None:
        """Several documents of one file: each has a status document, and the file's own one lists them."""
        listed: list[dict[str, Any]] = []
        counts = dict.fromkeys(OUTCOMES, 0)
        for document in documents:
            for answer in self._take_document(document, document_source(file, document.index), path):
                counts[next(outcome for outcome in OUTCOMES if outcome in answer)] += 1
                if len(listed) < MOST_LISTED:
                    listed.append({"document": document.index, **answer})
        summary = {"source": {"uri": file.uri, "version": file.version}, **counts, "documents": listed}
        self.taker.answer(file, summary)

    def _take_document(self, document: RawDocument, source: Source, path: str) -> list[dict[str, Any]]:
        """Returns what became of the document, or of each of its combinations."""
        asked = self.taker.read(document, path)
        if not isinstance(asked, Sweep) or asked.template.dry_run:
            answer = self.taker.take(asked, source)
            return [{answer.outcome: answer.job_id, "status": source.status_key}]
        return list(self._take_combinations(asked, source))

    def _take_combinations(self, sweep: Sweep, source: Source) -> Iterator[dict[str, Any]]:
        counts = dict.fromkeys(OUTCOMES, 0)
        for combination in sweep.combinations():
            part = combination_source(source, combination.number)
            answer = self.taker.take(combination.submission, part)
            counts[answer.outcome] += 1
            yield {
                "combination": combination.number,
                answer.outcome: answer.job_id,
                "status": part.status_key,
            }
        self.taker.answer(source, {**counts, **sweep_status_of(sweep, source)})
