"""How a job is written as a DynamoDB item, and read back. Pure."""

import dataclasses
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from jobchute.job import Api, Job, Source, State

Item = dict[str, Any]

JOB = "JOB"
OPEN = "OPEN"

_serializer = TypeSerializer()
_deserializer = TypeDeserializer()


def attribute(field_name: str) -> str:
    """`provider_id` is `providerId` in the table, as in every document and event."""
    head, *rest = field_name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def to_dynamodb(values: Mapping[str, Any]) -> Item:
    return {name: _serializer.serialize(value) for name, value in values.items()}


def from_dynamodb(item: Mapping[str, Any]) -> Item:
    return {name: _plain(_deserializer.deserialize(value)) for name, value in item.items()}


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return int(value)
        case dict():
            return {key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(inner) for inner in value]
        case set():
            return frozenset(_plain(inner) for inner in value)
        case _:
            return value


def item_of(job: Job) -> Item:
    """The job's item: keys, every attribute that has a value, and the marker of open jobs."""
    values = {attribute(field.name): getattr(job, field.name) for field in dataclasses.fields(job)}
    values |= {attribute(f"source_{name}"): value for name, value in _source_values(job.source).items()}
    del values["source"]
    values = {name: _storable(value) for name, value in values.items() if value is not None}
    values = {name: value for name, value in values.items() if value != frozenset()}
    if job.due is not None:
        values["open"] = OPEN
    return to_dynamodb({"pk": job.job_id, "sk": JOB, **values})


def _source_values(source: Source) -> dict[str, Any]:
    return dataclasses.asdict(source)


def _storable(value: Any) -> Any:
    match value:
        case tuple():
            return [dict(entry) for entry in value]
        case Mapping():
            return dict(value)
        case _:
            return value


def job_of(item: Mapping[str, Any]) -> Job:
    """The job in an item as DynamoDB and its stream return it."""
    values = from_dynamodb(item)
    source = Source(**{f.name: values[attribute(f"source_{f.name}")] for f in dataclasses.fields(Source)})
    known = {f.name: values[attribute(f.name)] for f in dataclasses.fields(Job) if attribute(f.name) in values}
    known |= {
        "source": source,
        "state": State(values["state"]),
        "api": Api(values["api"]) if "api" in values else None,
        "stop_cause": State(values["stopCause"]) if "stopCause" in values else None,
        "problems": tuple(values.get("problems", ())),
        "history": tuple(values.get("history", ())),
        "after": tuple(values.get("after", ())),
    }
    return Job(**known)
