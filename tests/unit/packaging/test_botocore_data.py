"""The cut data serializes and describes every operation that the functions call as the full data does."""

import ast
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.awsrequest import AWSPreparedRequest
from botocore.client import BaseClient
from botocore.config import Config
from botocore.loaders import Loader
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape
from botocore.session import Session

from infra.asset import FUNCTIONS, LEFT_OUT
from infra.botocore_data import OPERATIONS
from jobchute.providers.bedrock.adapter import Kind as BedrockKind
from jobchute.providers.braket.adapter import Kind as BraketKind
from jobchute.providers.registry import SPECS, module_of
from jobchute.providers.sagemaker.adapter import Kind

NOW = datetime(2026, 11, 21, tzinfo=UTC)
REGIONS = ("us-east-1", "eu-central-2", "cn-north-1", "us-gov-west-1")
CALLS = [(service, name) for service, names in sorted(OPERATIONS.items()) for name in sorted(names)]
# Braket's kind `job`, Bedrock's ListTagsForResource and Python's re.search, which are spelled alike.
OF_OTHERS = {
    *(("sagemaker", name) for name in ("CreateJob", "DescribeJob", "ListJobs", "StopJob", "Search")),
    *((service, "ListTagsForResource") for service in ("braket", "events", "stepfunctions")),
}
KINDS = [
    member
    for api in SPECS
    for member in vars(module_of(api, "adapter")).values()
    if isinstance(member, Kind | BedrockKind | BraketKind)
]
ASKED_BY_BOTOCORE = {("s3", "HeadBucket")}
DEEPEST = 6
# A global endpoint of EventBridge is signed by the AWS Common Runtime, which is not in the asset.
NEEDS_MORE = frozenset({"EndpointId"})
TEXTS = {"Bucket": "drop", "QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/intake"}


@cache
def _session(data: Path | None = None) -> Session:
    """One for all clients of the same data, which it reads once."""
    session = Session()
    session.set_credentials("AKIDEXAMPLE", "secret")
    if data is not None:
        loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
        session.register_component("data_loader", loader)
    return session


def _client(service: str, region: str, data: Path | None = None) -> BaseClient:
    # The values below are of the right types, and not always within their bounds.
    config = Config(parameter_validation=False, retries={"total_max_attempts": 1})
    client = _session(data).create_client(service, region_name=region, config=config)
    client.meta.events.register("before-send", _raise_sent)
    return client


def _everything(shape: Shape | None, name: str = "", depth: int = 0) -> Any:
    """A value that sets every member there is, so that each is serialized."""
    match shape:
        case StructureShape():
            if depth >= DEEPEST:
                return {}
            members = list(shape.members.items())
            if shape.is_tagged_union:
                members = members[:1]
            return {
                member: _everything(inner, member, depth + 1)
                for member, inner in members
                if member not in NEEDS_MORE
            }
        case ListShape():
            return [_everything(shape.member, name, depth + 1)] * 2 if depth < DEEPEST else []
        case MapShape():
            return {"key": _everything(shape.value, name, depth + 1)} if depth < DEEPEST else {}
    assert shape is not None
    scalars = {
        "integer": 7,
        "long": 2**40,
        "float": 1.5,
        "double": 2.5,
        "boolean": True,
        "timestamp": NOW,
        "blob": b"\x00bytes",
    }
    return scalars.get(shape.type_name, TEXTS.get(name, "text"))


class SentError(Exception):
    """Raised instead of sending."""

    def __init__(self, request: AWSPreparedRequest) -> None:
        self.request = request


def _raise_sent(request: AWSPreparedRequest, **_: Any) -> None:
    raise SentError(request)


def _request(client: BaseClient, operation: str, parameters: dict[str, Any]) -> tuple[Any, ...]:
    """What would go over the wire: method, address, headers with their signature, body."""
    with pytest.raises(SentError) as sent:
        getattr(client, xform_name(operation))(**parameters)
    request = sent.value.request
    body: Any = request.body
    return request.method, request.url, dict(request.headers), body.read() if hasattr(body, "read") else body


@pytest.fixture
def _frozen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Signatures hold the time, and requests an id of their own."""
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: NOW)
    monkeypatch.setattr(uuid, "uuid4", lambda: uuid.UUID(int=7))


@pytest.mark.usefixtures("_frozen")
@pytest.mark.parametrize("region", REGIONS)
@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_requests_are_the_same_bytes(service: str, region: str, pruned: Path) -> None:
    full, cut = _client(service, region), _client(service, region, pruned)
    for name in sorted(OPERATIONS[service]):
        parameters = _everything(full.meta.service_model.operation_model(name).input_shape)
        assert _request(cut, name, parameters) == _request(full, name, parameters), name


def _described(shape: Shape | None, known: frozenset[str] = frozenset()) -> Any:
    """All that botocore reads of a shape, without its documentation."""
    if shape is None or shape.name in known:
        return None if shape is None else shape.name
    own = {key: value for key, value in vars(shape)["_shape_model"].items() if key != "documentation"}
    inside = known | {shape.name}
    match shape:
        case StructureShape():
            own["members"] = {name: _described(inner, inside) for name, inner in shape.members.items()}
        case ListShape():
            own["member"] = _described(shape.member, inside)
        case MapShape():
            own |= {"key": _described(shape.key, inside), "value": _described(shape.value, inside)}
    return shape.name, shape.type_name, shape.serialization, shape.metadata, own


def _operation(client: BaseClient, name: str) -> OperationModel:
    model: OperationModel = client.meta.service_model.operation_model(name)
    return model


@pytest.mark.parametrize("service", sorted(OPERATIONS))
def test_answers_and_errors_are_read_the_same(service: str, pruned: Path) -> None:
    full, cut = _client(service, "us-east-1"), _client(service, "us-east-1", pruned)
    assert cut.meta.service_model.metadata == full.meta.service_model.metadata
    for name in OPERATIONS[service]:
        ours, theirs = _operation(cut, name), _operation(full, name)
        assert _described(ours.output_shape) == _described(theirs.output_shape), name
        assert list(map(_described, ours.error_shapes)) == list(map(_described, theirs.error_shapes)), name
        assert cut.can_paginate(xform_name(name)) == full.can_paginate(xform_name(name)), name


def test_only_what_is_called_is_kept(pruned: Path) -> None:
    kept = {
        (s, n) for s in OPERATIONS for n in _client(s, "us-east-1", pruned).meta.service_model.operation_names
    }
    assert kept == set(CALLS)


def _names_in_the_functions() -> Iterator[str]:
    """Attributes, and texts: a paginator is asked for by its operation's name."""
    for path in FUNCTIONS.rglob("*.py"):
        if LEFT_OUT.isdisjoint(path.relative_to(FUNCTIONS).parts):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Attribute):
                    yield node.attr
                elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
    for kind in KINDS:
        yield from (f"{verb}_{kind.operation}" for verb in ("create", "describe", "get", "stop", "cancel"))
        yield from (f"{verb}_{kind.operation}s" for verb in ("list", "search"))


def test_the_operations_that_the_functions_name_are_kept() -> None:
    models = {service: _session().get_service_model(service) for service in OPERATIONS}
    known = {
        (service, name): xform_name(name) for service, model in models.items() for name in model.operation_names
    }
    named = set(_names_in_the_functions())
    called = {call for call, spelled in known.items() if spelled in named}
    assert called - OF_OTHERS | ASKED_BY_BOTOCORE == set(CALLS)


def test_the_data_is_small(pruned: Path) -> None:
    assert sum(path.stat().st_size for path in pruned.rglob("*.json")) < 1_000_000
