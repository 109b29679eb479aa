"""S3 notifications in the bodies of SQS messages: plain, from EventBridge, and either of them wrapped by SNS.

Shapes: https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html and
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
"""

import json
import re
from typing import Any, NamedTuple
from urllib.parse import quote_plus, unquote_plus

MAX_NOTIFICATIONS = 100
"""Of one message. S3 and EventBridge tell of one object a message."""
MAX_KEY_BYTES = 1024
"""Of a key in UTF-8 (S3 User Guide, object keys)."""
MAX_VERSION_BYTES = 1000
"""Of a version id. S3 makes some 32; behind a prefix it is a sort key of the ledger, which has 1,024 bytes."""
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


class MalformedNotification(ValueError):  # noqa: N818 - it is named for what the message is
    """The body is a notification that names no object. The message says what is missing."""


class ObjectCreated(NamedTuple):
    """An object, at one version, that a message says was created.

    Nothing else of a notification is read: anyone who may send to the queue may have written it. Which version
    is the newest, and how large the object is, S3 says when it is read.
    """

    bucket: str
    key: str
    version_id: str | None = None


def notifications_in(body: object) -> list[ObjectCreated] | None:
    """The objects that a message's parsed body announces.

    None: the body is no notification, so it is a request document. An empty list: it is one of something else
    than a created object, and there is nothing to do. Raises MalformedNotification, for an object too that S3
    cannot have.
    """
    match body:
        case {"Type": "Notification", "Message": message}:
            return _in_sns(message)
        case {"Type": "SubscriptionConfirmation", "TopicArn": topic}:
            raise MalformedNotification(f"SNS waits for the queue's subscription to {topic} to be confirmed")
        case _:
            return _unwrapped(body)


def notification_of(created: ObjectCreated) -> dict[str, Any]:
    """A notification, in S3's own form, that announces the very version of an object once more."""
    entry = {"key": quote_plus(created.key)}
    if created.version_id is not None:
        entry["versionId"] = created.version_id
    s3 = {"bucket": {"name": created.bucket}, "object": entry}
    return {"Records": [{"eventSource": "aws:s3", "eventName": "ObjectCreated:Again", "s3": s3}]}


def _unwrapped(body: object) -> list[ObjectCreated] | None:
    match body:
        case {"Event": "s3:TestEvent"}:
            return []
        case {"Records": [*records]} if all(_is_record(record) for record in records):
            paths = (f"Records[{index}]" for index in range(len(records)))
            pairs = zip(records, paths, strict=True)
            return [_from_record(record, path) for record, path in pairs if _is_creation(record, path)]
        case {"detail-type": detail_type, "source": source}:
            return _from_event(body, detail_type, source)
        case _:
            return None


def _in_sns(message: object) -> list[ObjectCreated]:
    if not isinstance(message, str):
        raise MalformedNotification("Message is not a string")
    try:
        body = json.loads(message)
    except (ValueError, RecursionError) as error:
        raise MalformedNotification("Message, which SNS delivered, is not JSON") from error
    found = _unwrapped(body)
    if found is None:
        raise MalformedNotification(
            "Message, which SNS delivered, is not an S3 notification; "
            "send request documents to the queue itself, or turn raw message delivery on"
        )
    return found


def _is_record(record: object) -> bool:
    return isinstance(record, dict) and "eventSource" in record


def _is_creation(record: dict[str, Any], path: str) -> bool:
    source = record["eventSource"]
    if source != "aws:s3":
        raise MalformedNotification(f"{path}.eventSource is {str(source)[:40]!r} and not 'aws:s3'")
    name = _text(record, "eventName", at=f"{path}.eventName")
    return name.removeprefix("s3:").startswith("ObjectCreated:")


def _from_record(record: dict[str, Any], path: str) -> ObjectCreated:
    s3 = _member(record, "s3", at=f"{path}.s3")
    entry = _member(s3, "object", at=f"{path}.s3.object")
    quoted = _text(entry, "key", at=f"{path}.s3.object.key")
    try:
        key = unquote_plus(quoted, errors="strict")
    except UnicodeDecodeError as error:
        raise MalformedNotification(f"{path}.s3.object.key is not percent-encoded UTF-8") from error
    bucket = _member(s3, "bucket", at=f"{path}.s3.bucket")
    return _created(_text(bucket, "name", at=f"{path}.s3.bucket.name"), key, entry.get("versionId"), path)


def _from_event(event: object, detail_type: object, source: object) -> list[ObjectCreated]:
    if source != "aws.s3":
        raise MalformedNotification(f"source is {str(source)[:40]!r} and not 'aws.s3'")
    if detail_type != "Object Created":
        return []
    detail = _member(event, "detail", at="detail")
    bucket = _member(detail, "bucket", at="detail.bucket")
    entry = _member(detail, "object", at="detail.object")
    key = _text(entry, "key", at="detail.object.key")
    return [_created(_text(bucket, "name", at="detail.bucket.name"), key, entry.get("version-id"), "detail")]


def _created(bucket: str, key: str, version_id: object, path: str) -> ObjectCreated:
    version = version_id if isinstance(version_id, str) and version_id else None
    if not _BUCKET.fullmatch(bucket):
        raise MalformedNotification(
            f"{path} names the bucket {bucket[:63]!r}, which is not a valid bucket name"
        )
    if not _fits(key, MAX_KEY_BYTES) or (version is not None and not _fits(version, MAX_VERSION_BYTES)):
        rule = f"these are UTF-8 of at most {MAX_KEY_BYTES:,} and {MAX_VERSION_BYTES:,} bytes"
        raise MalformedNotification(f"{path} names an invalid key or version: {rule}")
    return ObjectCreated(bucket, key, version)


def _fits(text: str, most: int) -> bool:
    data = text.encode(errors="replace")
    return len(data) <= most and data.decode() == text


def _member(container: object, name: str, *, at: str) -> dict[str, Any]:
    value = container.get(name) if isinstance(container, dict) else None
    if not isinstance(value, dict):
        raise MalformedNotification(f"{at} is missing")
    return value


def _text(container: dict[str, Any], name: str, *, at: str) -> str:
    value = container.get(name)
    if not isinstance(value, str) or not value:
        raise MalformedNotification(f"{at} is missing")
    return value
