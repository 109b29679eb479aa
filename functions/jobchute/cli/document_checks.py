"""Request files checked on this machine, by the code that the deployed function runs."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jobchute.cli.request_files import RequestFile
from jobchute.job import Api, job_id_of
from jobchute.parsing.documents import RawDocument, position_of, read_documents
from jobchute.problems import Problem, bounded
from jobchute.providers.rules import warnings_in
from jobchute.requests.costs import JobCosts
from jobchute.requests.document import Cancellation, Setting, Submission, Sweep
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.judgement import Judge
from jobchute.requests.location import Location
from jobchute.requests.sweep import Combination

# Finding a place reads the file again from its beginning.
MAX_PLACES = 500


@dataclass(frozen=True, slots=True)
class Mistake:
    """A problem and its line and column in the file, from 1, if they are known."""

    problem: Problem
    line: int | None = None
    column: int | None = None

    def as_json(self) -> dict[str, Any]:
        place = {} if self.line is None else {"line": self.line, "column": self.column}
        return self.problem._asdict() | place


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One document, or one combination of a document with a matrix whose combinations are all valid.

    asked: what it asks for; None if its envelope or its matrix is broken.
    warnings: what may go wrong although the document is valid. Of the combinations, only the first has them.
    """

    file: RequestFile
    index: int
    asked: Submission | Cancellation | Setting | None
    mistakes: tuple[Mistake, ...]
    combination: Combination | None = None
    warnings: tuple[Mistake, ...] = ()

    @property
    def shown(self) -> str:
        """The document in its file: `sweep.yaml#0/17` is a combination."""
        part = "" if self.combination is None else f"/{self.combination.number}"
        return f"{self.file.shown}#{self.index}{part}"

    @property
    def title(self) -> str:
        """The same, but a file with one document is shown as the file."""
        return self.file.shown if self.index == 0 and self.combination is None else self.shown

    @property
    def api(self) -> Api | None:
        return self.asked.api if isinstance(self.asked, Submission) else None

    @property
    def asks_for(self) -> str:
        """For people."""
        match self.asked:
            case Cancellation():
                return "cancellation"
            case Setting():
                return "change of a job"
            case _:
                return "request"

    @property
    def job_id(self) -> str | None:
        if not isinstance(self.asked, Submission):
            return None
        return job_id_of(self.asked.api, self.asked.request, self.asked.idempotency_key, self.file.owner)

    def as_json(self) -> dict[str, Any]:
        match self.asked:
            case Cancellation(target):
                named = {"cancel": target}
            case Setting(target):
                named = {"set": target}
            case _:
                named = {}
        return {
            "file": self.file.shown,
            "document": self.index,
            **combination_json(self.combination),
            "api": self.api,
            "jobId": self.job_id,
            **named,
            "valid": not self.mistakes,
            "errors": [mistake.as_json() for mistake in self.mistakes],
            "warnings": [warning.as_json() for warning in self.warnings],
        }


def combination_json(combination: Combination | None) -> dict[str, Any]:
    if combination is None:
        return {}
    return {"combination": combination.number, "values": dict(combination.values)}


def check(
    file: RequestFile,
    rails: GuardRails | None = None,
    *,
    place: Location | None = None,
    costs: JobCosts | None = None,
) -> Iterator[Checked]:
    """Every document of a file. rails, place, costs: of a deployment, where one is known."""
    places = _Places(file)
    judge = Judge(rails, place, costs)
    before = 0
    for document in read_documents(file.data, name=file.name):
        judgement = judge.judge(document, path=file.path, before=before)
        before += judgement.jobs
        asked, mistakes = judgement.asked, places.of(document, judgement.problems)
        warnings = () if mistakes else places.of(document, _warnings(asked))
        if isinstance(asked, Sweep) and not mistakes:
            yield from _combinations(file, document, asked, warnings)
            continue
        single = None if isinstance(asked, Sweep) else asked
        yield Checked(file=file, index=document.index, asked=single, mistakes=mistakes, warnings=warnings)


def _combinations(
    file: RequestFile, document: RawDocument, sweep: Sweep, warnings: tuple[Mistake, ...]
) -> Iterator[Checked]:
    for each in sweep.combinations():
        yield Checked(
            file=file,
            index=document.index,
            asked=each.submission,
            mistakes=(),
            combination=each,
            warnings=() if each.number else warnings,
        )


def _warnings(asked: Submission | Sweep | Cancellation | Setting | None) -> list[Problem]:
    match asked:
        case Submission():
            return list(warnings_in(asked.api, asked.request))
        case Sweep():
            return list(warnings_in(asked.template.api, asked.template.request))
        case _:
            return []


class _Places:
    """Finds the lines and columns of problems in one file, of at most MAX_PLACES problems."""

    def __init__(self, file: RequestFile) -> None:
        self._file = file
        self._left = MAX_PLACES

    def of(self, document: RawDocument, problems: Sequence[Problem]) -> tuple[Mistake, ...]:
        shown = bounded(problems)
        located = [
            _mistake(self._file, document, problem, whole)
            for problem, whole in zip(shown[: self._left], problems, strict=False)
        ]
        self._left -= len(located)
        return (*located, *(Mistake(problem, document.line, 1) for problem in shown[len(located) :]))


def _mistake(file: RequestFile, document: RawDocument, problem: Problem, whole: Problem) -> Mistake:
    """whole: the problem before its path was cut."""
    path = whole.path if whole.code == problem.code else problem.path
    if isinstance(document.value, dict) and "request" not in document.value:
        # In a body without an envelope, paths begin with a `request` that the file does not have.
        path = path.removeprefix("request").removeprefix(".")
    place = position_of(file.data, name=file.name, index=document.index, path=path)
    line, column = place or (document.line, 1)
    return Mistake(problem, line, column)
