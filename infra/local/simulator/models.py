"""botocore's service models: which operation a request means, its parameters, and its answer in bytes.

Two protocols: rest-json (Braket, Bedrock), where method and path name the operation, and json 1.1
(SageMaker), where the header X-Amz-Target does. https://smithy.io/2.0/aws/protocols/
"""

import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

from botocore.loaders import Loader  # type: ignore[import-untyped,unused-ignore]
from botocore.model import ServiceModel  # type: ignore[import-untyped,unused-ignore]
from botocore.utils import parse_timestamp  # type: ignore[import-untyped,unused-ignore]

from .errors import ServiceError
from .messages import Request, Response
from .validation import Shape, check, wire_name

Operation = Any  # botocore.model.OperationModel, which is untyped


@dataclass(frozen=True, slots=True)
class Call:
    """An operation of the service, and the labels that the path carried."""

    operation: Operation
    labels: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return str(self.operation.name)


@functools.cache
def wire_of(service: str) -> "ServiceWire":
    """The service's protocol; a model is read once in a process."""
    return ServiceWire(service)


class ServiceWire:
    """One service's protocol, read from its model. Nothing here changes after it is made."""

    def __init__(self, service: str) -> None:
        self._model: Any = ServiceModel(Loader().load_service_model(service, "service-2"), service)
        self._is_rest = self._model.metadata["protocol"] == "rest-json"
        self._routes = (
            sorted(self._all_routes(), key=lambda route: route[1].count("{}")) if self._is_rest else []
        )

    def call_of(self, request: Request) -> Call:
        """Which operation is meant. Raises ServiceError where there is none."""
        call = self._routed(request) if self._is_rest else self._targeted(request)
        if call is None:
            where = f"{request.method} {request.path}"
            raise ServiceError("UnknownOperationException", f"no operation at {where}", status=404)
        return call

    def parameters(self, call: Call, request: Request) -> dict[str, Any]:
        """The checked input of the operation, timestamps in epoch seconds. Raises ServiceError."""
        shape = call.operation.input_shape
        given = self._located(call, request) | _body(request)
        if shape is None:
            return {}
        check(shape, given)
        return {
            name: _decoded(shape.members[name], value) for name, value in given.items() if value is not None
        }

    def response(self, call: Call, result: Mapping[str, Any]) -> Response:
        """The operation's output. Keys that the output shape does not have are left out."""
        shape = call.operation.output_shape
        body = b"" if shape is None else json.dumps(_encoded(shape, result, self._timestamps)).encode()
        return Response(int(call.operation.http.get("responseCode", 200)), body, self._headers())

    def error_response(self, call: Call | None, error: ServiceError) -> Response:
        """The error as the protocol carries it, with the HTTP status that the operation's model gives its
        code.
        """
        shapes = {} if call is None else {shape.name: shape for shape in call.operation.error_shapes}
        shape = shapes.get(error.code)
        modelled = {} if shape is None else shape.metadata.get("error", {})
        name = "Message" if shape is not None and "Message" in shape.members else "message"
        body = {name: error.message} if self._is_rest else {"__type": error.code, name: error.message}
        status = int(modelled.get("httpStatusCode", error.status))
        return Response(status, json.dumps(body).encode(), self._headers() | {"x-amzn-ErrorType": error.code})

    @property
    def _timestamps(self) -> str:
        return "iso8601" if self._is_rest else "unixTimestamp"

    def _headers(self) -> dict[str, str]:
        return {"Content-Type": "application/json" if self._is_rest else "application/x-amz-json-1.1"}

    def _all_routes(self) -> Iterator[tuple[str, str, Operation]]:
        for name in self._model.operation_names:
            operation = self._model.operation_model(name)
            path = operation.http["requestUri"].partition("?")[0]
            yield operation.http["method"], "/".join(_template(part) for part in path.split("/")), operation

    def _routed(self, request: Request) -> Call | None:
        parts = request.path.split("/")
        for method, template, operation in self._routes:
            wanted = template.split("/")
            if method != request.method or len(wanted) != len(parts):
                continue
            if all(want in ("{}", part) for want, part in zip(wanted, parts, strict=True)):
                return Call(operation, _labels(operation, parts))
        return None

    def _targeted(self, request: Request) -> Call | None:
        prefix, _, name = request.headers.get("x-amz-target", "").partition(".")
        if prefix != self._model.metadata["targetPrefix"] or name not in self._model.operation_names:
            return None
        return Call(self._model.operation_model(name))

    def _located(self, call: Call, request: Request) -> dict[str, Any]:
        """Parameters in the path and in the query string, as their shapes want them."""
        shape = call.operation.input_shape
        found: dict[str, Any] = {}
        query = request.parameters()
        for name, member in shape.members.items() if shape is not None else ():
            at = wire_name(name, member)
            match member.serialization.get("location"):
                case "uri" if at in call.labels:
                    found[name] = call.labels[at]
                case "querystring" if at in query:
                    found[name] = _from_text(member, query[at])
        return found


def _template(part: str) -> str:
    return "{}" if part.startswith("{") else part


def _labels(operation: Operation, parts: list[str]) -> dict[str, str]:
    names = operation.http["requestUri"].partition("?")[0].split("/")
    return {
        name.strip("{}").rstrip("+"): unquote(part)
        for name, part in zip(names, parts, strict=True)
        if name.startswith("{")
    }


def _body(request: Request) -> dict[str, Any]:
    try:
        content = request.json()
    except ValueError as problem:
        raise ServiceError("SerializationException", f"the body is not JSON: {problem}") from problem
    if not isinstance(content, dict):
        raise ServiceError("SerializationException", "the body must be a JSON object")
    return content


def _from_text(shape: Shape, values: list[str]) -> Any:
    """A value of the query string; what is no number stays text, and the check refuses it."""
    match shape.type_name:
        case "list":
            return [_from_text(shape.member, [value]) for value in values]
        case "integer" | "long" if values[-1].lstrip("-").isdecimal():
            return int(values[-1])
        case "boolean" if values[-1] in ("true", "false"):
            return values[-1] == "true"
    return values[-1]


def _decoded(shape: Shape, value: Any) -> Any:
    if shape.type_name != "timestamp":
        return value
    try:
        return parse_timestamp(value).timestamp()
    except ValueError as problem:
        raise ServiceError("SerializationException", f"{value!r} is no timestamp") from problem


def _encoded(shape: Shape, value: Any, timestamps: str) -> Any:
    match shape.type_name:
        case "structure" if not getattr(shape, "is_document_type", False):
            return {
                wire_name(name, member): _encoded(member, value[name], timestamps)
                for name, member in shape.members.items()
                if value.get(name) is not None
            }
        case "list":
            return [_encoded(shape.member, item, timestamps) for item in value]
        case "map":
            return {key: _encoded(shape.value, item, timestamps) for key, item in value.items()}
        case "timestamp":
            return _timestamp(value, shape.serialization.get("timestampFormat", timestamps))
    return value


def _timestamp(at: float, style: str) -> Any:
    if style == "iso8601":
        return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return round(at, 3)
