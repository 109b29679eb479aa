"""JSON Schema (2020-12) of request files, for completion and checking in an editor.

A file holds one document or a JSON array of them: a request, a cancellation or a change of a job, and below
`requests/<service>/<operation>/` also the bare body of the provider (`bare_schema`).

It is made from the annotations that validate requests, so both agree in shape. It leaves out the rules across
fields, and widens a pattern that only some engines can read (jobchute.requests.portable_patterns).
"""

from collections.abc import Mapping
from typing import Any, Literal, get_args, get_origin

from typing_extensions import is_typeddict

from jobchute.job import Api
from jobchute.providers.models import docs_for, model_for
from jobchute.requests.document import JOB_ID, MAX_TARGET_BYTES
from jobchute.requests.matrix import MAX_AXES, MAX_VALUES
from jobchute.requests.money_schema import money
from jobchute.requests.objective import GOALS, MAX_METRIC, MAXIMIZE
from jobchute.requests.ordering import (
    DEFAULT_PRIORITY,
    END_NAMES,
    HIGHEST_PRIORITY,
    MAX_DEPENDENCIES,
    MAX_KEY,
)
from jobchute.requests.portable_patterns import portable
from jobchute.requests.retry_schema import retries
from jobchute.validation.explain import Limits, is_required, members_of, unwrapped
from jobchute.validation.model import RequestModel

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"

NUMBERS = {int: "integer", float: "number"}

ONE_OR_SEVERAL: Schema = {
    "type": ["object", "array"],
    "minItems": 1,
    "items": {"type": "object", "$ref": "#"},
}
"""A document, or a JSON array of documents; keywords for objects do not apply to an array."""


def json_schema(api: Api | None = None) -> Schema:
    """The schema of a request file with envelopes: for one API, or for all, distinguished by `api`."""
    title = "Jobchute request" if api is None else f"Jobchute request: {api}"
    return {"$schema": DIALECT, "title": title, **document(api), "$defs": definitions_of(api)}


def bare_schema(api: Api) -> Schema:
    """The schema of a file below `requests/<service>/<operation>/` of this API: a bare body, or a document."""
    model = model_for(api)
    return {
        "$schema": DIALECT,
        "title": f"Jobchute request: the body of {api}",
        **ONE_OR_SEVERAL,
        "if": {
            "anyOf": [
                {"type": "array"},
                *({"required": [name]} for name in ("api", "request", "cancel", "set")),
            ]
        },
        "then": {"$ref": "#/$defs/Document"},
        "else": reference(model, model.request),
        "$defs": {"Document": document(None), **definitions_of(None)},
    }


def document(api: Api | None) -> Schema:
    """A request of one API, or of any; a cancellation; or a change of a job."""
    apis = list(Api) if api is None else [api]
    schema: Schema = {
        **ONE_OR_SEVERAL,
        "properties": {**envelope(apis), "cancel": cancel(), "set": target_of_set()},
        "additionalProperties": False,
        "if": {"required": ["cancel"]},
        "then": {"maxProperties": 1},
        "else": {"if": {"required": ["set"]}, "then": change(), "else": {"required": ["api", "request"]}},
    }
    if api is not None:
        schema["properties"]["request"] |= reference(model_for(api), model_for(api).request)
    else:
        schema["allOf"] = [request_of(each) for each in apis]
    return schema


def envelope(apis: list[Api]) -> dict[str, Schema]:
    """The members of a request document beside the provider's own."""
    return {
        "api": {"description": "The provider's create call.", "enum": [str(api) for api in apis]},
        "request": {"description": "The provider's own request body, verbatim.", "type": "object"},
        "idempotencyKey": {
            "description": "The same key is the same job; the default is the body itself.",
            "type": "string",
            "minLength": 1,
            "maxLength": MAX_KEY,
        },
        "labels": {
            "description": "Labels of the job: in the ledger, the provider's tags and every notification.",
            "type": "object",
            "maxProperties": 20,
            "additionalProperties": {"type": "string"},
        },
        "dryRun": {
            "description": "Validate and plan, submit nothing.",
            "type": "boolean",
            "default": False,
        },
        "matrix": matrix(),
        "priority": {
            "description": "The higher, the sooner: among jobs that wait for the same pool.",
            "type": "integer",
            "minimum": 0,
            "maximum": HIGHEST_PRIORITY,
            "default": DEFAULT_PRIORITY,
        },
        "after": {
            "description": "Wait for these jobs: for their success, or for the ends named under `on`. "
            "Their documents may come up to an hour later.",
            "type": "array",
            "minItems": 1,
            "maxItems": MAX_DEPENDENCIES,
            "items": dependency(),
        },
        "objective": objective(),
        "retryOf": {
            "description": "The id of the job that this one runs again, as `jobchute retry` writes it.",
            "type": "string",
            "pattern": portable(JOB_ID.pattern),
        },
        **money(),
        **retries(),
    }


def cancel() -> Schema:
    """The limit is in bytes, which JSON Schema cannot count; a valid text has no more characters than that."""
    return {
        "description": "Alone in its document: the job id or idempotency key of a job to cancel, or a file "
        "with all of its jobs, such as requests/sweep.jsonl.",
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_TARGET_BYTES,
    }


def target_of_set() -> Schema:
    return {
        "description": "The job id or idempotency key of a job that waits: its `priority` and `labels` change.",
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_KEY,
    }


def change() -> Schema:
    """What stands beside `set`."""
    return {
        "anyOf": [
            {"required": ["priority"]},
            {"properties": {"labels": {"minProperties": 1}}, "required": ["labels"]},
        ],
        "propertyNames": {"enum": ["set", "priority", "labels"]},
    }


def matrix() -> Schema:
    values = {"type": "array", "minItems": 1, "maxItems": MAX_VALUES, "uniqueItems": True}
    return {
        "description": "Lists of values by their paths in the request: one job for each combination.",
        "type": "object",
        "minProperties": 1,
        "maxProperties": MAX_AXES,
        "additionalProperties": values,
    }


def objective() -> Schema:
    metric = {"type": "string", "minLength": 1, "maxLength": MAX_METRIC}
    return {
        "description": "The metric by which the jobs of a file are compared, and whether more of it is better.",
        "type": "object",
        "properties": {"metric": metric, "goal": {"enum": list(GOALS), "default": MAXIMIZE}},
        "required": ["metric"],
        "additionalProperties": False,
    }


def dependency() -> Schema:
    """An entry of `after`."""
    target = {
        "description": "A job id or an idempotency key.",
        "type": "string",
        "minLength": 1,
        "maxLength": MAX_KEY,
    }
    end = {"enum": list(END_NAMES)}
    ends = {"type": "array", "minItems": 1, "maxItems": len(END_NAMES), "items": end}
    properties = {"job": target, "on": {"anyOf": [end, ends], "default": "SUCCEEDED"}}
    waiting = {
        "type": "object",
        "properties": properties,
        "required": ["job"],
        "additionalProperties": False,
    }
    return {"anyOf": [target, waiting]}


def request_of(api: Api) -> Schema:
    """`request` is the body of this API if `api` names it."""
    model = model_for(api)
    return {
        "if": {"properties": {"api": {"const": str(api)}}, "required": ["api"]},
        "then": {"properties": {"request": reference(model, model.request)}},
    }


def definitions_of(api: Api | None) -> dict[str, Schema]:
    """Of one API's body, or of all."""
    apis = list(Api) if api is None else [api]
    return {name: definition for each in apis for name, definition in definitions(each).items()}


def definitions(api: Api) -> dict[str, Schema]:
    """Every structure in the body of an API, by the name that references use."""
    model, docs = model_for(api), docs_for(api)
    found: dict[str, Schema] = {}

    def add(annotation: Any) -> None:
        kind, _ = unwrapped(annotation)
        if is_typeddict(kind):
            found[definition_name(model, kind)] = structure_schema(model, docs, kind)
        for inner in members_of(kind).values() if is_typeddict(kind) else get_args(kind):
            if get_origin(kind) is not Literal:
                add(inner)

    add(model.request)
    return found


def structure_schema(model: RequestModel, docs: Mapping[str, str], structure: Any) -> Schema:
    properties: dict[str, Schema] = {}
    for name, annotation in members_of(structure).items():
        text = docs.get(f"{structure.__name__}.{name}")
        properties[name] = ({"description": text} if text else {}) | value_schema(model, annotation)
    required = [name for name, annotation in members_of(structure).items() if is_required(annotation)]
    schema: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    if required:
        schema["required"] = required
    if structure.__name__ in model.unions:
        schema |= {"minProperties": 1, "maxProperties": 1}
    return schema


def value_schema(model: RequestModel, annotation: Any) -> Schema:
    """The schema of a member, an item or an entry."""
    kind, limits = unwrapped(annotation)
    if is_typeddict(kind):
        return reference(model, kind)
    if get_origin(kind) is Literal:
        return {"enum": list(get_args(kind))}
    if get_origin(kind) is list:
        (item,) = get_args(kind)
        return {"type": "array", "items": value_schema(model, item)} | sizes(limits, "Items")
    if get_origin(kind) is dict:
        key, value = (value_schema(model, inner) for inner in get_args(kind))
        entries = {"propertyNames": key, "additionalProperties": value}
        return {"type": "object"} | entries | sizes(limits, "Properties")
    if kind is str:
        pattern = {"pattern": portable(limits.pattern)} if limits.pattern else {}
        return {"type": "string"} | sizes(limits, "Length") | pattern
    if kind in NUMBERS:
        return {"type": NUMBERS[kind]} | {
            name: limit
            for name, limit in (("minimum", limits.low), ("maximum", limits.high))
            if limit is not None
        }
    return {"type": "boolean"}


def sizes(limits: Limits, what: str) -> Schema:
    named = {f"min{what}": limits.least, f"max{what}": limits.most}
    return {name: limit for name, limit in named.items() if limit is not None}


def reference(model: RequestModel, structure: Any) -> Schema:
    return {"$ref": f"#/$defs/{definition_name(model, structure)}"}


def definition_name(model: RequestModel, structure: Any) -> str:
    return f"{model.operation}.{structure.__name__}"
