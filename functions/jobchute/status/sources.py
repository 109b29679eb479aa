"""The source of a document: an object, as S3 answered for it, or the message itself. Pure.

A notification about an object is a claim. S3's answer to reading the object confirms it, and orders its
versions. A source that S3 has not confirmed replaces no status document.
"""

from dataclasses import replace
from datetime import datetime

from jobchute.aws.s3_notifications import ObjectCreated
from jobchute.job import Source
from jobchute.ledger.object_order import order_of
from jobchute.requests.request_names import REQUESTS, is_request_name
from jobchute.status.documents import bucket_status_key, document_status_key, message_status_key, status_key

MESSAGE = "sqs://"
OBJECT = "s3://"
NO_VERSION = "null"
"""S3's version id in a bucket whose versioning is suspended: other bytes may have had the same one."""


def message_source(message_id: str) -> Source:
    return Source(uri=f"{MESSAGE}{message_id}", status_key=message_status_key(message_id))


def claimed_source(created: ObjectCreated, own_bucket: str) -> Source | None:
    """The object that a message names; None for one that is no request.

    own_bucket: the bucket for status documents; its requests are below `requests/` alone, except files that
    tools and editors leave there. In another bucket, its notifications choose the objects.
    """
    is_own = created.bucket == own_bucket
    if created.key.endswith("/") or (is_own and not created.key.startswith(REQUESTS)):
        return None
    if is_own and not is_request_name(created.key.removeprefix(REQUESTS)):
        return None
    return Source(
        uri=f"{OBJECT}{created.bucket}/{created.key}",
        status_key=status_key(created.key) if is_own else bucket_status_key(created.bucket, created.key),
        version=created.version_id or "",
    )


def confirmed_source(claimed: Source, *, version_id: str | None, modified_at: datetime, etag: str) -> Source:
    """The same, at the version in S3's answer. etag: identifies the bytes in a bucket without versions."""
    order = order_of(modified_at.timestamp())
    if version_id in (None, NO_VERSION):
        bytes_of_it = etag.strip('"')
        return replace(claimed, version="", sequencer=f"{order}/{bytes_of_it}")
    return replace(claimed, version=version_id, sequencer=order)


def document_source(file: Source, index: int) -> Source:
    """One of several documents of a file or message."""
    return replace(file, index=index, status_key=document_status_key(_folder(file), index))


def combination_source(document: Source, number: int) -> Source:
    """One job of a document with a matrix."""
    key = document_status_key(_folder(document), document.index, number)
    return replace(document, combination=number, status_key=key)


def _folder(source: Source) -> str:
    """The folder for the answers to the documents of a file or message.

    It follows from the file's name, not from its status key: a row of an older version may hold another key.
    """
    if source.uri.startswith(MESSAGE):
        return f"messages/{source.uri.removeprefix(MESSAGE)}"
    bucket, _, key = source.uri.removeprefix(OBJECT).partition("/")
    if key.startswith(REQUESTS) and source.status_key in (
        status_key(key),
        document_status_key(key, source.index),
    ):
        return key
    return f"buckets/{bucket}/{key}"
