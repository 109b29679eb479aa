"""Who asks, and where."""

from collections.abc import Iterator
from typing import NamedTuple

from jobchute.cli.doctor.findings import Finding, good
from jobchute.runtime import client


class Caller(NamedTuple):
    """The account and the region that the credentials and the configuration lead to."""

    account: str
    region: str


def caller() -> Caller:
    """One call of STS. Raises botocore's errors."""
    sts = client("sts")
    return Caller(sts.get_caller_identity()["Account"], sts.meta.region_name)


def region() -> Iterator[Finding]:
    """Whether a region is configured."""
    meta = client("sts").meta
    yield good("region", f"{meta.region_name}, by {meta.endpoint_url}")


def credentials() -> Iterator[Finding]:
    """Whether AWS knows the credentials."""
    identity = client("sts").get_caller_identity()
    yield good("credentials", f"{identity['Arn']}, account {identity['Account']}")
