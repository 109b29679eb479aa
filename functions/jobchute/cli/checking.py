"""Checking documents without asking anybody, with the code that the deployed function runs."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jobchute.cli.files import RequestFile
from jobchute.job import Api, job_id_of
from jobchute.requests.document import Cancellation, Submission, Sweep, parse_document
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.problems import Problem, bounded
from jobchute.requests.reading import RawDocument, position_of, read_documents
from jobchute.requests.sweep import Combination
from jobchute.requests.sweep_problems import problems_in_sweep
from jobchute.requests.tags import tag_problems
from jobchute.requests.validation import problems_in

# Every look for a place reads the file again from its beginning.
MOST_PLACES = 500


@dataclass(frozen=True, slots=True)
class Mistake:
    """A problem and its place in the file, as far as it is known: line and column, from 1."""

    problem: Problem
    line: int | None = None
    column: int | None = None

    def as_json(self) -> dict[str, Any]:
        place = {} if self.line is None else {"line": self.line, "column": self.column}
        return self.problem._asdict() | place


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One document, or one combination of a document with a matrix whose combinations are all valid.

    asked: what it asks for, None where its envelope or its matrix is broken.
    """

    file: RequestFile
    index: int
    asked: Submission | Cancellation | None
    mistakes: tuple[Mistake, ...]
    combination: Combination | None = None

    @property
    def shown(self) -> str:
        """The document in its file: `sweep.yaml#0/17` is a combination."""
        part = "" if self.combination is None else f"/{self.combination.number}"
        return f"{self.file.shown}#{self.index}{part}"

    @property
    def api(self) -> Api | None:
        return self.asked.api if isinstance(self.asked, Submission) else None

    @property
    def job_id(self) -> str | None:
        if not isinstance(self.asked, Submission):
            return None
        return job_id_of(self.asked.api, self.asked.request, self.asked.idempotency_key)

    def as_json(self) -> dict[str, Any]:
        target = {"cancel": self.asked.target} if isinstance(self.asked, Cancellation) else {}
        return {
            "file": self.file.shown,
            "document": self.index,
            **combination_json(self.combination),
            "api": self.api,
            "job_id": self.job_id,
            **target,
            "valid": not self.mistakes,
            "errors": [mistake.as_json() for mistake in self.mistakes],
        }


def combination_json(combination: Combination | None) -> dict[str, Any]:
    if combination is None:
        return {}
    return {"combination": combination.number, "values": dict(combination.values)}


def check(file: RequestFile, rails: GuardRails | None = None) -> Iterator[Checked]:
    """Every document of a file. rails: the limits of a deployment, where one was asked for them."""
    places_left = MOST_PLACES
    for document in read_documents(file.data, name=file.name):
        asked, problems = _judge(document, file, rails)
        shown = bounded(problems)
        located = [
            _mistake(file, document, problem, whole)
            for problem, whole in zip(shown[: max(places_left, 0)], problems, strict=False)
        ]
        rest = [Mistake(problem, document.line, 1) for problem in shown[len(located) :]]
        places_left -= len(located)
        mistakes = (*located, *rest)
        if not isinstance(asked, Sweep):
            yield Checked(file=file, index=document.index, asked=asked, mistakes=mistakes)
        elif mistakes:
            yield Checked(file=file, index=document.index, asked=None, mistakes=mistakes)
        else:
            for each in asked.combinations():
                yield Checked(
                    file=file, index=document.index, asked=each.submission, mistakes=(), combination=each
                )


def _judge(
    document: RawDocument, file: RequestFile, rails: GuardRails | None
) -> tuple[Submission | Sweep | Cancellation | None, list[Problem]]:
    def judged(submission: Submission) -> list[Problem]:
        problems = problems_in(submission.api, submission.request)
        return problems + (list(tag_problems(submission)) if rails is None else rails.problems_in(submission))

    if document.problems:
        return None, list(document.problems)
    parsed = parse_document(document.value, path=file.path)
    match parsed:
        case Submission():
            return parsed, judged(parsed)
        case Sweep():
            return parsed, problems_in_sweep(parsed, judged)
        case Cancellation():
            return parsed, []
        case _:
            return None, parsed


def _mistake(file: RequestFile, document: RawDocument, problem: Problem, whole: Problem) -> Mistake:
    """whole: the problem before its path was cut."""
    path = whole.path if whole.code == problem.code else problem.path
    if isinstance(document.value, dict) and "request" not in document.value:
        # A body without an envelope: its paths begin with a `request` that the file does not have.
        path = path.removeprefix("request").removeprefix(".")
    place = position_of(file.data, name=file.name, index=document.index, path=path)
    line, column = place or (document.line, 1)
    return Mistake(problem, line, column)
