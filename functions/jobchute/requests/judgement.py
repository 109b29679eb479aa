"""What a document asks for, and everything that keeps it from being a job: for the tool and the function."""

from typing import TYPE_CHECKING, NamedTuple

from jobchute.parsing.documents import RawDocument
from jobchute.problems import Problem
from jobchute.requests.body import problems_in
from jobchute.requests.document import Cancellation, Setting, Submission, Sweep, parse_document
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.location import Location
from jobchute.requests.sweep_problems import problems_in_sweep
from jobchute.requests.tags import tag_problems

if TYPE_CHECKING:
    from jobchute.requests.costs import JobCosts


class Judgement(NamedTuple):
    """asked: None if the document's syntax, envelope or matrix is broken.

    problems: empty for a valid document; CancellationProblems or SettingProblems for such a document.
    """

    asked: Submission | Sweep | Cancellation | Setting | None
    problems: list[Problem]

    @property
    def jobs(self) -> int:
        """How many of a file's jobs the document counts for: one, unless it has a valid matrix."""
        return self.asked.size if isinstance(self.asked, Sweep) and not self.problems else 1


class Judge(NamedTuple):
    """Judges documents for a deployment.

    guard_rails: what it allows; None if no deployment is known. place: its region and account; None if
    requests are not checked against them. costs: what jobs may cost; None where no deployment is known.
    """

    guard_rails: GuardRails | None = None
    place: Location | None = None
    costs: "JobCosts | None" = None

    def judge(self, document: RawDocument, *, path: str, before: int = 0) -> Judgement:
        """A document with a matrix is wrong as a whole if one of its combinations is.

        path: of the file, which may give a bare body its API. before: how many jobs the documents before this
        one ask for.
        """
        if document.problems:
            return Judgement(None, list(document.problems))
        asked = parse_document(document.value, path=path)
        match asked:
            case Submission():
                return Judgement(asked, self._too_many(1, before) or self.problems_in(asked))
            case Sweep():
                too_many = self._too_many(asked.size, before)
                return Judgement(asked, too_many or problems_in_sweep(asked, self.problems_in))
            case Cancellation() | Setting():
                return Judgement(asked, [])
            case problems:
                return Judgement(None, problems)

    def problems_in(self, submission: Submission) -> list[Problem]:
        """What the provider would refuse, then what the deployment does not allow: in the request, and if it is
        valid, in its alternatives.
        """
        problems = self._problems_of_one(submission)
        if problems or not submission.alternatives:
            return problems
        from jobchute.requests.alternatives import problems_in_alternatives

        return problems_in_alternatives(submission, self._problems_of_one)

    def _problems_of_one(self, submission: Submission) -> list[Problem]:
        found = problems_in(submission.api, submission.request)
        elsewhere = self.place.problems_in(submission) if self.place is not None else []
        if self.guard_rails is None:
            return [*found, *elsewhere, *tag_problems(submission)]
        problems = found + elsewhere + self.guard_rails.problems_in(submission)
        return problems or self._cost_problems(submission, self.guard_rails)

    def _cost_problems(self, submission: Submission, rails: GuardRails) -> list[Problem]:
        """Of an otherwise valid request, where something limits its cost."""
        if self.costs is None:
            return []
        if submission.max_cost is None and rails.max_cost is None and self.costs.budgets is None:
            return []
        from jobchute.requests.cost_limits import cost_problems

        return cost_problems(submission, self.costs, rails)

    def _too_many(self, jobs: int, before: int) -> list[Problem]:
        return (self.guard_rails or GuardRails()).problems_of_number(jobs, before=before)
