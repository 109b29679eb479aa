"""The bucket: request objects in, status documents out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from jobchute.requests.notification import ObjectCreated

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

GONE = frozenset({"NoSuchKey", "NoSuchVersion", "404"})


class ObjectGoneError(Exception):
    """The object, or this version of it, was deleted before it was read."""


class ObjectTooLargeError(Exception):
    """The object is larger than any request file may be."""


@dataclass(frozen=True, slots=True)
class Objects:
    """bucket: the stack's own, where status documents go. Requests may lie in other buckets too."""

    client: "S3Client"
    bucket: str

    def read(self, created: ObjectCreated, *, largest: int) -> bytes:
        """The bytes of the very version that was announced; the size is looked at first.

        Raises ObjectGoneError and ObjectTooLargeError.
        """
        which: dict[str, str] = {"VersionId": created.version_id} if created.version_id else {}
        try:
            answer = self.client.get_object(Bucket=created.bucket, Key=created.key, **which)  # type: ignore[arg-type]
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise ObjectGoneError(created.key) from error
            raise
        with answer["Body"] as body:
            if answer["ContentLength"] > largest:
                raise ObjectTooLargeError(f"{answer['ContentLength']} bytes")
            return body.read()

    def written_at(self, key: str) -> float | None:
        """When an object was last written, in epoch seconds; None where there is none."""
        try:
            return self.client.head_object(Bucket=self.bucket, Key=key)["LastModified"].timestamp()
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return None
            raise

    def write(self, key: str, document: Mapping[str, Any]) -> None:
        self.client.put_object(
            Bucket=self.bucket,
            Key=key,
            Body=json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n",
            ContentType="application/json",
        )
