"""The region and account of a deployment, and why a request cannot run there.

A provider certainly refuses each of these requests, some with a message that does not say why. Requests that it
might accept are left to the provider.
"""

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Self

from jobchute.job import Api
from jobchute.problems import Problem
from jobchute.providers.image_names import repository_of
from jobchute.providers.members import values_at
from jobchute.providers.registry import SPECS
from jobchute.providers.spec import Locality
from jobchute.requests.regions import KNOWN, REGIONS
from jobchute.requests.submission import Submission
from jobchute.validation.wording import listed, shown

SHOWN_CHARACTERS = 200


class Location(NamedTuple):
    """The region and the account of a deployment."""

    region: str
    account: str

    @classmethod
    def of_text(cls, text: str) -> Self:
        """The inverse of `text`. Raises ValueError for other text."""
        match text.split(":"):
            case [region, account] if region and account:
                return cls(region=region, account=account)
            case _:
                raise ValueError(f"no REGION:ACCOUNT: {text!r}")

    def text(self) -> str:
        return f"{self.region}:{self.account}"

    def problems_in(self, submission: Submission) -> list[Problem]:
        """What the provider would refuse in a request from this region and account."""
        locality, request = SPECS[submission.api].locality, submission.request
        return [
            *self._api(submission.api),
            *self._device(locality, request),
            *self._image(locality, request),
            *self._role(locality, request),
        ]

    def _api(self, api: Api) -> Iterator[Problem]:
        """Source: botocore's endpoint data. A region that it does not know may have every service."""
        service = api.partition(":")[0]
        regions = REGIONS.get(service)
        if regions is None or self.region in regions or self.region not in KNOWN:
            return
        message = (
            f"{service} is not available in {self.region}, where this deployment is. Send the request to a "
            f"deployment in a region that has it: {listed(sorted(regions))}."
        )
        yield Problem("api", "NOT_IN_REGION", message)

    def _device(self, locality: Locality, request: Mapping[str, Any]) -> Iterator[Problem]:
        """A job runs in the region of its device; an ARN without a region names one that is everywhere."""
        if not locality.device:
            return
        for path, device in values_at(request, locality.device):
            region = _part(device, 3)
            if region and region != self.region:
                yield self._wrong_region(path, f"The device {shown(device, SHOWN_CHARACTERS)}", region)

    def _image(self, locality: Locality, request: Mapping[str, Any]) -> Iterator[Problem]:
        """SageMaker reads images from its own region, unless it reaches them through a VPC.

        Source: SageMaker's answers "Invalid DNS suffix […] in training image. Please provide the valid
        <region>.<dns-suffix>" (aws-samples/mlops-amazon-sagemaker#9) and "Cross region ECR image pulls are not
        allowed" (ed-donner/alex#30).
        """
        if not locality.image or _is_from_vpc(locality, request):
            return
        for path, image in values_at(request, locality.image):
            repository = repository_of(image) if isinstance(image, str) else None
            if repository is not None and repository.region != self.region:
                yield self._wrong_region(path, f"The image {shown(image, SHOWN_CHARACTERS)}", repository.region)

    def _role(self, locality: Locality, request: Mapping[str, Any]) -> Iterator[Problem]:
        """A role can only be passed within its account.

        Source: SageMaker's answer "RoleArn: Cross-account pass role is not allowed" (developer guide).
        """
        if not locality.role:
            return
        for path, role in values_at(request, locality.role):
            account = _part(role, 4)
            if account and account != self.account:
                message = (
                    f"The role {shown(role, SHOWN_CHARACTERS)} is in account {account}; this deployment is in "
                    f"{self.account}, and a role cannot be passed to another account. Name a role of "
                    f"{self.account}."
                )
                yield Problem(path, "WRONG_ACCOUNT", message)

    def _wrong_region(self, path: str, what: str, region: str) -> Problem:
        message = (
            f"{what} is in {region}; this deployment is in {self.region}. Name one of {self.region}, or send "
            f"the request to a deployment in {region}."
        )
        return Problem(path, "WRONG_REGION", message)


def _is_from_vpc(locality: Locality, request: Mapping[str, Any]) -> bool:
    access = values_at(request, locality.image_access) if locality.image_access else ()
    return any(value == "Vpc" for _, value in access)


def _part(arn: object, number: int) -> str:
    """One part of an ARN: 3 is its region, 4 its account; empty for anything else."""
    parts = arn.split(":") if isinstance(arn, str) else []
    return parts[number] if parts[:1] == ["arn"] and len(parts) > number else ""
