"""What a document asks for, or everything that is wrong with it."""

from typing import NamedTuple

from aws_lambda_powertools import Logger

from jobchute.lifecycle.failures import OF_THE_DATA, code_of
from jobchute.parsing.documents import RawDocument
from jobchute.problems import Problem
from jobchute.requests.document import Instruction
from jobchute.requests.judgement import Judge

logger = Logger(child=True)

SIMPLER = "shorten its keys and texts, and send it again"


class DocumentReader(NamedTuple):
    """judge: of this deployment."""

    judge: Judge

    def read(self, document: RawDocument, path: str, *, before: int = 0) -> Instruction | list[Problem]:
        """As Judge.judge; data that the code cannot handle is a problem of the document."""
        try:
            instruction, problems = self.judge.judge(document, path=path, before=before)
        except OF_THE_DATA as error:
            logger.exception("document unreadable", document=document.index)
            return [Problem("", "UNREADABLE", f"this document cannot be read ({code_of(error)}); {SIMPLER}")]
        return problems if instruction is None or problems else instruction
