"""An input above a provider's limits, cut into parts that are within them, and the requests of the parts.

The parts have nearly the same number of records, so that none is below the provider's minimum. Records without
an id get one; nothing else of a record changes. The names of the files hold a digest of the whole input:
splitting it again writes the same files.
"""

import hashlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from itertools import accumulate, pairwise
from pathlib import Path
from typing import Any, NamedTuple

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.results.batches import SPLIT_LABEL
from jobchute.cli.results.lines import json_of, object_of
from jobchute.cli.results.retrying import input_beside
from jobchute.cli.results.stored import Bucket, parts_of
from jobchute.job import OWN_TOKENS, Api, sha256
from jobchute.providers.names import cut_name, name_with, slug
from jobchute.providers.records import Format, format_of
from jobchute.providers.registry import SPECS
from jobchute.providers.spec import Records
from jobchute.requests.matrix import replaced
from jobchute.requests.ordering import MAX_KEY

SHOWN_DIGITS = 8
MAX_STEM = 100
MADE_ID = "R{:010d}"
"""An id of 11 letters and digits, as the provider's own ids."""


class Limits(NamedTuple):
    """Of one part: records, and bytes of its file."""

    min_count: int
    max_count: int
    max_bytes: int


class Spooled(NamedTuple):
    """An input on disk. sizes: bytes of each line. made_ids: how many records got an id."""

    path: Path
    sizes: "array[int]"
    digest: str
    made_ids: int


class Part(NamedTuple):
    """One part of an input, and its request. number: from 1."""

    number: int
    records: int
    size: int
    uri: str
    document: dict[str, Any]


def spool(lines: Iterable[bytes], form: Format, path: Path) -> Spooled:
    """Write an input to disk, each record with an id. Raises AnswerIsNoError for a line that is no record."""
    sizes = array("Q")
    digest = hashlib.sha256()
    made_ids = 0
    with path.open("wb") as file:
        for number, line in enumerate(lines, start=1):
            value = object_of(line)
            if value is None or form.given not in value:
                raise AnswerIsNoError(f"record {number} of the input is not a JSON object with {form.given}")
            has_id = value.get(form.record_id) is not None
            written = (line if has_id else _with_id(value, form.record_id, number)) + b"\n"
            made_ids += not has_id
            file.write(written)
            digest.update(written)
            sizes.append(len(written))
    return Spooled(path, sizes, digest.hexdigest()[:SHOWN_DIGITS], made_ids)


def counts_of(sizes: "array[int]", limits: Limits) -> list[int]:
    """The number of records of each part: as few parts as their limits allow, of nearly equal numbers.

    Raises AnswerIsNoError if no number of parts is within the limits.
    """
    total = len(sizes)
    before = [0, *accumulate(sizes)]
    fewest = max(1, -(-total // limits.max_count), -(-before[-1] // limits.max_bytes))
    for parts in range(fewest, total + 1):
        if total // parts < limits.min_count:
            break
        ends = [total * number // parts for number in range(parts + 1)]
        if all(before[end] - before[start] <= limits.max_bytes for start, end in pairwise(ends)):
            return [end - start for start, end in pairwise(ends)]
    raise AnswerIsNoError(
        f"{total} records of {before[-1]} bytes cannot be cut into parts of {limits.min_count} to "
        f"{limits.max_count} records and at most {limits.max_bytes} bytes"
    )


def upload_parts(
    bucket: Bucket, spooled: Spooled, document: Mapping[str, Any], uri: str, counts: list[int]
) -> Iterator[Part]:
    """Write the parts beside the input, and make their requests."""
    api = Api(document["api"])
    records = SPECS[api].records
    assert records is not None
    suffix = format_of(api).input_suffix
    stem = slug(parts_of(uri)[1].rstrip("/").removesuffix(suffix).rpartition("/")[2])[:MAX_STEM]
    label = f"{stem}-{spooled.digest}/{len(counts)}"
    with spooled.path.open("rb") as lines:
        for number, count in enumerate(counts, start=1):
            name = f"part-{number:03d}-of-{len(counts):03d}-{spooled.digest}"
            target = input_beside(uri, suffix, name)
            path = spooled.path.with_name(name)
            with path.open("wb") as file:
                size = sum(file.write(lines.readline()) for _ in range(count))
            _upload(bucket, path, target)
            request = request_of_part(api, document, records, target, f"{number}-of-{len(counts)}", label)
            yield Part(number, count, size, target, request)


def request_of_part(
    api: Api, document: Mapping[str, Any], records: Records, uri: str, part: str, label: str
) -> dict[str, Any]:
    """The document of one part: its own input, name and key. part: `2-of-3`."""
    given = document["request"]
    request = {name: value for name, value in given.items() if name not in OWN_TOKENS}
    member, longest = SPECS[api].name
    if name := request.get(member):
        digest = sha256(label)[:SHOWN_DIGITS]
        request[member] = name_with(name, [part], longest) or cut_name(
            name, [], longest, mark=f"{digest}-{part}"
        )
    request = replaced(request, tuple(records.input.split(".")), uri)
    key = document.get("idempotencyKey") or next(filter(None, map(given.get, OWN_TOKENS)), None)
    labels = {**document.get("labels", {}), SPLIT_LABEL: label}
    return {
        **document,
        "request": request,
        "labels": labels,
        **({"idempotencyKey": _key(key, part)} if key else {}),
    }


def _key(key: str, part: str) -> str:
    made = f"{key}:part-{part}"
    return made if len(made) <= MAX_KEY else f"{sha256(key)}:part-{part}"


def _with_id(value: Mapping[str, Any], member: str, number: int) -> bytes:
    rest = {name: each for name, each in value.items() if name != member}
    return json_of({member: MADE_ID.format(number), **rest}).encode()


def _upload(bucket: Bucket, path: Path, uri: str) -> None:
    name, key = parts_of(uri)
    with path.open("rb") as file:
        bucket.s3.put_object(Bucket=name, Key=key, Body=file)
    path.unlink()
