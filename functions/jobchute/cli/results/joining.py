"""The outputs of a batch joined to its inputs: each record of the input once, in the input's order.

First every line of every output goes into a temporary index by its record's id, in whichever order and in
however many files the provider wrote them. Then the input is read from its beginning, and each record takes its
answer. So memory follows from one line, not from the size of the files.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple

from jobchute.cli.errors import AnswerIsNoError
from jobchute.cli.results.answers import Answer, Answers
from jobchute.cli.results.batches import Batch
from jobchute.cli.results.lines import json_of, lines_in, object_of
from jobchute.cli.results.stored import Bucket, Stored, locations_of
from jobchute.job import Job, State
from jobchute.providers.records import Format

WITH_OUTPUT = frozenset({State.SUCCEEDED, State.PARTIAL})
"""A job that ended so has written outputs."""


class Status(StrEnum):
    """How a record fared. A missing record has no line in any output."""

    OK = "ok"
    FAILED = "failed"
    MISSING = "missing"


class Record(NamedTuple):
    """One record of the input. line: as it stands there. record_id, given: as JSON."""

    line: bytes
    record_id: str
    given: str
    answer: Answer | None

    @property
    def status(self) -> Status:
        if self.answer is None:
            return Status.MISSING
        return Status.OK if self.answer.is_ok else Status.FAILED

    @property
    def joined(self) -> str:
        """A line of the joined file. The input, the output and the error are the provider's, as they are."""
        head = f'{{"recordId":{self.record_id},"status":"{self.status}","input":{self.given}'
        if self.answer is None:
            return f"{head}}}"
        member = "output" if self.answer.is_ok else "error"
        return f'{head},"{member}":{self.answer.body},"jobId":"{self.answer.job_id}"}}'


@dataclass(slots=True)
class Counts:
    """Records by status, and what is odd about the files.

    repeated: records of the input whose id an earlier record has. unknown: answers to ids that the input does
    not have. unreadable: lines of outputs that are no JSON object with an id. lost: outputs that the manifests
    count and that are in no file.
    """

    ok: int = 0
    failed: int = 0
    missing: int = 0
    repeated: int = 0
    unknown: int = 0
    unreadable: int = 0
    lost: int = 0
    jobs: list[str] = field(default_factory=list)

    @property
    def records(self) -> int:
        return self.ok + self.failed + self.missing

    def count(self, record: Record, *, is_repeated: bool) -> None:
        match record.status:
            case Status.OK:
                self.ok += 1
            case Status.FAILED:
                self.failed += 1
            case Status.MISSING:
                self.missing += 1
        self.repeated += is_repeated


class Joiner(NamedTuple):
    """Joins one batch. counts: of what was read so far."""

    bucket: Bucket
    batch: Batch
    answers: Answers
    counts: Counts

    def records(self) -> Iterator[Record]:
        """The records of the input with their answers. Raises AnswerIsNoError for a record without an id."""
        for job in self.batch.all_jobs:
            self._read_outputs(job)
        for uri in self.batch.inputs:
            yield from self._input(uri)
        self.counts.unknown += self.answers.untaken()

    def _read_outputs(self, job: Job) -> None:
        form = self.batch.format
        self.counts.jobs += [job.job_id]
        found = [each for uri in locations_of(job) for each in self.bucket.below(uri)]
        succeeded = sum(self._read_output(job, each) for each in found if each.key.endswith(form.output_suffix))
        manifests = [each for each in found if each.key.rpartition("/")[2] == form.manifest]
        expected = sum(self._succeeded_by(each) for each in manifests)
        if not found and job.state in WITH_OUTPUT:
            raise AnswerIsNoError(
                f"{job.job_id} is {job.state}, but there is nothing at {job.output}; were its outputs moved?"
            )
        self.counts.lost += max(0, expected - succeeded)

    def _read_output(self, job: Job, stored: Stored) -> int:
        """Index the lines of one file. Returns how many records of it succeeded."""
        succeeded = 0
        for line in lines_in(self.bucket.chunks(stored)):
            value = object_of(line)
            record_id = None if value is None else value.get(self.batch.format.record_id)
            if value is None or record_id is None:
                self.counts.unreadable += 1
                continue
            answer = answer_of(value, self.batch.format, job.job_id)
            self.answers.put(json_of(record_id), answer)
            succeeded += answer.is_ok
        return succeeded

    def _succeeded_by(self, manifest: Stored) -> int:
        """The number of successes that a manifest counts; 0 if it does not say."""
        value = object_of(b"".join(self.bucket.chunks(manifest)))
        number = (value or {}).get(self.batch.format.succeeded)
        return number if isinstance(number, int) else 0

    def _input(self, uri: str) -> Iterator[Record]:
        for stored in input_files(self.bucket, uri, self.batch.format):
            for number, line in enumerate(lines_in(self.bucket.chunks(stored)), start=1):
                value = object_of(line) or {}
                record_id = value.get(self.batch.format.record_id)
                if record_id is None:
                    raise AnswerIsNoError(_without_id(f"record {number} of {stored.uri}", self.batch.format))
                key = json_of(record_id)
                answer, is_repeated = self.answers.take(key)
                record = Record(line, key, json_of(value.get(self.batch.format.given)), answer)
                self.counts.count(record, is_repeated=is_repeated)
                yield record


def answer_of(value: dict[str, Any], form: Format, job_id: str) -> Answer:
    """What a line of an output says of its record. A line with neither an output nor an error failed."""
    error, output = value.get(form.error), value.get(form.output)
    if output is not None and error is None:
        return Answer(True, False, job_id, json_of(output))
    told = error if isinstance(error, dict) else {}
    return Answer(False, form.may_succeed(told), job_id, json.dumps(None) if error is None else json_of(error))


def input_files(bucket: Bucket, uri: str, form: Format) -> list[Stored]:
    """The files of an input, in the order of their keys. Raises AnswerIsNoError if there is none."""
    found = [each for each in bucket.below(uri) if each.key.endswith(form.input_suffix)]
    if not found:
        raise AnswerIsNoError(f"there is no {form.input_suffix} file at {uri}, which is the job's input")
    return found


def _without_id(where: str, form: Format) -> str:
    return (
        f"{where} has no {form.record_id}, so its output cannot be joined: the provider makes up an id. "
        "Give each record an id before you submit it; `jobchute split` does so"
    )
