"""From an SQS message to jobs: unwrap, read, validate, accept. Mistakes are answered, not raised.

An error that a later delivery may cure is raised: the message goes back to its queue, and in the end to the
dead-letter queue. Work for which a call has no time is left to another one.
"""

import itertools
from dataclasses import replace
from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.aws.s3_notifications import MalformedNotification, notifications_in
from jobchute.errors import NoOwnerError
from jobchute.intake.documents import BytesOfMessage
from jobchute.intake.invocation import Continuations, Invocation, continued_id
from jobchute.intake.objects import ObjectReader
from jobchute.intake.process import DocumentProcessor
from jobchute.intake.sources import SourceReader
from jobchute.job import Source
from jobchute.ledger.continuations import Work
from jobchute.lifecycle.accept import Acceptor
from jobchute.lifecycle.name_checks import checked_id
from jobchute.parsing.documents import read_documents
from jobchute.problems import Problem
from jobchute.requests.owners import Owners
from jobchute.status.sources import message_source

logger = Logger(child=True)


class Intake(NamedTuple):
    """continuations: what a call has no time for. owners: whose requests are accepted."""

    sources: SourceReader
    objects: ObjectReader
    processor: DocumentProcessor
    acceptor: Acceptor
    continuations: Continuations
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

        A name check is left to the reconciler. Raises NoProgressError for a continuation that calls have left
        to each other too often.
        """
        value = _only_value(body)
        if checked_id(value) is not None:
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

        The sender of a notification or a continuation does not say who owns the request.
        """
        source = message_source(message_id)
        try:
            is_owned = bool(self.owners.by_name) and _has_documents(_only_value(body))
            return replace(source, owner=self.owners.of_sender(sender_id)) if is_owned else source
        except NoOwnerError as error:
            self.processor.reject(source, [Problem("", "NO_OWNER", str(error))])
            return None

    def _receive(self, body: str, source: Source, call: Invocation) -> None:
        value = _only_value(body)
        work_id = continued_id(value)
        if work_id is not None:
            self._go_on(work_id, call)
            return
        job_id = checked_id(value)
        if job_id is not None:
            self._check_names(job_id)
            return
        try:
            notifications = notifications_in(value)
        except MalformedNotification as error:
            self.processor.reject(source, [Problem("", "MALFORMED_NOTIFICATION", str(error))])
            return
        if notifications is None:
            self.sources.process(BytesOfMessage(body.encode()), source, call, again=body)
        else:
            self.objects.process([*dict.fromkeys(notifications)], source, call)

    def _go_on(self, work_id: str, call: Invocation) -> None:
        """Take up work that another call has left, as the ledger knows it."""
        work = self.continuations.find(work_id)
        if work is None:
            # It has expired, or anyone has sent an id of their own: there is no request in it to answer.
            logger.warning("unknown continuation", continuation=work_id)
            return
        self._receive(work.body, work.source, call)

    def _check_names(self, job_id: str) -> None:
        """The message need not come back: the reconciler makes a check that is overdue."""
        try:
            self.acceptor.check_names(job_id)
        except Exception:
            logger.exception("name check failed", job_id=job_id)


def _only_value(body: str) -> object:
    """What a message of one well-formed document says; None for any other."""
    documents = list(itertools.islice(read_documents(body.encode(), name="message"), 2))
    return documents[0].value if len(documents) == 1 else None


def _has_documents(value: object) -> bool:
    """Whether a message holds request documents, and not where they are."""
    try:
        is_ours = continued_id(value) is not None or checked_id(value) is not None
        return not is_ours and notifications_in(value) is None
    except MalformedNotification:
        return False
