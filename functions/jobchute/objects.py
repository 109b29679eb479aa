"""The bucket: request objects in, status documents out."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError

from jobchute.requests.notification import ObjectCreated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef

GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404", "PreconditionFailed", "412"})
PARTIAL_CONTENT = 206
CHUNK_BYTES = 256 * 1024


class ObjectGoneError(Exception):
    """The object, or this version of it, was deleted or replaced before it was read."""


class ObjectTooLargeError(Exception):
    """The object is larger than any request file may be."""


class OpenedObject(NamedTuple):
    """An object of which every part is of the same bytes. head: its beginning. size: in bytes."""

    created: ObjectCreated
    etag: str
    size: int
    head: bytes


class Objects(NamedTuple):
    """bucket: the stack's own, where status documents go. Requests may lie in other buckets too."""

    client: "S3Client"
    bucket: str

    def open(self, created: ObjectCreated, *, largest: int, head_bytes: int) -> OpenedObject:
        """The beginning of the very version that was announced; the size is looked at first.

        Raises ObjectGoneError and ObjectTooLargeError.
        """
        answer = self._get(created)
        with answer["Body"] as body:
            size = answer["ContentLength"]
            if size > largest:
                raise ObjectTooLargeError(f"{size} bytes")
            return OpenedObject(created, answer["ETag"], size, body.read(head_bytes))

    def chunks(self, opened: OpenedObject, start: int = 0) -> Iterator[bytes]:
        """The object's bytes from start on. No connection stays open between two chunks: the reader is slow.

        Raises ObjectGoneError where it was deleted or, in a bucket without versions, replaced meanwhile.
        """
        if start < len(opened.head):
            yield opened.head[start:]
            start = len(opened.head)
        while start < opened.size:
            answer = self._get(
                opened.created, Range=f"bytes={start}-{start + CHUNK_BYTES - 1}", IfMatch=opened.etag
            )
            with answer["Body"] as body:
                if answer["ResponseMetadata"]["HTTPStatusCode"] == PARTIAL_CONTENT:
                    yield body.read()
                    start += CHUNK_BYTES
                    continue
                # A server may ignore a range (RFC 9110, 14.2), as the embedded AWS does for a named version.
                for position in range(0, opened.size, CHUNK_BYTES):
                    chunk = body.read(CHUNK_BYTES)
                    if position + len(chunk) > start:
                        yield chunk[max(start - position, 0) :]
                return

    def _get(self, created: ObjectCreated, **options: str) -> "GetObjectOutputTypeDef":
        if created.version_id:
            options["VersionId"] = created.version_id
        try:
            return self.client.get_object(Bucket=created.bucket, Key=created.key, **options)  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise ObjectGoneError(created.key) from error
            raise

    def written_at(self, key: str) -> float | None:
        """When an object was last written, in epoch seconds; None where there is none."""
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key)["LastModified"].timestamp()
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return None
            raise

    def document(self, key: str) -> dict[str, Any] | None:
        """A status document; None where there is none."""
        try:
            body = self.client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return None
            raise
        document: dict[str, Any] = json.loads(body)
        return document

    def was_deleted(self, key: str) -> bool:
        """Whether an object that is not there was, and somebody deleted it: S3 tells of its delete marker."""
        try:
            self.client.head_object(Bucket=self.bucket, Key=key)
        except ClientError as error:
            headers = error.response["ResponseMetadata"].get("HTTPHeaders", {})
            return headers.get("x-amz-delete-marker") == "true"
        return False

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n",
            ContentType="application/json",
        )
