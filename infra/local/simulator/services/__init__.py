"""The services whose APIs are simulated: the one list. A new API is a module here, and a line below."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol

from ..messages import Request, Response
from ..permissions import Need, Parameters
from ..world import World
from .bedrock import Bedrock
from .braket import Braket
from .fireworks import Fireworks
from .pricing import Pricing
from .sagemaker import SageMaker

Operations = Mapping[str, Callable[[dict[str, Any]], Mapping[str, Any]]]


class AwsService(Protocol):
    """A service whose protocol botocore's model describes."""

    @property
    def operations(self) -> Operations:
        """From an operation's name to the function from its parameters to its output."""

    def needs_of(self, operation: str, given: Parameters) -> Iterator[Need]:
        """What a call is authorized by."""


class HttpService(Protocol):
    """A service that reads requests itself."""

    def answer(self, request: Request) -> Response:
        """The answer to a request below the service's path, errors included."""


AWS_SERVICES: Mapping[str, Callable[[World], AwsService]] = {
    "braket": Braket,
    "bedrock": Bedrock,
    "sagemaker": SageMaker,
    "pricing": Pricing,
}
"""By botocore's name."""

HTTP_SERVICES: Mapping[str, Callable[[World], HttpService]] = {"/v1/accounts/": Fireworks}
"""By the beginning of the path."""
