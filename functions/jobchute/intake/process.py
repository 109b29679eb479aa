"""From a document to a job, or to the answer why there is none."""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from aws_lambda_powertools import Logger
from botocore.exceptions import ClientError, ParamValidationError

from jobchute.errors import UnknownJobError
from jobchute.intake.cancel import Canceller, refusal_of
from jobchute.intake.invocation import Invocation
from jobchute.job import Source, job_id_of, rejection_id_of
from jobchute.ledger.object_order import modified_at
from jobchute.lifecycle.accept import Lifecycle
from jobchute.lifecycle.failures import OF_THE_DATA, code_of, is_permanent
from jobchute.lifecycle.rejections import REASONS, rejection_of
from jobchute.parsing.documents import RawDocument
from jobchute.problems import Problem, bounded
from jobchute.requests.document import (
    Cancellation,
    CancellationProblems,
    Instruction,
    Submission,
    Sweep,
)
from jobchute.requests.guardrails import GuardRails
from jobchute.requests.judgement import Judge
from jobchute.requests.place import StackOutputs
from jobchute.status.answers import Answers
from jobchute.status.documents import unfollowed_status_of
from jobchute.status.sources import OBJECT

DAY = 24 * 3600
logger = Logger(child=True)

# Other errors of Python are mistakes of ours, and another deployment may take the document.
OF_THE_DOCUMENT = (ClientError, ParamValidationError, UnicodeError, RecursionError)
OLD_SECONDS = 3600
"""So long after its upload, a notification of an object is hardly the first one."""
SIMPLER = "shorten its keys and texts, and send it again"


class Answer(NamedTuple):
    """What became of a document or combination: accepted, duplicate, rejected or answered.

    job_id: of the job or rejection; empty where there is none. jobs: for how many jobs it is the answer.
    """

    outcome: str
    job_id: str = ""
    jobs: int = 1


class DocumentProcessor(NamedTuple):
    """guard_rails: what this deployment allows beyond what the providers' models do.

    place: where it is; None where requests are not held against that.
    """

    lifecycle: Lifecycle
    canceller: Canceller
    answers: Answers
    guard_rails: GuardRails
    place: StackOutputs | None = None

    def read(self, document: RawDocument, path: str, *, before: int = 0) -> Instruction | list[Problem]:
        """What a document asks for, or everything that is wrong with it.

        A document with a matrix is wrong as a whole where one of its combinations is.
        before: how many jobs the file has asked for up to this document.
        """
        try:
            asked, problems = Judge(self.guard_rails, self.place).judge(document, path=path, before=before)
        except OF_THE_DATA as error:
            logger.exception("a document could not be read", document=document.index)
            return [Problem("", "UNREADABLE", f"this document cannot be read ({code_of(error)}); {SIMPLER}")]
        return problems if asked is None or problems else asked

    def take(self, asked: Instruction | list[Problem], source: Source, call: Invocation) -> Answer:
        """Do what was asked for, and answer. Of a document with a matrix, only its dry run can be taken.

        What one document makes fail for good is a rejection of it: no other try would end otherwise, and the
        documents behind it would wait for nothing.
        """
        try:
            answer = self._answered(asked, source, call)
        except OF_THE_DOCUMENT as error:
            if not is_permanent(error):
                raise
            logger.exception("a document could not be taken in", source=source.uri, document=source.index)
            rule = f"this document cannot be stored or answered ({code_of(error)}); {SIMPLER}"
            answer = self.reject(source, [Problem("", "NOT_STORED", rule)])
        logger.info(
            "taken in",
            outcome=answer.outcome,
            job_id=answer.job_id,
            source=source.uri,
            document=source.index,
            combination=source.combination,
        )
        return answer

    def _answered(self, asked: Instruction | list[Problem], source: Source, call: Invocation) -> Answer:
        match asked:
            case Submission():
                take = self._plan if asked.dry_run else self._accept
                return self._answer_of_old(asked, source) or take(asked, source)
            case Sweep():
                return self._plan_all(asked, source, call)
            case Cancellation():
                return self._cancel(asked, source, call)
            case CancellationProblems():
                return self._refuse_cancel(asked, source)
            case problems:
                return self.reject(source, problems)

    def reject(self, source: Source, problems: Iterable[Problem]) -> Answer:
        rejection_id = rejection_id_of(source)
        self.lifecycle.reject(rejection_id, source, [problem._asdict() for problem in bounded(problems)])
        return Answer("rejected", rejection_id)

    def _answer_of_old(self, submission: Submission, source: Source) -> Answer | None:
        """The answer to a document of an old object; None where it is taken like any other.

        Anyone can have an old object read again. A rejection stays one, even if the document would pass now. An
        object that is older than what the ledger remembers may have been a job.
        """
        uploaded_at = modified_at(source)
        age = 0.0 if uploaded_at is None else self.lifecycle.watcher.now() - uploaded_at
        if age < OLD_SECONDS:
            return None
        rejection_ids = [rejection_id_of(source), rejection_id_of(replace(source, combination=None))]
        known = next(filter(self._is_known, rejection_ids), None)
        if known is not None:
            return Answer("rejected", known)
        retention = self.lifecycle.watcher.ledger.retention
        job_id = job_id_of(submission.api, submission.request, submission.idempotency_key, source.owner)
        if age < retention or self._is_known(job_id):
            return None
        rule = f"this object was uploaded more than {retention // DAY} days ago; upload it again to run it"
        return self.reject(source, [Problem("", "TOO_OLD", rule)])

    def _is_known(self, job_id: str) -> bool:
        try:
            self.lifecycle.watcher.ledger.get(job_id)
        except UnknownJobError:
            return False
        return True

    def _accept(self, submission: Submission, source: Source) -> Answer:
        try:
            accepted = self.lifecycle.accept(submission, source)
        except REASONS as error:
            return self.reject(source, [rejection_of(error, submission)])
        if not accepted.is_followed:
            self.answers.write(source, unfollowed_status_of(accepted.job, accepted.not_applied))
        return Answer("duplicate" if accepted.is_duplicate else "accepted", accepted.job.job_id)

    def _plan(self, submission: Submission, source: Source) -> Answer:
        # Imported here: most documents are no dry runs, and a cold start should not pay for it.
        from jobchute.intake.dry_run_status import plan_status_of
        from jobchute.intake.dry_runs import Planner

        plan = Planner.of(self.lifecycle).judge(submission, source)
        if isinstance(plan, Problem):
            return self.reject(source, [plan])
        self.answers.write(source, plan_status_of(plan, source))
        return Answer("answered", plan.job.job_id)

    def _plan_all(self, sweep: Sweep, source: Source, call: Invocation) -> Answer:
        """Raises TimeIsOverError: another call begins anew, with more time for it."""
        from jobchute.intake.dry_run_status import sweep_plan_status_of
        from jobchute.intake.dry_runs import Planner

        planner = Planner.of(self.lifecycle)
        plans = planner.judge_all(sweep, source, call)
        self.answers.write(source, sweep_plan_status_of(sweep, plans, source))
        return Answer("answered", jobs=sweep.size)

    def _cancel(self, cancellation: Cancellation, source: Source, call: Invocation) -> Answer:
        """An object asks for it once: anyone can have it read again, when others have the key or the name."""
        is_object = source.uri.startswith(OBJECT)
        versions = self.answers.versions
        known = versions.outcome(source) if is_object else None
        if known is not None:
            return Answer(known)
        answer, is_over = self._cancelled(cancellation, source, call)
        if is_object and is_over:
            versions.mark_over(source, answer.outcome)
        return answer

    def _refuse_cancel(self, problems: Iterable[Problem], source: Source, target: str | None = None) -> Answer:
        """A cancellation that is wrong never was a job: it has an answer, and no row in the list of jobs."""
        self.answers.write(source, refusal_of(source, problems, target))
        return Answer("rejected")

    def _cancelled(self, cancellation: Cancellation, source: Source, call: Invocation) -> tuple[Answer, bool]:
        """The answer, and whether nothing is left to do."""
        found = self.canceller.cancel(cancellation.target, source, call)
        if found is None:
            rule = f"no job has the id or idempotency key {cancellation.target[:100]!r}, and no file this name"
            problems = [Problem("cancel", "UNKNOWN_JOB", rule)]
            return self._refuse_cancel(problems, source, cancellation.target), True
        document, job_id = found
        self.answers.write(source, document)
        return Answer("answered", job_id), document.get("finished", True)
