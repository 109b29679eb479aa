"""Buckets that a Braket hybrid job may not be able to use. A warning, not an error: tags and roles decide.

Source: Braket developer guide, buckets: their names begin with `amazon-braket-`, or they have the tag
AmazonBraket=true and ABAC switched on.
"""

from collections.abc import Iterator

from jobchute.job import Document
from jobchute.problems import Problem
from jobchute.providers.braket.hybrid_job.spec import SPEC
from jobchute.providers.members import values_at
from jobchute.validation.wording import shown

PREFIX = "amazon-braket-"
TAG = "AmazonBraket=true"
SCHEME = "s3://"


def warnings_in(request: Document) -> Iterator[Problem]:
    """One warning for each bucket, at the first member that names it."""
    warned: set[str] = set()
    for member in (*SPEC.members.inputs, *SPEC.members.outputs):
        for path, uri in values_at(request, member):
            bucket = _bucket(uri)
            if bucket and not bucket.startswith(PREFIX) and bucket not in warned:
                warned.add(bucket)
                message = (
                    f"Braket reaches buckets whose names begin with {PREFIX}. {shown(bucket)} needs the tag "
                    f"{TAG} and ABAC switched on, and a job role that may use it."
                )
                yield Problem(path, "BRAKET_BUCKET", message)


def _bucket(uri: object) -> str:
    """The bucket of an S3 URI; empty for anything else."""
    if not isinstance(uri, str) or not uri.startswith(SCHEME):
        return ""
    return uri.removeprefix(SCHEME).partition("/")[0]
