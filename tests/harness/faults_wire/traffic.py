"""The documents of a run, by a seed: jobs of all APIs, half of them with `retry`, `alternatives` or both; and
duplicates, cancellations, invalid documents and conflicts.
"""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from tests.apis import REQUESTS
from tests.scarcity import alternatives, scarce

SCENARIOS = {
    "succeed": 54,
    "fail": 8,
    "stop": 2,
    "timeout": 2,
    "partial": 2,
    "slow": 3,
    "throttle": 5,
    "quota": 4,
    "unavailable": 5,
    "lost-answer": 6,
    "never-event": 5,
    "double-event": 4,
}
RETRIED = ("internal+twice", "internal+once", "capacity+twice", "interrupted+once")
"""Of half of the jobs with `retry`; the others have a scenario as all jobs."""
PATIENCE = 60
"""Seconds of missing capacity before the next alternative: the least."""
LINES_IN_A_FILE = 5
EXTRA = {"duplicate": 0.05, "cancel": 0.05, "invalid": 0.03, "conflict": 0.03}


class Kind(StrEnum):
    JOB = "job"
    DUPLICATE = "duplicate"
    CANCEL = "cancel"
    INVALID = "invalid"
    CONFLICT = "conflict"


class Way(StrEnum):
    S3 = "s3"
    SQS = "sqs"
    LINES = "lines"


@dataclass(frozen=True, slots=True)
class Document:
    kind: Kind
    key: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Drop:
    """One file or message; at: seconds from the start."""

    at: float
    way: Way
    documents: tuple[Document, ...]

    @property
    def text(self) -> str:
        return "\n".join(json.dumps(document.value) for document in self.documents)


def traffic(*, jobs: int, seed: int, run: str, seconds: float) -> list[Drop]:
    """So many valid requests within so many seconds, and the others after those that they are about."""
    drawn = random.Random(seed)
    drops: list[Drop] = []
    for number in range(jobs):
        at, way = drawn.uniform(0, seconds), drawn.choice(list(Way))
        document = _job(drawn, f"w{run}-{number}")
        drops.append(Drop(at, way, (document,)))
        drops += _about(drawn, document, at)
    return sorted(_in_files(drops), key=lambda drop: drop.at)


def _job(drawn: random.Random, key: str) -> Document:
    api = drawn.choice(list(Api))
    scenario = drawn.choices([*SCENARIOS], [*SCENARIOS.values()])[0]
    tried_again, more = _attempts(drawn, api)
    value = {
        "api": str(api),
        "request": {**REQUESTS[api], SPECS[api].told_apart_by: key},
        "idempotencyKey": key,
        "labels": {"simulate": tried_again or scenario},
        **more,
    }
    return Document(Kind.JOB, key, value)


def _attempts(drawn: random.Random, api: Api) -> tuple[str, dict[str, Any]]:
    """What half of the documents say of further attempts, and what happens to such a job; empty for any."""
    kind = drawn.choice(("neither", "neither", "neither", "retry", "alternatives", "both"))
    found: dict[str, Any] = {}
    if kind in ("retry", "both"):
        found["retry"] = {"attempts": drawn.randint(3, 6), "after": drawn.randint(0, 10)}
    if kind in ("alternatives", "both"):
        found |= {"alternatives": alternatives(api), "patience": PATIENCE}
        return scarce(api, REQUESTS[api]), found
    return drawn.choice((*RETRIED, "", "", "", "")) if kind == "retry" else "", found


def _about(drawn: random.Random, job: Document, at: float) -> Iterator[Drop]:
    """What else is sent about a job, at times before it was taken in."""
    key, value = job.key, job.value
    name = SPECS[Api(value["api"])].told_apart_by
    others = {
        "duplicate": (Document(Kind.DUPLICATE, key, value), drawn.uniform(0, 15)),
        "cancel": (Document(Kind.CANCEL, key, {"cancel": key}), drawn.uniform(0, 6)),
        "invalid": (Document(Kind.INVALID, f"{key}-i", _with_a_wrong_field(value, f"{key}-i")), 0.0),
        "conflict": (
            Document(Kind.CONFLICT, key, {**value, "request": {**value["request"], name: f"{key}-c"}}),
            drawn.uniform(0, 15),
        ),
    }
    for what, (document, later) in others.items():
        if drawn.random() < EXTRA[what]:
            yield Drop(at + later, drawn.choice((Way.S3, Way.SQS)), (document,))


def _with_a_wrong_field(value: dict[str, Any], key: str) -> dict[str, Any]:
    return {**value, "request": {**value["request"], "noSuchField": 1}, "idempotencyKey": key}


def _in_files(drops: list[Drop]) -> Iterator[Drop]:
    """Several documents a file, where that is the way."""
    lines = sorted((drop for drop in drops if drop.way is Way.LINES), key=lambda drop: drop.at)
    for start in range(0, len(lines), LINES_IN_A_FILE):
        together = lines[start : start + LINES_IN_A_FILE]
        yield Drop(together[0].at, Way.LINES, tuple(drop.documents[0] for drop in together))
    yield from (drop for drop in drops if drop.way is not Way.LINES)
