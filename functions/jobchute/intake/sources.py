"""The documents of one message or object: one that is processed at once, or a file that is read in steps."""

import itertools
from typing import NamedTuple

from jobchute.intake.documents import Documents
from jobchute.intake.files import FileReader
from jobchute.intake.invocation import Continuations, Invocation, TimeIsOverError
from jobchute.intake.process import DocumentProcessor
from jobchute.intake.read import DocumentReader
from jobchute.job import Source
from jobchute.ledger.continuations import Work
from jobchute.ledger.files import ReadProgress
from jobchute.parsing.documents import Position
from jobchute.requests.document import Sweep
from jobchute.requests.owners import path_without_owner


class SourceReader(NamedTuple):
    """continuations: what a call has no time for."""

    reader: DocumentReader
    processor: DocumentProcessor
    files: FileReader
    continuations: Continuations

    def process(self, documents: Documents, source: Source, call: Invocation, *, again: str) -> None:
        """Process the documents, as far as there is time; another call goes on with the rest.

        again: the body of a message that brings the same documents once more.
        """
        try:
            left = self._process(documents, source, call)
        except TimeIsOverError:
            left = ReadProgress()
        if left is not None:
            self.continuations.leave(Work(source, again), progress=(left.position.index, left.combination))

    def _process(self, documents: Documents, source: Source, call: Invocation) -> ReadProgress | None:
        """Returns from where another call has to go on; None where nothing is left. Raises TimeIsOverError."""
        head = list(itertools.islice(documents.read(Position(), call), 2))
        sweep = None
        if len(head) == 1:
            instruction = self.reader.read(head[0], path_without_owner(documents.path, source.owner))
            if not isinstance(instruction, Sweep) or instruction.template.dry_run:
                self.processor.process(instruction, source, call)
                return None
            sweep = instruction
        return self.files.read(documents, source, call, sweep=sweep)
