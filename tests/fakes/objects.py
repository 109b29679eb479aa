# ruff: noqa: N803 - the names are boto3's
"""S3: the stack's bucket, which keeps versions, and other buckets beside it.

Limits: a key has at most 1,024 bytes of UTF-8 (S3 user guide, "Naming Amazon S3 objects"); `LastModified` has
whole seconds; `If-None-Match: *` lets a write happen only where no object is (S3 user guide, "Conditional
writes"). Errors: S3 API reference, "Error responses"; HeadObject answers with a status code alone.
"""

import io
import itertools
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from hashlib import md5
from typing import Any, NamedTuple

from botocore.exceptions import ClientError, ParamValidationError

from tests.fakes.wire import Io, client_error, undisturbed

MAX_KEY_BYTES = 1024
# botocore.handlers.VALID_BUCKET, which its client holds names to before it sends anything.
BUCKET_NAME = re.compile(r"[a-zA-Z0-9.\-_]{1,255}")
VERSION_ID = re.compile(r"[vw][0-9]+|null")
STATUS_PREFIXES = ("status/", "status-")
STATUSES = {
    "AccessDenied": 403,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "NoSuchVersion": 404,
    "PermanentRedirect": 301,
    "PreconditionFailed": 412,
    "SlowDown": 503,
}
"""HTTP status by error code; 400 for any other."""


class Version(NamedTuple):
    """One version of an object. written_at: epoch seconds."""

    version_id: str
    data: bytes
    etag: str
    written_at: float

    def head(self) -> dict[str, Any]:
        """The members that GetObject and HeadObject share."""
        return {
            "ETag": self.etag,
            "VersionId": self.version_id,
            "LastModified": datetime.fromtimestamp(int(self.written_at), tz=UTC),
            "ContentLength": len(self.data),
            "ResponseMetadata": {"HTTPStatusCode": 200},
        }


class FakeS3:
    """The S3 client. forbidden: keys whose reading is denied. refused: keys whose writing is refused, and with
    which code. Functions may write below STATUS_PREFIXES alone.

    others: what S3 answers for other buckets, by name: an error code, or "" for a bucket that may be read. A
    bucket that is not there is no such bucket. heard: is told of each status document as it is written.
    """

    def __init__(
        self,
        now: Callable[[], float],
        *,
        bucket: str = "drop",
        io: Io = undisturbed,
        others: Mapping[str, str] | None = None,
    ) -> None:
        self.now = now
        self.bucket = bucket
        self.io = io
        self.others = dict(others or {})
        self.heard: Callable[[str, bytes], object] = lambda key, data: None  # noqa: ARG005
        self.statuses: dict[str, Version] = {}
        self.forbidden: set[str] = set()
        self.refused: dict[str, str] = {}
        self._objects: dict[tuple[str, str], list[Version]] = {}
        self._uploads = itertools.count(1)
        self._writes = itertools.count(1)

    def upload(self, key: str, data: bytes, *, bucket: str = "") -> tuple[str, str]:
        """A person puts an object; returns its version id and the sequencer of its event."""
        if len(key.encode()) > MAX_KEY_BYTES:
            raise _error("PutObject", "KeyTooLongError")
        number = next(self._uploads)
        version = self._version(f"v{number}", data)
        self._objects.setdefault((bucket or self.bucket, key), []).append(version)
        return version.version_id, f"{number:016X}"

    def status(self, key: str) -> Any:
        """A status document as it was last written; None where there is none."""
        version = self.statuses.get(key)
        return None if version is None else json.loads(version.data)

    def get_object(
        self, *, Bucket: str, Key: str, VersionId: str = "", Range: str = "", IfMatch: str = ""
    ) -> dict[str, Any]:
        _check(Bucket, Key)
        return self.io("get_object", lambda: self._get(Bucket, Key, VersionId, Range, IfMatch))

    def put_object(
        self, *, Bucket: str, Key: str, Body: bytes, ContentType: str, IfNoneMatch: str = ""
    ) -> dict[str, Any]:
        """ContentType is not kept."""
        _check(Bucket, Key, ContentType)
        return self.io("put_object", lambda: self._put(Bucket, Key, Body, IfNoneMatch))

    def head_object(self, *, Bucket: str, Key: str, VersionId: str = "") -> dict[str, Any]:
        _check(Bucket, Key)
        return self.io("head_object", lambda: self._head(Bucket, Key, VersionId))

    def list_objects_v2(self, *, Bucket: str, Prefix: str, MaxKeys: int) -> dict[str, Any]:
        """Of objects that persons put, by their newest versions."""
        _check(Bucket, Prefix)
        return self.io("list_objects_v2", lambda: self._list(Bucket, Prefix, MaxKeys))

    def _list(self, bucket: str, prefix: str, most: int) -> dict[str, Any]:
        found = sorted(key for of, key in self._objects if of == bucket and key.startswith(prefix))[:most]
        newest = {key: self._objects[bucket, key][-1].head()["LastModified"] for key in found}
        return {"Contents": [{"Key": key, "LastModified": at} for key, at in newest.items()]}

    def _get(self, bucket: str, key: str, version_id: str, part: str, etag: str) -> dict[str, Any]:
        version = self._found("GetObject", bucket, key, version_id)
        if etag not in ("", version.etag):
            raise _error("GetObject", "PreconditionFailed")
        answer, data = version.head(), version.data
        if part:
            first, last = part.removeprefix("bytes=").split("-")
            data = data[int(first) : int(last) + 1]
            answer |= {"ContentLength": len(data), "ResponseMetadata": {"HTTPStatusCode": 206}}
        return {"Body": io.BytesIO(data), **answer}

    def _put(self, bucket: str, key: str, body: bytes, if_none_match: str) -> dict[str, Any]:
        if len(key.encode()) > MAX_KEY_BYTES:
            raise _error("PutObject", "KeyTooLongError")
        if bucket != self.bucket or not key.startswith(STATUS_PREFIXES):
            raise _error("PutObject", "AccessDenied")
        if key in self.refused:
            raise _error("PutObject", self.refused[key])
        if if_none_match not in ("", "*"):
            raise _error("PutObject", "NotImplemented")
        if if_none_match and key in self.statuses:
            raise _error("PutObject", "PreconditionFailed")
        self.statuses[key] = version = self._version(f"w{next(self._writes)}", body)
        self.heard(key, body)
        return {"ETag": version.etag, "VersionId": version.version_id}

    def _head(self, bucket: str, key: str, version_id: str) -> dict[str, Any]:
        try:
            return self._found("HeadObject", bucket, key, version_id).head()
        except ClientError as error:
            # An answer to HEAD has no body, and so no code but its status.
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            raise client_error("HeadObject", str(status), "", status) from error

    def _found(self, operation: str, bucket: str, key: str, version_id: str) -> Version:
        """The version that is asked for, the newest one where none is. Raises what S3 answers."""
        if len(key.encode()) > MAX_KEY_BYTES:
            raise _error(operation, "KeyTooLongError")
        refusal = "" if bucket == self.bucket else self.others.get(bucket, "NoSuchBucket")
        if refusal or (bucket == self.bucket and key in self.forbidden):
            raise _error(operation, refusal or "AccessDenied")
        versions = self._objects.get((bucket, key), [])
        if bucket == self.bucket and key in self.statuses:
            versions = [*versions, self.statuses[key]]
        if not version_id and versions:
            return versions[-1]
        found = [version for version in versions if version.version_id == version_id]
        if found:
            return found[0]
        if version_id and not VERSION_ID.fullmatch(version_id):
            # Seen of S3 ("Invalid version id specified"); its documentation says no more than InvalidArgument.
            raise _error(operation, "InvalidArgument")
        raise _error(operation, "NoSuchVersion" if version_id else "NoSuchKey")

    def _version(self, version_id: str, data: bytes) -> Version:
        return Version(version_id, data, f'"{md5(data).hexdigest()}"', self.now())


def _check(bucket: object, key: object, *texts: object) -> None:
    """What botocore looks at before it sends a request."""
    if not all(isinstance(value, str) for value in (bucket, key, *texts)) or not key:
        raise ParamValidationError(report=f"Invalid type or length for parameter Key or Bucket: {key!r}")
    if not BUCKET_NAME.fullmatch(str(bucket)):
        raise ParamValidationError(report=f"Invalid bucket name {bucket!r}")


def _error(operation: str, code: str) -> ClientError:
    return client_error(operation, code, f"{code}, as S3 says it", STATUSES.get(code, 400))
