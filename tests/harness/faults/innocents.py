"""Harmless documents that are sent during an attack: each must be answered in time and correctly.

They look at answers as their senders do: at what is written below `status`, by the source that it names. So
they hold wherever the product puts its answers; `requests/PATH` alone is promised `status/PATH.json`.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import count
from typing import Any

from jobchute.job import Api, job_id_of
from jobchute.requests.owners import folder_of
from tests.fakes.queues import PERSON
from tests.harness.faults.documents import document_of, invalid, object_event, text_of
from tests.harness.faults.violation import Rows, Violation
from tests.harness.faults.world import World

PATIENCE = 300.0
"""Seconds from sending a document to its answer."""
APIS = tuple(Api)
BROKEN = len(APIS)
"""In the place of an API: a document that every provider would refuse."""
FIRST_NUMBER = 50_000
FOLDER = "requests/innocent"
AT_ONCE = (0.0, 30.0)
"""When each half of them is sent: in one batch with the attack, and after it."""
WAVE = 3 * len((*APIS, BROKEN)) + 2
"""The documents of one half: each kind as an object, as a message and in a file, and two in one message."""
KEYS = tuple(f"innocent-{number}" for number in range(len(AT_ONCE) * WAVE))
"""Their idempotency keys in a deployment with owners."""


def later(world: World, seconds: float, act: Callable[[], object]) -> None:
    """Do something then, which the world waits for; at once for 0."""
    if not seconds:
        act()
        return
    at = world.clock.now + seconds
    world.clock.at(at, act)
    world.clock.at(at + 1, lambda: None)
    world.busy_until = max(world.busy_until, at + 1)


@dataclass(slots=True, eq=False)
class Innocent:
    """One document. job_id: of its job; empty for one that is to be rejected. index: its place in its file.

    answered_at: when it had its first right answer; place: where that was. sent_at: epoch seconds.
    """

    uri: str
    job_id: str
    sent_at: float
    index: int = 0
    promised: str = ""
    answered_at: float | None = None
    place: str = ""

    @property
    def about(self) -> str:
        kind = "job" if self.job_id else "rejection"
        return f"innocent {kind} of {self.uri}#{self.index}"

    def is_answered_by(self, answer: dict[str, Any]) -> bool:
        source = answer.get("source", {})
        if (source.get("uri"), source.get("document")) != (self.uri, self.index):
            return False
        if self.job_id:
            return answer.get("jobId") == self.job_id and not answer.get("duplicate")
        return answer.get("state") == "REJECTED" and bool(answer.get("errors"))


@dataclass(slots=True)
class File:
    """A file or message of several of them."""

    uri: str
    documents: int
    rejected: int
    promised: str = ""


@dataclass
class Innocents:
    """What is sent, and what became of it. seconds: of patience. owner: to whom they belong, in a deployment
    with owners, and sender_id its principal; their documents have idempotency keys there, which all can guess.
    """

    world: World
    seconds: float = PATIENCE
    owner: str | None = None
    sender_id: str = PERSON
    all: list[Innocent] = field(default_factory=list)
    files: list[File] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=lambda: count(FIRST_NUMBER))

    def __post_init__(self) -> None:
        self.world.s3.heard = self._hear

    def send(self, *, at: Sequence[float] = AT_ONCE) -> None:
        """One wave at each of these moments, in seconds from now."""
        for wave, delay in enumerate(at):
            later(self.world, delay, partial(self._wave, wave))

    def singles(self) -> list[Innocent]:
        """Those that are objects of their own and become jobs, as far as they were sent."""
        return [each for each in self.all if each.job_id and each.promised]

    def violations(self, rows: Rows) -> Iterator[Violation]:
        """What is wrong when the world has come to rest."""
        for innocent in self.all:
            yield from self._fate(innocent, rows)
        for file in self.files:
            yield from self._file(file)

    def _wave(self, wave: int) -> None:
        """On each way: all APIs and a broken document by themselves, and several at once."""
        folder = f"{folder_of(self.owner)}{FOLDER.removeprefix('requests/')}"
        for kind in range(BROKEN + 1):
            self.upload(f"{folder}/{wave}-{kind}.json", [kind])
            self.message([kind])
        self.upload(f"{folder}/{wave}.jsonl", range(BROKEN + 1))
        self.message([wave % BROKEN, BROKEN])

    def upload(self, key: str, kinds: Sequence[int]) -> None:
        documents = self._documents(kinds)
        version, sequencer = self.world.s3.upload(key, "\n".join(map(text_of, documents)).encode())
        bucket = self.world.s3.bucket
        promised = f"status/{key.removeprefix('requests/')}.json"
        self._expect(f"s3://{bucket}/{key}", documents, promised)
        self.world.intake.send(object_event(bucket, key, version, sequencer))

    def message(self, kinds: Sequence[int]) -> None:
        documents = self._documents(kinds)
        body = "\n".join(map(text_of, documents))
        message_id = self.world.intake.send(body, sender_id=self.sender_id)
        self._expect(f"sqs://{message_id}", documents, "")

    def _documents(self, kinds: Sequence[int]) -> list[dict[str, Any]]:
        numbers = [next(self._numbers) for _ in kinds]
        return [*map(self._document, kinds, numbers)]

    def _document(self, kind: int, number: int) -> dict[str, Any]:
        document = invalid(number) if kind == BROKEN else document_of(APIS[kind], number)
        key = {} if self.owner is None else {"idempotencyKey": KEYS[number - FIRST_NUMBER]}
        return document | key

    def _expect(self, uri: str, documents: Sequence[dict[str, Any]], promised: str) -> None:
        now = self.world.clock.now
        is_alone = len(documents) == 1
        for index, document in enumerate(documents):
            job_id = "" if _is_broken(document) else self._job_id(document)
            self.all.append(Innocent(uri, job_id, now, index, promised if is_alone else ""))
        if not is_alone:
            self.files.append(File(uri, len(documents), sum(map(_is_broken, documents)), promised))

    def _job_id(self, document: dict[str, Any]) -> str:
        key = document.get("idempotencyKey")
        return job_id_of(Api(document["api"]), document["request"], key, self.owner)

    def _hear(self, key: str, data: bytes) -> None:
        answer = json.loads(data)
        for innocent in self.all:
            if innocent.answered_at is None and innocent.is_answered_by(answer):
                innocent.answered_at, innocent.place = self.world.clock.now, key

    def _fate(self, innocent: Innocent, rows: Rows) -> Iterator[Violation]:
        if innocent.answered_at is None:
            yield Violation("lost", innocent.about, "it never had an answer of its own")
            return
        late = innocent.answered_at - innocent.sent_at
        if late > self.seconds:
            yield Violation("stuck", innocent.about, f"it was answered after {late:.0f} s")
        if innocent.promised not in ("", innocent.place):
            yield Violation("wrong", innocent.about, f"it was answered at {innocent.place}")
        yield from self._last_word(innocent, self.world.s3.status(innocent.place), rows)

    def _last_word(self, innocent: Innocent, answer: dict[str, Any], rows: Rows) -> Iterator[Violation]:
        if not innocent.is_answered_by(answer):
            yield Violation("wrong", innocent.about, f"its answer was replaced: {_short(answer)}")
            return
        row = rows.get(answer["jobId"])
        if row is None or row.source.uri != innocent.uri:
            yield Violation("wrong", innocent.about, "its answer speaks of no row of its own")
        elif answer["state"] != row.state:
            yield Violation("stuck", innocent.about, f"its answer says {answer['state']}, the row {row.state}")

    def _file(self, file: File) -> Iterator[Violation]:
        answers = self._answers_of(file)
        is_right = any(
            answer.get("progress", {}).get("finished")
            and (answer["accepted"], answer["rejected"]) == (file.documents - file.rejected, file.rejected)
            for answer in answers
        )
        if not is_right:
            yield Violation("wrong", f"innocent file {file.uri}", f"it is told {list(map(_short, answers))}")

    def _answers_of(self, file: File) -> list[dict[str, Any]]:
        """Where none is promised, the answer to the file is found by what it says."""
        if file.promised:
            answer = self.world.s3.status(file.promised)
            return [] if answer is None else [answer]
        return [answer for answer in answers(self.world, file.uri) if "document" not in answer["source"]]


def answers(world: World, uri: str) -> list[dict[str, Any]]:
    """All that is written, at last, about a file or message."""
    found = map(world.s3.status, world.s3.statuses)
    return [answer for answer in found if answer.get("source", {}).get("uri") == uri]


def _is_broken(document: dict[str, Any]) -> bool:
    return "TrainingJobName" in document["request"]


def _short(answer: object) -> str:
    text = json.dumps(answer)
    return text if len(text) < 200 else f"{text[:200]}…"
