"""What a document asks for, or everything that is wrong with it."""

from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.lifecycle.failures import OF_THE_DATA, code_of
from jobchute.parsing.documents import RawDocument
from jobchute.problems import Problem
from jobchute.requests.body import problems_in
from jobchute.requests.document import Instruction, Submission, Sweep, parse_document
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.place import StackOutputs
from jobchute.requests.sweep_problems import problems_in_sweep

logger = Logger(child=True)

SIMPLER = "shorten its keys and texts, and send it again"


class DocumentReader(NamedTuple):
    """guard_rails: what this deployment allows beyond what the providers' models do.

    place: where it is; None where requests are not checked against that.
    """

    guard_rails: GuardRails
    place: StackOutputs | None = None

    def read(self, document: RawDocument, path: str, *, before: int = 0) -> Instruction | list[Problem]:
        """The instruction, or the problems. A document with a matrix is wrong as a whole where one of its
        combinations is.

        before: how many jobs the file has asked for up to this document.
        """
        if document.problems:
            return list(document.problems)
        try:
            return self._read(document, path, before)
        except OF_THE_DATA as error:
            logger.exception("document unreadable", document=document.index)
            return [Problem("", "UNREADABLE", f"this document cannot be read ({code_of(error)}); {SIMPLER}")]

    def _read(self, document: RawDocument, path: str, before: int) -> Instruction | list[Problem]:
        instruction = parse_document(document.value, path=path)
        match instruction:
            case Submission():
                too_many = self.guard_rails.problems_of_number(1, before=before)
                return too_many or self._problems_in(instruction) or instruction
            case Sweep():
                too_many = self.guard_rails.problems_of_number(instruction.size, before=before)
                return too_many or problems_in_sweep(instruction, self._problems_in) or instruction
            case _:
                return instruction

    def _problems_in(self, submission: Submission) -> list[Problem]:
        found = problems_in(submission.api, submission.request)
        elsewhere = self.place.problems_in(submission) if self.place is not None else []
        return found + elsewhere + self.guard_rails.problems_in(submission)
