"""Quantities that a request does not say, counted in its input, with the caller's permission to read it."""

from collections.abc import Iterator
from typing import Any

from jobchute.cli.errors import CannotAskError
from jobchute.providers.members import values_at
from jobchute.providers.registry import SPECS, module_of
from jobchute.requests.document import Cancellation, Setting, Submission
from jobchute.runtime import client


def with_usage(
    submission: Submission | Cancellation | Setting | None,
) -> Submission | Cancellation | Setting | None:
    """The submission with what its input has; unchanged where the API counts nothing, or the document says it.

    Raises CannotAskError.
    """
    if not isinstance(submission, Submission):
        return submission
    spec = SPECS[submission.api]
    if not spec.usage_counts or submission.usage:
        return submission
    module = module_of(submission.api, spec.usage_counts)
    uris = [str(value) for path in spec.members.inputs for _, value in values_at(submission.request, path)]
    try:
        usage: dict[str, int] = module.usage_in(line for uri in uris for line in _lines(uri))
    except ValueError as error:
        raise CannotAskError(f"{', '.join(uris)}: {error}; state `usage` in the document") from error
    return submission._replace(usage=usage)


def _lines(uri: str) -> Iterator[bytes]:
    """Of an object, or of all .jsonl files in a folder, as Bedrock reads them. Raises CannotAskError."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    s3: Any = client("s3")
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
    wanted = [
        key for key in keys if key == prefix or (key.startswith(_folder(prefix)) and key.endswith(".jsonl"))
    ]
    if not wanted:
        raise CannotAskError(f"there is no input at {uri}")
    for key in wanted:
        yield from s3.get_object(Bucket=bucket, Key=key)["Body"].iter_lines()


def _folder(prefix: str) -> str:
    return f"{prefix.rstrip('/')}/" if prefix else ""
