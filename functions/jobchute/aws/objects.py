"""The bucket: request objects in, status documents out."""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.aws.s3_notifications import ObjectCreated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed", "412", "MethodNotAllowed", "405"})
"""405: the version is a delete marker."""
UNREADABLE = frozenset(
    {"InvalidArgument", "InvalidObjectState", "InvalidRequest", "InvalidURI", "KeyTooLongError"}
)
"""An impossible version id, an archived object, one encrypted with its owner's key (SSE-C), an odd key."""
CLOSED = frozenset(
    {
        "AccessDenied",
        "403",
        "AllAccessDisabled",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "InvalidBucketName",
        "NoSuchBucket",
        "PermanentRedirect",
        "301",
        "TemporaryRedirect",
        "307",
    }
)
"""Another bucket does not exist, is in another region, or cannot be read (S3 API Reference, "Error
responses")."""
KMS = "KMS."
PARTIAL_CONTENT = 206
CHUNK_BYTES = 256 * 1024
STREAM_CHUNK_BYTES = 1024 * 1024


class ObjectGoneError(Exception):
    """The object, or this version of it, was deleted or replaced before it was read."""


class ObjectUnreadableError(Exception):
    """The object cannot be read, now or later; the message is S3's error code."""


class OpenedObject(NamedTuple):
    """One version of an object, as S3 answered for it; every part is read from the same bytes.

    created: with the version id of S3's answer. modified_at: in whole seconds. size: in bytes.
    head: its beginning.
    """

    created: ObjectCreated
    etag: str
    modified_at: datetime
    size: int
    head: bytes


class Objects(NamedTuple):
    """bucket: the stack's own, where status documents go. Requests may lie in other buckets too."""

    client: "S3Client"
    bucket: str
    chunk_bytes: int = CHUNK_BYTES
    stream_chunk_bytes: int = STREAM_CHUNK_BYTES

    def open(self, created: ObjectCreated, *, head_bytes: int) -> OpenedObject:
        """The beginning of the version that was announced. Raises ObjectGoneError, ObjectUnreadableError."""
        answer = self._get(created)
        with answer["Body"] as body:
            return OpenedObject(
                created=created._replace(version_id=answer.get("VersionId")),
                etag=answer["ETag"],
                modified_at=answer["LastModified"],
                size=answer["ContentLength"],
                head=body.read(head_bytes),
            )

    def is_current(self, opened: OpenedObject) -> bool:
        """Whether S3 has no newer version under its key."""
        created = opened.created
        try:
            answer = self.client.head_object(Bucket=created.bucket, Key=created.key)
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return False
            raise
        return (answer.get("VersionId"), answer["ETag"]) == (created.version_id, opened.etag)

    def chunks(self, opened: OpenedObject, start: int = 0) -> Iterator[bytes]:
        """The object's bytes from start on, for a slow reader: no connection stays open between two chunks.

        Raises ObjectGoneError if it was deleted or, in a bucket without versions, replaced meanwhile.
        """
        if start < len(opened.head):
            yield opened.head[start:]
            start = len(opened.head)
        while start < opened.size:
            answer = self._get(
                opened.created, Range=f"bytes={start}-{start + self.chunk_bytes - 1}", IfMatch=opened.etag
            )
            with answer["Body"] as body:
                if answer["ResponseMetadata"]["HTTPStatusCode"] == PARTIAL_CONTENT:
                    yield body.read()
                    start += self.chunk_bytes
                    continue
                # A server may ignore a range (RFC 9110, 14.2), as the embedded AWS does for a named version.
                for position in range(0, opened.size, self.chunk_bytes):
                    chunk = body.read(self.chunk_bytes)
                    if position + len(chunk) > start:
                        yield chunk[max(start - position, 0) :]
                return

    def stream(self, opened: OpenedObject) -> Iterator[bytes]:
        """The object's bytes from one call, for a fast reader. Raises ObjectGoneError."""
        answer = self._get(opened.created, IfMatch=opened.etag)
        with answer["Body"] as body:
            while chunk := body.read(self.stream_chunk_bytes):
                yield chunk

    def _get(self, created: ObjectCreated, **options: str) -> "GetObjectOutputTypeDef":
        if created.version_id:
            options["VersionId"] = created.version_id
        try:
            return self.client.get_object(Bucket=created.bucket, Key=created.key, **options)  # type: ignore[arg-type]
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in GONE:
                raise ObjectGoneError(created.key) from error
            if code in UNREADABLE or (created.bucket != self.bucket and _is_closed(code)):
                raise ObjectUnreadableError(code) from error
            raise

    def written_at(self, key: str) -> float | None:
        """When an object was last written, in epoch seconds; None if there is none."""
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key)["LastModified"].timestamp()
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return None
            raise

    def uploaded_at(self, uri: str) -> float | None:
        """When the newest version of an object was written, in epoch seconds, by the bucket's list, which tells
        it without a right to read the object; None if there is none, or it is in another bucket."""
        prefix = f"s3://{self.bucket}/"
        if not uri.startswith(prefix):
            return None
        key = uri.removeprefix(prefix)
        listed = self.client.list_objects_v2(Bucket=self.bucket, Prefix=key, MaxKeys=1).get("Contents", [])
        return next((each["LastModified"].timestamp() for each in listed if each["Key"] == key), None)

    def document(self, key: str) -> dict[str, Any] | None:
        """A status document; None if there is none."""
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return None
            raise
        document: dict[str, Any] = json.loads(body)
        return document

    def was_deleted(self, key: str) -> bool:
        """Whether a missing object was deleted: S3 reports its delete marker."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
            return headers.get("x-amz-delete-marker") == "true"
        return False

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        self._put(key, document)

    def write_first(self, key: str, document: Mapping[str, Any]) -> None:
        """Write a document unless one exists.

        https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html
        """
        try:
            self._put(key, document, IfNoneMatch="*")
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("PreconditionFailed", "412"):
                raise

    def _put(self, key: str, document: Mapping[str, Any], **options: str) -> None:
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n",
            ContentType="application/json",
            **options,  # type: ignore[arg-type]
        )


def _is_closed(code: str) -> bool:
    """Whether an error says that this function may not use a bucket, or its key."""
    return code in CLOSED or code.startswith(KMS)
