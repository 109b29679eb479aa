"""Objects in S3 that a job wrote: listed, and read as streams that survive a dropped connection."""

from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError, IncompleteReadError

from jobchute.aws.objects import GONE, PARTIAL_CONTENT
from jobchute.cli.errors import AnswerIsNoError
from jobchute.job import Job

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEME = "s3://"
BETWEEN = ", "
"""Separates the locations of a job that has several (jobchute.job.Job.output)."""
ARCHIVE = ".tar.gz"
CHUNK_BYTES = 1024 * 1024
MAX_FAILURES = 5
"""Dropped connections in a row after which reading is given up."""
UNREADABLE = {
    "NoSuchBucket": "this bucket, to which the job was to write, does not exist (any more)",
    "AccessDenied": "you need s3:ListBucket on this bucket and s3:GetObject on its objects",
}
"""What to check, by S3's error code."""
UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Stored(NamedTuple):
    """One object. size: in bytes."""

    bucket: str
    key: str
    size: int
    etag: str
    modified_at: datetime

    @property
    def uri(self) -> str:
        return f"{SCHEME}{self.bucket}/{self.key}"


class Bucket(NamedTuple):
    """Reads objects of any bucket. sleep: pauses, in seconds, before a connection is tried again."""

    s3: "S3Client"
    sleep: Callable[[float], None]

    def below(self, uri: str) -> Iterator[Stored]:
        """The objects in a folder, in the order of their keys, or the one object that the URI names."""
        bucket, key = parts_of(uri)
        folder = key if key.endswith("/") or not key else f"{key}/"
        for each in self._listed(bucket, key):
            if each.key == key or each.key.startswith(folder):
                yield each

    def chunks(self, stored: Stored, start: int = 0) -> Iterator[bytes]:
        """The object's bytes from start on. A connection that drops is made again, at the byte that is next.

        Raises AnswerIsNoError if the object was deleted or replaced after it was listed.
        """
        position, failures = start, 0
        while position < stored.size:
            try:
                for chunk in self._from(stored, position):
                    yield chunk
                    position, failures = position + len(chunk), 0
            except (HTTPClientError, IncompleteReadError):
                failures += 1
                if failures == MAX_FAILURES:
                    raise
                self.sleep(failures)

    def _from(self, stored: Stored, position: int) -> Iterator[bytes]:
        options: dict[str, Any] = {"Range": f"bytes={position}-"} if position else {}
        try:
            answer = self.s3.get_object(Bucket=stored.bucket, Key=stored.key, IfMatch=stored.etag, **options)
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                raise AnswerIsNoError(f"{stored.uri} was replaced or deleted meanwhile; try again") from error
            raise
        # A server may ignore a range (RFC 9110, 14.2).
        is_partial = answer["ResponseMetadata"]["HTTPStatusCode"] == PARTIAL_CONTENT
        skipped = 0 if is_partial else position
        with answer["Body"] as body:
            while chunk := body.read(CHUNK_BYTES):
                if len(chunk) > skipped:
                    yield chunk[skipped:]
                skipped = max(0, skipped - len(chunk))

    def _listed(self, bucket: str, prefix: str) -> Iterator[Stored]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        try:
            for each in chain.from_iterable(page.get("Contents", []) for page in pages):
                yield Stored(bucket, each["Key"], each["Size"], each["ETag"], each["LastModified"])
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code not in UNREADABLE:
                raise
            raise AnswerIsNoError(f"{SCHEME}{bucket}/{prefix} cannot be read: {UNREADABLE[code]}") from error


def parts_of(uri: str) -> tuple[str, str]:
    """The bucket and the key of an S3 URI. Raises AnswerIsNoError."""
    bucket, _, key = uri.removeprefix(SCHEME).partition("/")
    if not uri.startswith(SCHEME) or not bucket:
        raise AnswerIsNoError(f"{uri!r} is no location in S3")
    return bucket, key


def locations_of(job: Job) -> list[str]:
    """Where a job writes, by what its provider says of it: folders that end with a slash, or prefixes.

    What lies beside an archive, as output.tar.gz beside model.tar.gz, belongs to the job too.
    """
    uris = [] if job.output is None else [uri for uri in job.output.split(BETWEEN) if uri.startswith(SCHEME)]
    return [*dict.fromkeys(_folder_of(uri) if uri.endswith(ARCHIVE) else uri for uri in uris)]


def _folder_of(uri: str) -> str:
    return f"{uri.rpartition('/')[0]}/"


def size_text(size: int) -> str:
    """In units of 1,000: 1,234,567 bytes are 1.2 MB."""
    number, unit = float(size), 0
    while number >= 999.5 and unit < len(UNITS) - 1:
        number, unit = number / 1000, unit + 1
    return f"{size} bytes" if not unit else f"{number:.1f} {UNITS[unit]}"
