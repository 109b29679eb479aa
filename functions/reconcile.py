"""Schedule → ledger: reconciles open jobs that are due, reports dead letters, counts the jobs of files, repeats
lost announcements, and checks queues that are not Jobchute's own.
"""

import uuid
from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from jobchute import runtime

logger = Logger()

SPARE_SECONDS = 10
"""What is left of the function's time for what comes behind the budgets."""


@logger.inject_lambda_context
def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:  # noqa: ARG001
    def time_left() -> float:
        return context.get_remaining_time_in_millis() / 1000

    # Lambda repeats a failed schedule under the same request id, and two reconciliations are two attempts.
    count = runtime.current().reconciler.reconcile(str(uuid.uuid4()), time_left=time_left)
    if count:
        logger.info("reconcile finished", jobs=count)
    _look_after_budgets(time_left)
    found = _report_dead_letters(time_left)
    _count_jobs_of_files(time_left)
    _repeat_lost_announcements(time_left)
    _check_other_queues(time_left)
    return {"jobs": count, "deadLetters": found}


def _look_after_budgets(time_left: Callable[[], float]) -> None:
    """Jobs that wait for a budget, in a deployment that has some."""
    try:
        parts = runtime.current()
        if parts.has_budgets:
            parts.budget_upkeep.run(has_time=lambda: time_left() > SPARE_SECONDS)
    except Exception:
        logger.exception("budgets not looked after")


def _report_dead_letters(time_left: Callable[[], float]) -> int:
    """Jobs come first, and an error with dead letters does not make their reconciliation fail."""
    try:
        return runtime.current().dead_letters.report_new(time_left=time_left)
    except Exception:
        logger.exception("dead letters not reported")
        return 0


def _count_jobs_of_files(time_left: Callable[[], float]) -> None:
    try:
        runtime.current().file_counts.count_due(time_left=time_left)
    except Exception:
        logger.exception("jobs of files not counted")


def _repeat_lost_announcements(time_left: Callable[[], float]) -> None:
    try:
        count = runtime.current().lost_announcements.repeat_lost(time_left=time_left)
    except Exception:
        logger.exception("lost announcements not searched")
        return
    if count:
        logger.warning("lost announcements repeated", jobs=count)


def _check_other_queues(time_left: Callable[[], float]) -> None:
    try:
        runtime.current().other_queues.look(time_left=time_left)
    except Exception:
        logger.exception("other queues not checked")
