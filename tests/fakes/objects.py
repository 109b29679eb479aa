# ruff: noqa: N803, ARG002 - the names are boto3's
"""An S3 bucket with versions, as far as jobchute.objects uses it, and an EventBridge bus."""

import io
import json
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import md5
from typing import Any

from tests.fakes.wire import Io, client_error, undisturbed


class FakeS3:
    """The S3 client. forbidden: keys whose reading is denied. refused: keys whose writing is refused, and the
    code by which. Only `status/` may be written by functions.
    """

    def __init__(self, now: Callable[[], float], *, bucket: str = "drop", io: Io = undisturbed) -> None:
        self.now = now
        self.bucket = bucket
        self.io = io
        self.versions: dict[tuple[str, str], bytes] = {}
        self.newest: dict[str, str] = {}
        self.statuses: dict[str, bytes] = {}
        self.written_at: dict[str, float] = {}
        self.forbidden: set[str] = set()
        self.refused: dict[str, str] = {}

    def upload(self, key: str, data: bytes) -> tuple[str, str]:
        """A person puts an object; returns its version id and the sequencer of its event."""
        number = len(self.versions) + 1
        version, sequencer = f"v{number}", f"{number:016X}"
        self.versions[key, version] = data
        self.newest[key] = version
        return version, sequencer

    def status(self, key: str) -> Any:
        """A status document as it was last written; None where there is none."""
        data = self.statuses.get(key)
        return None if data is None else json.loads(data)

    def get_object(
        self, *, Bucket: str, Key: str, VersionId: str = "", Range: str = "", IfMatch: str = ""
    ) -> dict[str, Any]:
        return self.io("get_object", lambda: self._get(Key, VersionId, Range, IfMatch))

    def put_object(self, *, Bucket: str, Key: str, Body: bytes, ContentType: str) -> dict[str, Any]:
        return self.io("put_object", lambda: self._put(Key, Body))

    def head_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        return self.io("head_object", lambda: self._head(Key))

    def _get(self, key: str, version: str, part: str, etag: str) -> dict[str, Any]:
        if key in self.forbidden:
            raise client_error("GetObject", "AccessDenied", "Access Denied", 403)
        data = self.versions.get((key, version or self.newest.get(key, "")), self.statuses.get(key))
        if data is None:
            raise client_error("GetObject", "NoSuchVersion" if version else "NoSuchKey", "gone", 404)
        own_etag = f'"{md5(data).hexdigest()}"'
        if etag not in ("", own_etag):
            raise client_error("GetObject", "PreconditionFailed", "replaced", 412)
        if part:
            first, last = part.removeprefix("bytes=").split("-")
            data = data[int(first) : int(last) + 1]
        return {"Body": io.BytesIO(data), "ContentLength": len(data), "ETag": own_etag}

    def _put(self, key: str, body: bytes) -> dict[str, Any]:
        if not key.startswith("status/"):
            raise client_error("PutObject", "AccessDenied", "Access Denied", 403)
        if key in self.refused:
            code = self.refused[key]
            raise client_error("PutObject", code, "refused", 503 if code == "SlowDown" else 400)
        self.statuses[key] = body
        self.written_at[key] = self.now()
        return {}

    def _head(self, key: str) -> dict[str, Any]:
        if key not in self.statuses:
            raise client_error("HeadObject", "404", "Not Found", 404)
        return {"LastModified": datetime.fromtimestamp(int(self.written_at[key]), tz=UTC)}


class FakeEvents:
    """The EventBridge client: who listens to the bus has heard these details."""

    def __init__(self, *, io: Io = undisturbed) -> None:
        self.io = io
        self.heard: list[dict[str, Any]] = []

    def put_events(self, *, Entries: list[dict[str, Any]]) -> dict[str, Any]:
        return self.io("put_events", lambda: self._put(Entries))

    def _put(self, entries: list[dict[str, Any]]) -> dict[str, Any]:
        self.heard += [json.loads(entry["Detail"]) for entry in entries]
        return {"FailedEntryCount": 0, "Entries": [{} for _ in entries]}
