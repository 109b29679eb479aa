"""Manifests: objects with the counts of a job, which its provider leaves with the output."""

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import BotoCoreError, ClientError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

logger = Logger(child=True)

MAX_BYTES = 64 * 1024
"""A manifest has some hundred bytes."""


class Manifests(NamedTuple):
    """client: made at the first read. buckets: the only ones that are read."""

    client: Callable[[], "S3Client"]
    buckets: tuple[str, ...] = ()

    def read(self, uri: str) -> bytes | None:
        """The object at an S3 URI; None for another bucket, and for what cannot be read.

        An end is recorded without the counts rather than late, so a failure is only logged.
        """
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        if bucket not in self.buckets:
            return None
        try:
            with self.client().get_object(Bucket=bucket, Key=key)["Body"] as body:
                return body.read(MAX_BYTES)
        except (BotoCoreError, ClientError) as error:
            logger.warning("manifest not read", uri=uri, error=str(error))
            return None
