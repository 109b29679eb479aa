"""What Fireworks refuses in a BatchJob, after its protobuf descriptors and its OpenAPI pages (fireworks-ai
0.19.20).
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

OUTPUT_ONLY = frozenset(
    {"name", "createTime", "startTime", "endTime", "createdBy", "state", "status", "updateTime"}
)
EXECUTORS: Mapping[str, Mapping[str, str]] = {
    "pythonExecutor": {"targetType": "string", "target": "string", "args": "strings"},
    "notebookExecutor": {"notebookFilename": "string"},
    "shellExecutor": {"command": "string"},
}
_REQUIRED = {
    "pythonExecutor": ("targetType", "target"),
    "notebookExecutor": ("notebookFilename",),
    "shellExecutor": ("command",),
}
_TARGET_TYPES = ("MODULE", "FILENAME")
_FIELDS: Mapping[str, str] = {
    "nodePoolId": "string",
    "displayName": "string",
    "environmentId": "string",
    "snapshotId": "string",
    "imageRef": "string",
    "numRanks": "int32",
    "envVars": "map",
    "role": "string",
    "annotations": "map",
    "shared": "bool",
    **dict.fromkeys(EXECUTORS, "message"),
}
_ANNOTATION = re.compile(
    r"([a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
)
_RESERVED = "fireworks.ai/"


def problems_of(job: Any) -> Iterator[str]:
    """Everything that is wrong with the body of a create; nothing where it is right."""
    if not isinstance(job, dict):
        yield "the body must be a BatchJob object"
        return
    wrong = list(_types(job))
    yield from wrong
    if not wrong:
        yield from _rules(job)


def _types(job: Mapping[str, Any]) -> Iterator[str]:
    for key, value in job.items():
        if key in OUTPUT_ONLY:
            yield f"field '{key}' is output only"
        elif key not in _FIELDS:
            yield f"unknown field '{key}'"
        elif not _is(_FIELDS[key], value):
            yield f"field '{key}' must be of type {_FIELDS[key]}"
        elif key in EXECUTORS:
            yield from _executor(key, value)


def _executor(name: str, value: Mapping[str, Any]) -> Iterator[str]:
    members = EXECUTORS[name]
    for key, inner in value.items():
        if key not in members:
            yield f"unknown field '{name}.{key}'"
        elif not _is(members[key], inner):
            yield f"field '{name}.{key}' must be of type {members[key]}"
    for key in _REQUIRED[name]:
        if not value.get(key):
            yield f"field '{name}.{key}' is required"
    if value.get("targetType") and value["targetType"] not in _TARGET_TYPES:
        yield f"field '{name}.targetType' must be one of {', '.join(_TARGET_TYPES)}"


def _rules(job: Mapping[str, Any]) -> Iterator[str]:
    if not job.get("nodePoolId"):
        yield "field 'nodePoolId' is required"
    if len(job.get("displayName", "")) > 63:
        yield "field 'displayName' must be fewer than 64 characters long"
    if len(chosen := [name for name in EXECUTORS if name in job]) > 1:
        yield f"oneof executor_type is set more than once: {', '.join(chosen)}"
    if job.get("imageRef") and (job.get("environmentId") or job.get("snapshotId")):
        yield "field 'imageRef' cannot be given with environmentId or snapshotId"
    if job.get("snapshotId") and not job.get("environmentId"):
        yield "field 'snapshotId' needs environmentId"
    for key in job.get("annotations", {}):
        if key.startswith(_RESERVED) or not _ANNOTATION.fullmatch(key):
            yield f"annotation '{key}' must be a Kubernetes annotation key and not begin with {_RESERVED}"


def _is(kind: str, value: Any) -> bool:
    match kind:
        case "string":
            return isinstance(value, str)
        case "bool":
            return isinstance(value, bool)
        case "int32":
            return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31
        case "strings":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case "map":
            return isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    return isinstance(value, dict)
