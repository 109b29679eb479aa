"""A document's `objective`: the metric by which the jobs of a file are compared, and which value is better."""

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from jobchute.job import Job, State
from jobchute.problems import Problem

MAXIMIZE, MINIMIZE = "maximize", "minimize"
GOALS = (MAXIMIZE, MINIMIZE)
MAX_METRIC = 255
"""The longest name of a metric, in characters (SageMaker, MetricDefinition)."""


class Objective(NamedTuple):
    """metric: as the provider names it in the job's result. goal: one of GOALS."""

    metric: str
    goal: str = MAXIMIZE

    def rank(self, value: float) -> tuple[bool, float]:
        """The lower, the better. What is not a number is worst."""
        if math.isnan(value):
            return True, 0.0
        return False, value if self.goal == MINIMIZE else -value


class Best(NamedTuple):
    """The best job of a file so far. job_id: empty until one has reached a value."""

    metric: str
    goal: str
    job_id: str = ""
    value: float = 0.0
    document: int = 0
    combination: int | None = None


def reached(job: Job, metric: str) -> float | None:
    """The value of a metric with which a job competes. A job that FAILED left nothing to choose."""
    if job.state is State.FAILED or job.result is None:
        return None
    value: float | None = job.result.get("metrics", {}).get(metric)
    return value


def better_of(best: Best | None, job: Job) -> Best | None:
    """The best job after one more. The objective of the first job that has one is the file's; of equal values
    the first is the best.
    """
    if best is None:
        if job.objective is None:
            return None
        best = Best(job.objective["metric"], job.objective["goal"])
    value = reached(job, best.metric)
    objective = Objective(best.metric, best.goal)
    if value is None or (best.job_id and objective.rank(value) >= objective.rank(best.value)):
        return best
    return best._replace(
        job_id=job.job_id, value=value, document=job.source.index, combination=job.source.combination
    )


def objective_in(value: Mapping[str, Any], problems: list[Problem]) -> Objective | None:
    """Of a document that has one; None if it is wrong."""
    given = value["objective"]
    if not isinstance(given, dict):
        rule = 'objective must be an object: {"metric": "validation:auc", "goal": "maximize"}'
        problems.append(Problem("objective", "WRONG_TYPE", rule))
        return None
    for name in given:
        if name not in ("metric", "goal"):
            rule = "objective has only `metric` and `goal`"
            problems.append(Problem(f"objective.{name[:100]}", "UNKNOWN_KEY", rule))
    goal = given.get("goal", MAXIMIZE)
    if goal not in GOALS:
        rule = f"goal must be {MAXIMIZE} or {MINIMIZE}"
        problems.append(Problem("objective.goal", "NOT_ALLOWED_VALUE", rule))
        goal = MAXIMIZE
    metric = _metric(given, problems)
    return None if metric is None else Objective(metric, goal)


def _metric(given: Mapping[str, Any], problems: list[Problem]) -> str | None:
    metric = given.get("metric")
    if isinstance(metric, str) and 1 <= len(metric) <= MAX_METRIC:
        return metric
    rule = f"metric must be the name of one of the job's metrics, of 1 to {MAX_METRIC} characters"
    code = "MISSING" if "metric" not in given else "WRONG_TYPE"
    if isinstance(metric, str):
        code = "TOO_LONG" if metric else "TOO_SHORT"
    problems.append(Problem("objective.metric", code, rule))
    return None
