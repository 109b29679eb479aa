"""From an SQS message to jobs: unwrap, read, validate, accept. Whatever is wrong is answered, not raised.

What is raised is what a later delivery may cure: the message goes back to its queue, and in the end to the
dead-letter queue.
"""

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from jobchute.dependencies import UnknownDependencyError
from jobchute.errors import IdempotencyConflictError, TooManyDependentsError, UnknownJobError
from jobchute.job import OWN_TOKENS, Job, Source, State, job_id_for_key, rejection_id_of
from jobchute.ledger import MOST_DEPENDENTS
from jobchute.lifecycle import Lifecycle
from jobchute.objects import ObjectGoneError, Objects, ObjectTooLargeError
from jobchute.requests.document import Cancellation, Submission, parse_document
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.notification import MalformedNotification, ObjectCreated, notifications_in
from jobchute.requests.problems import Problem
from jobchute.requests.reading import MAX_FILE_BYTES, RawDocument, read_documents
from jobchute.requests.validation import problems_in
from jobchute.sources import message_source, object_source
from jobchute.status import duplicate_status_of, status_of

MOST_LISTED = 1000
"""A file's own status document lists so many of its documents; each has a status document besides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """guard_rails: what this deployment allows beyond what the providers' models do."""

    lifecycle: Lifecycle
    objects: Objects
    guard_rails: GuardRails

    def receive(self, body: str, message_id: str) -> None:
        """Handle one message: request documents, or notifications of objects that hold some."""
        documents = list(itertools.islice(read_documents(body.encode(), name="message"), 2))
        notifications = None
        if len(documents) == 1 and not documents[0].problems:
            try:
                notifications = notifications_in(documents[0].value)
            except MalformedNotification as error:
                self._reject(message_source(message_id), [Problem("", "MALFORMED_NOTIFICATION", str(error))])
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
            self._reject(source, [problem])
        except ObjectTooLargeError as error:
            rule = f"a request file has at most {MAX_FILE_BYTES} bytes, not {error}; split it"
            self._reject(source, [Problem("", "FILE_TOO_LARGE", rule)])
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
        counts = {"accepted": 0, "duplicate": 0, "rejected": 0, "answered": 0}
        for document in documents:
            key = f"{file.status_key.removesuffix('.json')}/{document.index}.json"
            source = Source(
                uri=file.uri,
                status_key=key,
                version=file.version,
                index=document.index,
                sequencer=file.sequencer,
            )
            answer, job_id = self._take_document(document, source, path)
            counts[answer] += 1
            if len(listed) < MOST_LISTED:
                listed.append({"document": document.index, answer: job_id, "status": key})
        summary = {"source": {"uri": file.uri, "version": file.version}, **counts, "documents": listed}
        self._answer(file, summary)

    def _take_document(self, document: RawDocument, source: Source, path: str) -> tuple[str, str]:
        """Returns what became of the document, and the id of the job or rejection."""
        parsed: Submission | Cancellation | list[Problem] = list(document.problems)
        if not document.problems:
            parsed = parse_document(document.value, path=path)
        match parsed:
            case Submission():
                return self._take_submission(parsed, source)
            case Cancellation():
                return self._take_cancellation(parsed, source)
            case problems:
                return self._reject(source, problems)

    def _take_submission(self, submission: Submission, source: Source) -> tuple[str, str]:
        problems = problems_in(submission.api, submission.request)
        problems += self.guard_rails.problems_in(submission)
        if problems:
            return self._reject(source, problems)
        if submission.dry_run:
            return self._plan(submission, source)
        try:
            accepted = self.lifecycle.accept(submission, source)
        except IdempotencyConflictError as error:
            rule = f"another request was accepted under this key before, as {error}; give this one another key"
            return self._reject(source, [Problem(_key_path(submission), "KEY_USED", rule)])
        except UnknownDependencyError as error:
            rule = (
                f"no job has the id or idempotency key {str(error)[:100]!r}; a job can wait for jobs that were "
                "accepted before it, and not for itself"
            )
            return self._reject(source, [Problem(f"after[{error.place}]", "UNKNOWN_JOB", rule)])
        except TooManyDependentsError as error:
            rule = f"{MOST_DEPENDENTS} jobs wait for {error} already; let this one wait for one of them"
            return self._reject(source, [Problem("after", "TOO_MANY", rule)])
        if not accepted.is_followed:
            self._answer(source, duplicate_status_of(accepted.job))
        return "duplicate" if accepted.is_duplicate else "accepted", accepted.job.job_id

    def _plan(self, submission: Submission, source: Source) -> tuple[str, str]:
        job, call = self.lifecycle.plan(submission, source)
        document = {"dryRun": True, "jobId": job.job_id, "api": job.api, "valid": True, "call": call}
        self._answer(source, document)
        return "answered", job.job_id

    def _take_cancellation(self, cancellation: Cancellation, source: Source) -> tuple[str, str]:
        job = self._cancel(cancellation.target)
        if job is None:
            rule = f"no job has the id or idempotency key {cancellation.target[:100]!r}"
            return self._reject(source, [Problem("cancel", "UNKNOWN_JOB", rule)])
        document = {"cancel": cancellation.target, "note": _cancel_note(job), **status_of(job)}
        self._answer(source, document)
        return "answered", job.job_id

    def _cancel(self, target: str) -> Job | None:
        for job_id in (target, job_id_for_key(target)):
            try:
                return self.lifecycle.cancel(job_id)
            except UnknownJobError:
                continue
        return None

    def _answer(self, source: Source, document: Mapping[str, Any]) -> None:
        """Write a status document that no row stands for, unless a newer version of the object has come."""
        if self.lifecycle.watcher.ledger.is_newest(source.uri, source.sequencer):
            self.objects.write(source.status_key, document)

    def _reject(self, source: Source, problems: Iterable[Problem]) -> tuple[str, str]:
        rejection_id = rejection_id_of(source)
        self.lifecycle.reject(rejection_id, source, [asdict(problem) for problem in problems])
        return "rejected", rejection_id


def _key_path(submission: Submission) -> str:
    """Where the document gives its key: in the envelope, or as its body's own token."""
    if submission.idempotency_key is not None:
        return "idempotencyKey"
    return next(f"request.{name}" for name in OWN_TOKENS if submission.request.get(name))


def _cancel_note(job: Job) -> str:
    match job.state:
        case State.CANCELLED:
            return "The job is cancelled."
        case state if state.is_final:
            return f"The job had ended {state} already; nothing was cancelled."
        case _:
            return "The job is being cancelled; its own status document tells when it has ended."
