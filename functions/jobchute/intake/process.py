"""From what a document asks for to its answer: a job, a rejection, a cancellation, a change or a dry run."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError

from jobchute.errors import REFUSALS, OverBudgetError
from jobchute.intake.invocation import Invocation
from jobchute.intake.old_objects import OldObjects
from jobchute.intake.read import SIMPLER
from jobchute.job import Source, rejection_id_of
from jobchute.lifecycle.accept import Acceptor
from jobchute.lifecycle.failures import code_of, is_permanent
from jobchute.lifecycle.reject import Rejecter
from jobchute.problems import Problem, bounded
from jobchute.requests.document import (
    Cancellation,
    CancellationProblems,
    Instruction,
    Setting,
    SettingProblems,
    Submission,
    Sweep,
)
from jobchute.status.answers import Answers
from jobchute.status.documents import unfollowed_status_of
from jobchute.status.sources import OBJECT

if TYPE_CHECKING:
    from jobchute.intake.cancel import Canceller
    from jobchute.intake.dry_runs import Planner
    from jobchute.intake.set import Setter

logger = Logger(child=True)

# Other errors of Python are mistakes of ours, and another deployment may accept the document.
OF_THE_DOCUMENT = (ClientError, ParamValidationError, UnicodeError, RecursionError)


class Answer(NamedTuple):
    """What became of a document or combination: accepted, duplicate, rejected or answered.

    job_id: of the job or rejection; empty where there is none. jobs: for how many jobs it is the answer.
    """

    outcome: str
    job_id: str = ""
    jobs: int = 1


class DocumentProcessor(NamedTuple):
    """canceller, setter, planner (of one dry run): made when needed, as most documents ask for jobs."""

    acceptor: Acceptor
    rejecter: Rejecter
    canceller: "Callable[[], Canceller]"
    setter: "Callable[[], Setter]"
    answers: Answers
    old_objects: OldObjects
    planner: "Callable[[], Planner]"

    def process(self, instruction: Instruction | list[Problem], source: Source, call: Invocation) -> Answer:
        """Do what a document asks for, and answer. A document with a matrix comes here as a dry run only.

        A document for which a call fails for good is rejected: no other try would end otherwise, and the
        documents behind it would wait in vain.
        """
        try:
            answer = self._answered(instruction, source, call)
        except OF_THE_DOCUMENT as error:
            if not is_permanent(error):
                raise
            logger.exception("document not stored", source=source.uri, document=source.index)
            rule = f"this document cannot be stored or answered ({code_of(error)}); {SIMPLER}"
            answer = self.reject(source, [Problem("", "NOT_STORED", rule)])
        logger.info(
            "document processed",
            outcome=answer.outcome,
            job_id=answer.job_id,
            source=source.uri,
            document=source.index,
            combination=source.combination,
        )
        return answer

    def reject(self, source: Source, problems: Iterable[Problem]) -> Answer:
        """Write the row of a rejection. Its status document follows from the ledger's stream."""
        rejection_id = rejection_id_of(source)
        self.rejecter.reject(rejection_id, source, [problem._asdict() for problem in bounded(problems)])
        return Answer("rejected", rejection_id)

    def _answered(self, instruction: Instruction | list[Problem], source: Source, call: Invocation) -> Answer:
        match instruction:
            case Submission():
                process = self._plan if instruction.dry_run else self._accept
                return self._reject_old(instruction, source) or process(instruction, source)
            case Sweep():
                return self._plan_all(instruction, source, call)
            case Cancellation():
                return self._once(source, partial(self._cancelled, instruction, source, call))
            case Setting() | SettingProblems():
                return self._once(source, partial(self._set, instruction, source))
            case CancellationProblems():
                return self._refuse_cancel(instruction, source)
            case problems:
                return self.reject(source, problems)

    def _reject_old(self, submission: Submission, source: Source) -> Answer | None:
        match self.old_objects.rejection_of(submission, source):
            case None:
                return None
            case Problem() as problem:
                return self.reject(source, [problem])
            case rejection_id:
                return Answer("rejected", rejection_id)

    def _accept(self, submission: Submission, source: Source) -> Answer:
        try:
            accepted = self.acceptor.accept(submission, source)
        except REFUSALS as error:
            from jobchute.lifecycle.rejections import rejection_of

            problem = rejection_of(error, submission)
            if not isinstance(error, OverBudgetError):
                return self.reject(source, [problem])
            if self._is_rejected(error, source, problem):
                return Answer("rejected", rejection_id_of(source))
            accepted = self.acceptor.accept(submission, source)
        if not accepted.is_followed:
            self.answers.write(source, unfollowed_status_of(accepted.job, accepted.not_applied))
        return Answer("duplicate" if accepted.is_duplicate else "accepted", accepted.job.job_id)

    def _is_rejected(self, error: OverBudgetError, source: Source, problem: Problem) -> bool:
        """Reject a document that is over its budget, unless another delivery of it has become a job since."""
        row = self.rejecter.row_of(rejection_id_of(source), source, [problem._asdict()])
        return self.acceptor.reject(row, error)

    def _plan(self, submission: Submission, source: Source) -> Answer:
        from jobchute.intake.dry_run_status import plan_status_of

        plan = self.planner().judge(submission, source)
        if isinstance(plan, Problem):
            return self.reject(source, [plan])
        self.answers.write(source, plan_status_of(plan, source))
        return Answer("answered", plan.job.job_id)

    def _plan_all(self, sweep: Sweep, source: Source, call: Invocation) -> Answer:
        """Raises TimeIsOverError: another call begins anew, with more time for it."""
        from jobchute.intake.dry_run_status import sweep_plan_status_of

        plans = self.planner().judge_all(sweep, source, call)
        self.answers.write(source, sweep_plan_status_of(sweep, plans, source))
        return Answer("answered", jobs=sweep.size)

    def _once(self, source: Source, process: Callable[[], tuple[Answer, bool]]) -> Answer:
        """An object is answered once: anyone can have it read again, when others have the key or the name."""
        is_object = source.uri.startswith(OBJECT)
        versions = self.answers.versions
        known = versions.outcome(source) if is_object else None
        if known is not None:
            return Answer(known)
        answer, is_over = process()
        if is_object and is_over:
            versions.mark_over(source, answer.outcome)
        return answer

    def _refuse_cancel(self, problems: Iterable[Problem], source: Source, target: str | None = None) -> Answer:
        """A cancellation that is wrong never was a job: it has an answer, and no row in the list of jobs."""
        from jobchute.intake.cancel import refusal_of

        self.answers.write(source, refusal_of(source, problems, target))
        return Answer("rejected")

    def _cancelled(self, cancellation: Cancellation, source: Source, call: Invocation) -> tuple[Answer, bool]:
        """The answer, and whether nothing is left to do."""
        found = self.canceller().cancel(cancellation.target, source, call)
        if found is None:
            rule = (
                f"no job has the id or idempotency key {cancellation.target[:100]!r}, and no file has this name"
            )
            problems = [Problem("cancel", "UNKNOWN_JOB", rule)]
            return self._refuse_cancel(problems, source, cancellation.target), True
        document, job_id = found
        self.answers.write(source, document)
        return Answer("answered", job_id), document.get("finished", True)

    def _set(self, asked: Setting | SettingProblems, source: Source) -> tuple[Answer, bool]:
        document, outcome, job_id = self.setter().answer(asked, source)
        self.answers.write(source, document)
        return Answer(outcome, job_id), True
