"""How a job is written as a DynamoDB item, and read back. Pure."""

import json
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any

from jobchute.job import Api, Handle, Job, Source, State
from jobchute.ledger.attribute_values import decode, encode
from jobchute.ledger.table import DUE_SHARDS, STATE_SHARDS, shard_of
from jobchute.outcomes import Cause

Item = dict[str, Any]

JOB = "JOB"
OPEN = "OPEN"
"""In the index of what is due: open jobs, in shards, as `OPEN#3`."""
LOOK = "LOOK"
"""In the same index, apart from the other open jobs: jobs that wait for names, in one partition."""
BEGINNING_LENGTH = len("jc-") + 4
"""Characters of an id by which its row is found: the least that a person may type, as with git's commits.

That makes 65,536 partitions, each with 150 of 10,000,000 jobs; a query reads those that begin as was typed.
"""


def attribute(field_name: str) -> str:
    """`provider_id` is `providerId` in the table, as in every document and event."""
    head, *rest = field_name.split("_")
    return head + "".join(part.capitalize() for part in rest)


# Field and attribute. The source's fields stand in the item beside the job's: `sourceUri`. The id is the key.
JOB_ATTRIBUTES = tuple(
    (field.name, attribute(field.name)) for field in fields(Job) if field.name not in ("job_id", "source")
)
SOURCE_ATTRIBUTES = tuple((field.name, attribute(f"source_{field.name}")) for field in fields(Source))

EMPTY: tuple[Any, ...] = (None, frozenset(), ())
FIRST = {"attempt": 1, "alternative": 0}
"""Values that are left out as well: a job without retries needs no byte more for them."""

_JOB_TYPES: dict[str, Callable[[Any], Any]] = {
    "state": State,
    "api": Api,
    "stop_cause": State,
    "problems": tuple,
    "history": tuple,
    "changes": tuple,
    "after": tuple,
    "refused": tuple,
    "awaits": tuple,
    "cause": Cause,
    "result": json.loads,
    "past": lambda content: past_in(content),  # noqa: PLW0108 - it is below
}
AS_JSON = frozenset({"result"})
"""Fields that an item holds as JSON text: it is shorter than a map, and numbers of items have no fractions."""
PACKED = frozenset({"past"})
"""Fields that an item holds as compressed JSON: what is kept of ended attempts has much in common."""


def to_dynamodb(values: Mapping[str, Any]) -> Item:
    return {name: encode(value) for name, value in values.items()}


def from_dynamodb(item: Mapping[str, Any]) -> Item:
    return {name: decode(value) for name, value in item.items()}


def item_of(job: Job) -> Item:
    """The job's item: keys, every attribute that has a value, and the keys of the indexes.

    Empty tuples and sets are left out: they are the default when the item is read.
    """
    item: Item = {"pk": {"S": job.job_id}, "sk": {"S": JOB}}
    item |= to_dynamodb({"word": word_of_beginning(job.job_id), "wordOrder": job.job_id})
    item["listed"] = {"S": list_of(job.job_id, job.state)}
    for owner, attributes in ((job, JOB_ATTRIBUTES), (job.source, SOURCE_ATTRIBUTES)):
        for field_name, name in attributes:
            value = getattr(owner, field_name)
            if value not in EMPTY and FIRST.get(field_name) != value:
                item[name] = encode(stored(field_name, value))
    if job.due is not None:
        item["open"] = {"S": mark_of(job)}
    return item


def stored(field_name: str, value: Any) -> Any:
    """The value of a field as its attribute holds it."""
    if field_name in PACKED:
        from jobchute.past_attempts import compact

        return packed([compact(each) for each in value])
    return json.dumps(value, separators=(",", ":"), allow_nan=False) if field_name in AS_JSON else value


def packed(value: Any) -> bytes:
    """Compressed JSON."""
    import zlib

    return zlib.compress(json.dumps(value, separators=(",", ":"), allow_nan=False).encode(), 9)


def unpacked(content: bytes) -> Any:
    """The inverse of `packed`."""
    import zlib

    return json.loads(zlib.decompress(content))


def past_in(content: bytes) -> tuple[Mapping[str, Any], ...]:
    """The attempts of a job that have ended, as an item holds them."""
    from jobchute.past_attempts import expanded

    return tuple(map(expanded, unpacked(content)))


def mark_of(job: Job) -> str:
    """The partition key of an open job in the index of what is due."""
    return LOOK if job.awaits else open_mark_of(job.job_id)


def open_mark_of(job_id: str) -> str:
    """The same of a job that waits for no name."""
    return f"{OPEN}#{shard_of(job_id, DUE_SHARDS)}"


def open_marks() -> list[str]:
    """The partition keys of all open jobs that wait for no name."""
    return [f"{OPEN}#{shard}" for shard in range(DUE_SHARDS)]


def list_of(job_id: str, state: State) -> str:
    """The partition key of a job in the index of states."""
    return str(state) if state.is_final else f"{state}#{shard_of(job_id, STATE_SHARDS)}"


def lists_of(state: State) -> list[str]:
    """The partition keys of all jobs in a state."""
    return [str(state)] if state.is_final else [f"{state}#{shard}" for shard in range(STATE_SHARDS)]


def word_of_beginning(job_id: str) -> str:
    """The partition key of a job's row in the index of words: the beginning of its id."""
    return f"id:{job_id[:BEGINNING_LENGTH]}"


def word_of_name(name: str) -> str:
    """The partition key of a job's request in the index of words."""
    return f"name:{name}"


def job_of(item: Mapping[str, Any]) -> Job:
    """The job in an item as DynamoDB and its stream return it."""
    values = {field: decode(item[name]) for field, name in JOB_ATTRIBUTES if name in item}
    for field, type_of_field in _JOB_TYPES.items():
        if field in values:
            values[field] = type_of_field(values[field])
    source = Source(**{field: decode(item[name]) for field, name in SOURCE_ATTRIBUTES if name in item})
    return Job(**{"job_id": decode(item["pk"]), "api": None, "source": source, **values})


def handle_of(item: Mapping[str, Any]) -> Handle:
    """The submitted job in an entry of the index of provider ids."""
    values = from_dynamodb(item)
    return Handle(
        job_id=values["pk"],
        api=Api(values["api"]),
        name=values["name"],
        provider_id=values["providerId"],
        time_limit=values["timeLimit"],
        pending_limit=values["pendingLimit"],
        attempt=values.get("attempt", 1),
        rates=values.get("rates"),
        budget=values.get("budget"),
        retry=values.get("retry"),
    )
