"""What dead letters say: which queue they lie in, what they ask for, which jobs they are about. Pure.

A dead letter has failed before, so no more than JSON is read of it: that is fast for any text.
"""

import json
from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import Any

from jobchute.aws.queues import Message
from jobchute.aws.s3_notifications import MAX_NOTIFICATIONS, MalformedNotification, notifications_in
from jobchute.intake.invocation import continued_id
from jobchute.job import Source, job_id_of
from jobchute.lifecycle.name_checks import checked_id
from jobchute.lifecycle.postponed import put_aside_in
from jobchute.providers.registry import SPECS
from jobchute.requests.document import Submission, parse_document
from jobchute.status.sources import claimed_source, message_source

MAX_TEXT = 300


class DeadLetterKind(StrEnum):
    """The three queues where dead letters lie."""

    INTAKE = "intake"
    EVENTS = "events"
    STREAM = "stream"


def message_sources(
    message: Message, own_bucket: str, continued: Callable[[str], Source | None]
) -> list[Source]:
    """What an intake message asks for: the objects that it announces, the work that it continues, else itself.

    continued: ContinuationRows.source.
    """
    value = json_of(message.body)
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
    """The id of the job that an owner's message asks for, if the message is a document itself."""
    try:
        parsed = parse_document(json_of(body))
        if isinstance(parsed, Submission):
            return [job_id_of(parsed.api, parsed.request, parsed.idempotency_key, owner)]
    except (ValueError, RecursionError):
        pass
    return []


def jobs_put_aside(body: str) -> tuple[str, ...]:
    """The job whose announcement was put aside."""
    record = put_aside_in(json_of(body))
    return () if record is None else _texts([record.job_id])


def about(place: DeadLetterKind, body: str) -> tuple[str, ...]:
    """What an event, or a failure of the ledger's stream, is about: one line of text."""
    value = json_of(body)
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


def json_of(text: str) -> Any:
    """None for text that the intake refuses to read, a member that is named twice included."""
    try:
        return json.loads(text, object_pairs_hook=_once_each)
    except (ValueError, RecursionError):
        return None


def _once_each(members: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(members)
    if len(found) < len(members):
        raise ValueError("a member is named twice")
    return found
