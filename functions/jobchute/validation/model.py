"""What one API accepts as its request body."""

from typing import Any, NamedTuple

from pydantic import TypeAdapter


class RequestModel(NamedTuple):
    """What one API accepts as its request body.

    request: the TypedDict of the body.
    adapter: validates a body; accepts it as it is or raises, and changes nothing.
    read_only: `Structure.member` of what only the provider's answers carry.
    sensitive: `Structure.member` of what no message may repeat.
    unions: the names of the structures of which exactly one member may be given.
    elsewhere: top-level keys of a similar API, each with what to tell who used it here.
    """

    operation: str
    request: type
    adapter: TypeAdapter[Any]
    read_only: frozenset[str]
    sensitive: frozenset[str]
    unions: frozenset[str]
    elsewhere: dict[str, str]
