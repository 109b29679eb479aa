"""The AWS side: from an HTTP request to the service, the operation, its answer or its error."""

import logging
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from .errors import ServiceError, SettingsError
from .messages import Request, Response, json_response
from .models import Call, ServiceWire, wire_of
from .permissions import Allows
from .services import AWS_SERVICES, AwsService
from .world import World

# Authorization: AWS4-HMAC-SHA256 Credential=AKID/20261121/us-east-1/braket/aws4_request, SignedHeaders=…
_SCOPE = re.compile(r"Credential=([^/\s,]+)/\d{8}/[^/]+/([^/]+)/aws4_request")

log = logging.getLogger(__name__)


class AwsEndpoint(NamedTuple):
    """A service and its protocol."""

    name: str
    wire: ServiceWire
    service: AwsService


class Aws:
    """Signatures are not verified; the credential scope says which service is meant.

    allows: asked before every call, where there is one.
    """

    def __init__(self, world: World, allows: Allows | None = None) -> None:
        self._world = world
        self._allows = allows
        self._services = {
            name: AwsEndpoint(name, wire_of(name), make(world)) for name, make in AWS_SERVICES.items()
        }

    def answer(self, request: Request) -> Response:
        scope = _SCOPE.search(request.headers.get("authorization", ""))
        if scope is None:
            return _plain_error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        access_key, service = scope.groups()
        if service not in self._services:
            known = ", ".join(self._services)
            return _plain_error(
                501, "NotImplemented", f"The simulator has no service '{service}'; it has {known}."
            )
        return self._answer(self._services[service], request, access_key)

    def _answer(self, at: AwsEndpoint, request: Request, access_key: str) -> Response:
        call: Call | None = None
        try:
            call = at.wire.call_of(request)
            self._world.calls.count(f"{at.name}:{call.name}")
            return at.wire.response(call, self._perform(at, call, request, access_key))
        except ServiceError as error:
            failure = error
        except SettingsError as error:
            failure = ServiceError("ValidationException", str(error))
        except Exception:
            log.exception("%s %s failed", request.method, request.path)
            failure = ServiceError("InternalFailure", "the simulator failed; its log says why", status=500)
        self._world.calls.count_error(f"{at.name}:{call.name if call else 'unknown'}", failure.code)
        return at.wire.error_response(call, failure)

    def _perform(self, at: AwsEndpoint, call: Call, request: Request, access_key: str) -> Mapping[str, Any]:
        operations = at.service.operations
        if call.name not in operations:
            raise ServiceError(
                "NotImplemented", f"The simulator does not implement {at.name}:{call.name}.", status=501
            )
        parameters = at.wire.parameters(call, request)
        self._authorize(at.service, call.name, parameters, access_key)
        with self._world.jobs.lock:
            return operations[call.name](parameters)

    def _authorize(
        self, service: AwsService, operation: str, parameters: dict[str, Any], access_key: str
    ) -> None:
        if self._allows is None:
            return
        for need in service.needs_of(operation, parameters):
            refused = self._allows(access_key, need)
            if refused is not None:
                rule = f"{refused} is not authorized to perform: {need.action} on resource: {need.resource}"
                raise ServiceError("AccessDeniedException", f"User: {rule}", status=403)


def _plain_error(status: int, code: str, message: str) -> Response:
    return json_response(status, {"__type": code, "message": message}, {"x-amzn-ErrorType": code})
