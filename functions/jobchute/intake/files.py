"""Files of several jobs, processed in steps: each call begins at the last checkpoint.

A call that dies between two checkpoints is repeated from the first of them; the jobs that it had accepted are
there already. Of two calls at once, the one that writes the next checkpoint second stops.
"""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from jobchute.aws.objects import ObjectGoneError
from jobchute.intake.documents import Documents
from jobchute.intake.invocation import Invocation, TimeIsOverError
from jobchute.intake.process import Answer, DocumentProcessor
from jobchute.intake.read import DocumentReader
from jobchute.job import Source
from jobchute.ledger.files import MAX_REJECTIONS, FileRow, FileRows, ReadProgress
from jobchute.parsing.documents import Position, too_many
from jobchute.problems import Problem
from jobchute.requests.document import Instruction, Sweep
from jobchute.requests.owners import path_without_owner
from jobchute.status.answers import Answers
from jobchute.status.files import MAX_LISTED, file_status_of
from jobchute.status.matrices import sweep_status_of
from jobchute.status.sources import combination_source, document_source

CHECKPOINT_EVERY = 100
GONE = "the object was deleted or replaced before all of it was read"


class Step(NamedTuple):
    """One job of a file, or another document of it, and where to read on behind it."""

    instruction: Instruction | list[Problem]
    source: Source
    position: Position
    combination: int = 0


@dataclass(slots=True)
class Progress:
    """What a call has done since its last checkpoint. listed: what it answered, if it began with the file."""

    reading: ReadProgress
    steps: int = 0
    listed: list[dict[str, Any]] | None = field(default_factory=list)

    def add(self, step: Step, answer: Answer) -> None:
        source = step.source
        which = str(source.index) if source.combination is None else f"{source.index}/{source.combination}"
        rejections = self.reading.rejections
        if answer.outcome == "rejected" and len(rejections) < MAX_REJECTIONS:
            rejections = (*rejections, which)
        counts = {answer.outcome: getattr(self.reading, answer.outcome) + answer.jobs}
        self.reading = self.reading._replace(
            position=step.position,
            combination=step.combination,
            rejections=rejections,
            **counts,
        )
        self.steps += 1
        if self.listed is not None and len(self.listed) < MAX_LISTED:
            part = {} if source.combination is None else {"combination": source.combination}
            entry = {answer.outcome: answer.job_id, "status": source.status_key}
            self.listed.append({"document": source.index, **part, **entry})


class FileReader(NamedTuple):
    """now: epoch seconds. checkpoint_every: documents, or combinations."""

    reader: DocumentReader
    processor: DocumentProcessor
    answers: Answers
    rows: FileRows
    now: Callable[[], float]
    checkpoint_every: int = CHECKPOINT_EVERY

    def read(
        self, documents: Documents, source: Source, call: Invocation, *, sweep: Sweep | None = None
    ) -> ReadProgress | None:
        """Process what was not processed before.

        Returns the checkpoint from which another call has to go on, because the time of this one is over; None
        where nothing is left for another call. Raises TimeIsOverError where it was over before there was
        anything to go on from.

        sweep: the file's one document, where it has a matrix.
        """
        row = self.rows.get(source, documents.etag)
        if row is None:
            count = documents.count(call)
            problem = too_many(count)
            if problem is not None:
                self.processor.reject(source, [problem])
                return None
            row = self.rows.add(source, documents.etag, count, self.now())
        work = _FileWork(self, documents, call, sweep, _ordered_as(source, row))
        return work.row.reading if work.run() else None

    def lose(self, source: Source) -> bool:
        """Stop reading a file that is gone, and write so. Returns whether any of it was read before."""
        row = self.rows.get(source, etag="")
        if row is None:
            return False
        if not row.reading.finished and row.cancelled_at is None:
            reading = row.reading._replace(finished=True, note=GONE)
            row = _ordered_as(source, row)._replace(reading=reading)
            self.answers.write(row.source, file_status_of(row, None))
            before = row._replace(reading=reading._replace(finished=False))
            self.rows.advance(before, reading, reader="", now=self.now())
        return True


def _ordered_as(source: Source, row: FileRow) -> FileRow:
    """A row that an older version of the functions wrote does not hold S3's order."""
    return row._replace(source=replace(row.source, sequencer=source.sequencer or row.source.sequencer))


class _FileWork:
    """One call's part of the work on one file."""

    def __init__(
        self, files: FileReader, documents: Documents, call: Invocation, sweep: Sweep | None, row: FileRow
    ) -> None:
        self._reader, self._processor, self._answers, self._rows, self._now, *_ = files
        self._checkpoint_every = files.checkpoint_every
        self._documents = documents
        self._call = call
        self._sweep = sweep
        self.row = row
        is_new = row.reading == ReadProgress()
        self._progress = Progress(row.reading, listed=[] if is_new and sweep is None else None)
        self._common = {} if sweep is None else sweep_status_of(sweep, row.source)

    def run(self) -> bool:
        if self.row.reading.finished:
            return False
        if self.row.cancelled_at is not None:
            self._write_status()
            return False
        steps = self._steps()
        while not self._call.is_over:
            try:
                step = next(steps, None)
                if step is None:
                    return self._finish()
                self._progress.add(step, self._process(step))
            except TimeIsOverError:
                break
            except ObjectGoneError:
                return self._finish(note=GONE)
            except Exception:
                # Processed documents stay so; the document that failed comes first in the next call.
                self._checkpoint()
                raise
            if self._progress.steps >= self._checkpoint_every and not self._checkpoint():
                return False
        return self._checkpoint()

    def _process(self, step: Step) -> Answer:
        return self._processor.process(step.instruction, step.source, self._call)

    def _steps(self) -> Iterator[Step]:
        at, first = self.row.reading.position, self.row.reading.combination
        for document in self._documents.read(at, self._call):
            source = self.row.source
            if self._sweep is None:
                source = document_source(source, document.index)
            before = self._progress.reading.processed - first
            path = path_without_owner(self._documents.path, source.owner)
            instruction = self._sweep or self._reader.read(document, path, before=before)
            if isinstance(instruction, Sweep) and not instruction.template.dry_run:
                yield from self._combinations(instruction, source, first, at, document.following)
            else:
                yield Step(instruction, source, document.following)
            at, first = document.following, 0

    def _combinations(
        self, sweep: Sweep, source: Source, first: int, at: Position, following: Position
    ) -> Iterator[Step]:
        if self._sweep is None and first == 0:
            self._answers.write(source, sweep_status_of(sweep, source))
        for each in itertools.islice(sweep.combinations(), first, None):
            part = combination_source(source, each.number)
            if each.number + 1 < sweep.size:
                yield Step(each.submission, part, at, each.number + 1)
            else:
                yield Step(each.submission, part, following)

    def _finish(self, **changes: Any) -> bool:
        """The file's status document is written first: no call comes back to a file that is finished."""
        self._progress.reading = self._progress.reading._replace(finished=True, **changes)
        self._write_status(self._progress.listed)
        return self._checkpoint()

    def _checkpoint(self) -> bool:
        """Write down the progress. Returns whether this call, or the next one, continues from there."""
        if self._progress.reading != self.row.reading:
            self.row, is_ours = self._rows.advance(
                self.row,
                self._progress.reading,
                reader=self._call.request_id,
                now=self._now(),
            )
            if not is_ours and self.row.cancelled_at is None:
                return False
            self._progress.steps = 0
            self._progress.reading = self.row.reading
        if self.row.reading.finished:
            return False
        self._write_status()
        return self.row.cancelled_at is None

    def _write_status(self, listed: list[dict[str, Any]] | None = None) -> None:
        """The file's own status document; its documents are listed if one call has processed them all."""
        row = self.row._replace(reading=self._progress.reading)
        status = file_status_of(row, listed)
        self._answers.write(row.source, {**status, **self._common})
