"""Names of container images: which are in Amazon ECR, and which are none.

All patterns take linear time.
"""

import re
from typing import NamedTuple

# The domains of botocore's partitions (`endpoints.json`); a test compares them.
ECR_HOST = re.compile(
    r"(?P<account>[0-9]{12})\.dkr(?:\.ecr(?:-fips)?\.|-ecr(?:-fips)?\.)"
    r"(?P<region>[a-z]{2,4}(?:-[a-z]+){1,2}-[0-9]{1,2})\."
    r"(?P<suffix>amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov"
    r"|cloud\.adc-e\.uk|csp\.hci\.ic\.gov|on\.aws)",
    re.ASCII,
)
# Docker's grammar of references: [HOST[:PORT]/]PATH[:TAG][@DIGEST], where a path has no capital letters.
REFERENCE = re.compile(
    r"(?:(?P<host>[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?)/)?"
    r"(?P<path>[a-z0-9][a-z0-9._/-]*)"
    r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?"
    r"(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?",
    re.ASCII,
)
ECR_FORM = "ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY:TAG"


class Repository(NamedTuple):
    """A private repository in Amazon ECR. account: 12 digits. region: such as us-east-1."""

    account: str
    region: str
    name: str


def is_image(text: str) -> bool:
    """Whether this can name an image at all: `<your-image>`, `{{image}}` and `IMAGE_URI` cannot."""
    return REFERENCE.fullmatch(text) is not None


def repository_of(image: str) -> Repository | None:
    """The repository in ECR that an image is in; None for an image that is elsewhere, or none at all.

    Images of ECR Public (`public.ecr.aws`) are elsewhere: SageMaker reads private repositories only.
    """
    found = REFERENCE.fullmatch(image)
    host = found and ECR_HOST.fullmatch(found["host"] or "")
    if not found or not host:
        return None
    return Repository(account=host["account"], region=host["region"], name=found["path"])
