"""Names of container images: which are in Amazon ECR, and which are none.

All patterns take linear time.
"""

import re
from typing import NamedTuple

# Docker's grammar of references: [HOST[:PORT]/]PATH[:TAG][@DIGEST], where a path has no capital letters.
PATH = r"[a-z0-9][a-z0-9._/-]*"
TAG_AND_DIGEST = r"(?::[A-Za-z0-9_][A-Za-z0-9_.-]*)?(?:@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,})?"
REFERENCE = re.compile(rf"(?:[A-Za-z0-9][A-Za-z0-9.-]*(?::[0-9]+)?/)?{PATH}{TAG_AND_DIGEST}", re.ASCII)
# The domains of botocore's partitions (`endpoints.json`); a test compares them.
IN_ECR = re.compile(
    r"([0-9]{12})\.dkr(?:\.ecr(?:-fips)?\.|-ecr(?:-fips)?\.)([a-z]{2,4}(?:-[a-z]+){1,2}-[0-9]{1,2})\."
    r"(?:amazonaws\.com|amazonaws\.com\.cn|amazonaws\.eu|c2s\.ic\.gov|sc2s\.sgov\.gov|cloud\.adc-e\.uk"
    rf"|csp\.hci\.ic\.gov|on\.aws)/({PATH}){TAG_AND_DIGEST}",
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


def is_in_ecr(image: str) -> bool:
    """Whether an image is in a private repository of Amazon ECR."""
    return IN_ECR.fullmatch(image) is not None


def repository_of(image: str) -> Repository | None:
    """The repository in ECR that an image is in; None for an image that is elsewhere, or none at all.

    Images of ECR Public (`public.ecr.aws`) are elsewhere: SageMaker reads private repositories only.
    """
    found = IN_ECR.fullmatch(image)
    return Repository(*found.groups()) if found else None
