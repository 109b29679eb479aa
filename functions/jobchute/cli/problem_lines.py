"""The problems of checked documents as lines, in the format of compilers."""

from collections.abc import Iterable

import typer

from jobchute.cli.document_checks import Checked, Mistake
from jobchute.cli.output import Coloured

Line = tuple[str | Coloured, ...]
"""The parts of one line, as `say` prints them."""


def mistake_lines(documents: Iterable[Checked]) -> list[Line]:
    return [
        _line(document, mistake, Coloured(mistake.problem.code, typer.colors.RED))
        for document in documents
        for mistake in document.mistakes
    ]


def warning_lines(document: Checked) -> list[Line]:
    """What may go wrong with a valid document, which is accepted nevertheless."""
    return [
        _line(document, warning, Coloured(f"warning {warning.problem.code}", typer.colors.YELLOW))
        for warning in document.warnings
    ]


def _line(document: Checked, mistake: Mistake, code: Coloured) -> Line:
    problem = mistake.problem
    place = f"{document.file.shown}:{mistake.line}:{mistake.column}"
    path = f"{problem.path}: " if problem.path else ""
    return f"{place}: {path}", code, f": {problem.message}"
