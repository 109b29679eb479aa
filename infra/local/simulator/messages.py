"""An HTTP request and its response, as the services see them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs


@dataclass(frozen=True, slots=True)
class Request:
    """`path` is as sent, still percent-encoded and without the query; header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def parameters(self) -> dict[str, list[str]]:
        """The query string, every value of every name."""
        return parse_qs(self.query, keep_blank_values=True)

    def json(self) -> Any:
        """The body; an empty one is an empty object. Raises ValueError for what is not JSON."""
        return json.loads(self.body) if self.body.strip() else {}


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back: `body` is sent as it is."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


def json_response(status: int, content: Any, headers: Mapping[str, str] | None = None) -> Response:
    """A response with a JSON body."""
    return Response(
        status, json.dumps(content).encode(), {"Content-Type": "application/json", **(headers or {})}
    )
