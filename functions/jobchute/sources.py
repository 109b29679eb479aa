"""Where a document came from, by its message: an object that S3 announces, or the message itself. Pure."""

from dataclasses import replace

from jobchute.job import Source
from jobchute.requests.notification import ObjectCreated, normalized_sequencer
from jobchute.status import status_key

REQUESTS = "requests/"


def message_source(message_id: str) -> Source:
    return Source(uri=f"sqs://{message_id}", status_key=status_key(f"sqs/{message_id}"))


def object_source(created: ObjectCreated, own_bucket: str) -> Source | None:
    """The very version of an object that was announced; None for one that is no request.

    own_bucket: where status documents go, and where requests lie below `requests/` alone.
    """
    is_own = created.bucket == own_bucket
    if created.key.endswith("/") or (is_own and not created.key.startswith(REQUESTS)):
        return None
    return Source(
        uri=f"s3://{created.bucket}/{created.key}",
        status_key=status_key(created.key if is_own else f"{created.bucket}/{created.key}"),
        version=created.version_id or "",
        sequencer=normalized_sequencer(created.sequencer) if created.sequencer else "",
    )


def document_source(file: Source, index: int) -> Source:
    """One of several documents of a file or message."""
    return replace(file, index=index, status_key=_below(file, index))


def combination_source(document: Source, number: int) -> Source:
    """One job of a document with a matrix."""
    return replace(document, combination=number, status_key=_below(document, number))


def _below(source: Source, number: int) -> str:
    return f"{source.status_key.removesuffix('.json')}/{number}.json"
