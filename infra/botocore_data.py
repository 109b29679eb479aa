"""Cuts botocore's data down to the operations that the functions call: 28 MB of JSON to less than 1 MB.

A client reads its service's whole model when it is made, which takes longer than anything else in a cold start.
What is left is held to serialize and to answer as before by tests/unit/packaging/test_botocore_data.py.
"""

import json
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from botocore.loaders import Loader

from jobchute.providers.registry import SPECS

Model = dict[str, Any]


def _operations_at_providers() -> dict[str, frozenset[str]]:
    """By service, from the specs. Tagging a new job is a permission that its create call needs, not a call."""
    calls: dict[str, set[str]] = defaultdict(set)
    for spec in SPECS.values():
        if spec.iam is None:
            continue
        for grant in (spec.iam.create, spec.iam.read, *spec.iam.find, spec.iam.list, spec.iam.cancel):
            for action in grant.actions:
                service, _, operation = action.partition(":")
                calls[service].add(operation)
    return {service: frozenset(operations) for service, operations in calls.items()}


OPERATIONS = {
    **_operations_at_providers(),
    "dynamodb": frozenset(
        ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"]
    ),
    "events": frozenset(["PutEvents"]),
    # botocore asks HeadBucket itself, where S3 says that a bucket is in another region.
    "s3": frozenset(["GetObject", "HeadBucket", "HeadObject", "ListObjectsV2", "PutObject"]),
    "secretsmanager": frozenset(["GetSecretValue"]),
    "sqs": frozenset(
        [
            "ChangeMessageVisibilityBatch",
            "DeleteMessage",
            "GetQueueAttributes",
            "ReceiveMessage",
            "SendMessage",
        ]
    ),
    "stepfunctions": frozenset(["ListExecutions", "SendTaskFailure", "SendTaskSuccess", "StartExecution"]),
}
"""Of each service, what the functions call; the command-line tool is not in the asset."""

SHARED = ("_retry", "endpoints", "partitions", "sdk-default-configuration")


def prune(data: Path) -> None:
    """Replace the contents of botocore's data folder. Raises KeyError for an operation that does not exist."""
    loader = Loader(extra_search_paths=[str(data)], include_default_search_paths=False)
    files: dict[str, Model] = {f"{name}.json": loader.load_data(name) for name in SHARED}
    prefixes = set()
    for service, operations in OPERATIONS.items():
        model = loader.load_service_model(service, "service-2")
        prefixes.add(model["metadata"]["endpointPrefix"])
        folder = f"{service}/{loader.determine_latest_version(service, 'service-2')}"
        files[f"{folder}/service-2.json"] = cut_model(model, operations)
        files[f"{folder}/paginators-1.json"] = _cut_paginators(loader, service, operations)
        files[f"{folder}/endpoint-rule-set-1.json"] = loader.load_service_model(service, "endpoint-rule-set-1")
    files["endpoints.json"] = _cut_endpoints(files["endpoints.json"], prefixes)
    shutil.rmtree(data)
    for name, content in files.items():
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content, separators=(",", ":")))


def cut_model(model: Model, operations: Iterable[str]) -> Model:
    """A service model with these operations and the shapes that they reach."""
    kept = {name: model["operations"][name] for name in sorted(operations)}
    wanted = set(_shapes_in(kept))
    shapes: dict[str, Model] = {}
    while wanted:
        name = wanted.pop()
        shapes[name] = model["shapes"][name]
        wanted |= set(_shapes_in(shapes[name])) - shapes.keys()
    in_order = {name: shape for name, shape in model["shapes"].items() if name in shapes}
    cut: Model = _without_documentation({**model, "operations": kept, "shapes": in_order})
    return cut


def _shapes_in(value: Any) -> Iterator[str]:
    """Every `{"shape": "Name"}` below a value; the key can be a member's name too, which is no text then."""
    if isinstance(value, dict):
        if isinstance(value.get("shape"), str):
            yield value["shape"]
        for inner in value.values():
            yield from _shapes_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _shapes_in(inner)


def _without_documentation(value: Any) -> Any:
    """Blank instead of gone: botocore expects the key in places."""
    if isinstance(value, dict):
        return {
            key: "" if key == "documentation" and isinstance(inner, str) else _without_documentation(inner)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_without_documentation(inner) for inner in value]
    return value


def _cut_paginators(loader: Loader, service: str, operations: frozenset[str]) -> Model:
    paginators: Model = loader.load_service_model(service, "paginators-1")["pagination"]
    return {"pagination": {name: rule for name, rule in paginators.items() if name in operations}}


def _cut_endpoints(endpoints: Model, prefixes: set[str]) -> Model:
    partitions = [
        {**partition, "services": {n: s for n, s in partition["services"].items() if n in prefixes}}
        for partition in endpoints["partitions"]
    ]
    return {**endpoints, "partitions": partitions}
