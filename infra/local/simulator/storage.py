"""Where simulated jobs read their inputs and leave their outputs: S3, or nothing."""

import io
import logging
import tarfile
from collections.abc import Mapping
from typing import Any, Protocol

from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped,unused-ignore]

log = logging.getLogger(__name__)


class Storage(Protocol):
    """Objects by their S3 URIs. What cannot be read or written is left out: most samples name no bucket."""

    def read(self, uri: str, suffix: str) -> dict[str, bytes]:
        """The objects in a folder, or the one that the URI names, by their keys, whose names end so."""

    def write(self, uri: str, body: bytes) -> None:
        """Write one object."""


class NoStorage:
    """Nothing is there, and nothing is kept."""

    def read(self, uri: str, suffix: str) -> dict[str, bytes]:  # noqa: ARG002
        return {}

    def write(self, uri: str, body: bytes) -> None:
        pass


class S3Storage:
    """The objects of an S3 endpoint."""

    def __init__(self, *, endpoint: str, region: str) -> None:
        import boto3  # type: ignore[import-untyped,unused-ignore]
        from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]

        self._client: Any = boto3.client(
            "s3",
            endpoint_url=endpoint,
            region_name=region,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2}),
        )

    def read(self, uri: str, suffix: str) -> dict[str, bytes]:
        bucket, key = _parts_of(uri)
        try:
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key)
            keys = [each["Key"] for page in pages for each in page.get("Contents", [])]
            wanted = [each for each in keys if each.endswith(suffix) and _is_at(each, key)]
            return {each: self._body(bucket, each) for each in wanted}
        except (BotoCoreError, ClientError) as error:
            log.info("%s cannot be read: %s", uri, error)
            return {}

    def write(self, uri: str, body: bytes) -> None:
        bucket, key = _parts_of(uri)
        try:
            self._client.put_object(Bucket=bucket, Key=key, Body=body)
        except (BotoCoreError, ClientError) as error:
            log.info("%s cannot be written: %s", uri, error)

    def _body(self, bucket: str, key: str) -> bytes:
        body: bytes = self._client.get_object(Bucket=bucket, Key=key)["Body"].read()
        return body


def archive(files: Mapping[str, bytes]) -> bytes:
    """A .tar.gz with these files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as tar:
        for name, body in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(body)
            tar.addfile(entry, io.BytesIO(body))
    return packed.getvalue()


def _parts_of(uri: str) -> tuple[str, str]:
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def _is_at(key: str, asked: str) -> bool:
    return key == asked or key.startswith(asked if asked.endswith("/") or not asked else f"{asked}/")
