"""S3 over a folder, for large objects: nothing of them is in this process's memory."""

import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

WRITTEN = datetime(2026, 11, 21, tzinfo=UTC)


class DiskS3:
    """An object is the file BUCKET/KEY below the folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get_paginator(self, operation: str) -> "Pages":
        assert operation == "list_objects_v2"
        return Pages(self._folder)

    def get_object(self, *, Bucket: str, Key: str, **options: Any) -> dict[str, Any]:  # noqa: N803
        path = self._folder / Bucket / Key
        assert options.get("IfMatch") == etag_of(path)
        return {"Body": path.open("rb"), "ResponseMetadata": {"HTTPStatusCode": 200}}

    def put_object(self, *, Bucket: str, Key: str, Body: BinaryIO) -> dict[str, Any]:  # noqa: N803
        path = self._folder / Bucket / Key
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as file:
            while chunk := Body.read(1 << 20):
                file.write(chunk)
        return {}


class Pages:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def paginate(self, *, Bucket: str, Prefix: str) -> Iterator[dict[str, Any]]:  # noqa: N803
        root = self._folder / Bucket
        paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
        yield {"Contents": [entry(key, paths[key]) for key in sorted(paths) if key.startswith(Prefix)]}


def entry(key: str, path: Path) -> dict[str, Any]:
    return {"Key": key, "Size": path.stat().st_size, "ETag": etag_of(path), "LastModified": WRITTEN}


def etag_of(path: Path) -> str:
    return hashlib.sha256(f"{path} {path.stat().st_size}".encode()).hexdigest()
