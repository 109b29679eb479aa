"""The metrics that alarms and dashboard show: Jobchute's own, which the functions write into their logs."""

from collections.abc import Sequence
from dataclasses import dataclass

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs

from jobchute.job import State
from jobchute.metrics import (
    DUE,
    FUNCTION,
    MOVES,
    NAMESPACE,
    OLDEST_WAIT,
    OVERDUE,
    STALLED_POOLS,
    STUCK,
    UNKNOWN_ENDS,
    UNSAFE_QUEUES,
)

# Of fewer jobs in a period no share means anything.
MIN_OF_A_SHARE = 5
BAD_ENDS = (State.FAILED, State.TIMED_OUT)
GOOD_ENDS = (State.SUCCEEDED, State.PARTIAL)


@dataclass(frozen=True, slots=True)
class JobMetrics:
    """announce, reconcile: the functions that write them."""

    announce: lambda_.IFunction
    reconcile: lambda_.IFunction

    def moves(self, state: State, period: cdk.Duration) -> cloudwatch.Metric:
        """Jobs that moved into a state."""
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=MOVES,
            dimensions_map={FUNCTION: self.announce.function_name, "state": str(state)},
            statistic="Sum",
            period=period,
            label=str(state),
        )

    def failed_share(self, period: cdk.Duration) -> cloudwatch.MathExpression:
        """Of the jobs that ended, in percent; cancelled ones do not count."""
        bad = {f"bad{n}": self.moves(state, period) for n, state in enumerate(BAD_ENDS)}
        good = {f"good{n}": self.moves(state, period) for n, state in enumerate(GOOD_ENDS)}
        return _share(bad, good, period, "failed, percent")

    def rejected_share(self, period: cdk.Duration) -> cloudwatch.MathExpression:
        """Of the documents that were taken in, in percent."""
        bad, good = self.moves(State.REJECTED, period), self.moves(State.QUEUED, period)
        return _share({"bad": bad}, {"good": good}, period, "rejected, percent")

    def due(self, period: cdk.Duration) -> cloudwatch.Metric:
        return self._largest(DUE, period)

    def stuck(self, period: cdk.Duration) -> cloudwatch.Metric:
        return self._largest(STUCK, period)

    def overdue(self, period: cdk.Duration) -> cloudwatch.Metric:
        return self._largest(OVERDUE, period)

    def oldest_wait(self, period: cdk.Duration) -> cloudwatch.Metric:
        return self._largest(OLDEST_WAIT, period)

    def stalled_pools(self, period: cdk.Duration) -> cloudwatch.Metric:
        return self._largest(STALLED_POOLS, period)

    def unknown_ends(self, period: cdk.Duration) -> cloudwatch.Metric:
        return self._largest(UNKNOWN_ENDS, period)

    def unsafe_queues(self, period: cdk.Duration) -> cloudwatch.Metric:
        return self._largest(UNSAFE_QUEUES, period)

    def _largest(self, name: str, period: cdk.Duration) -> cloudwatch.Metric:
        return cloudwatch.Metric(
            namespace=NAMESPACE,
            metric_name=name,
            dimensions_map={FUNCTION: self.reconcile.function_name},
            statistic="Maximum",
            period=period,
        )


def oldest_message(queues: Sequence[sqs.IQueue], period: cdk.Duration) -> cloudwatch.IMetric:
    """The age in seconds of what has waited longest in any of them."""
    ages = [
        queue.metric_approximate_age_of_oldest_message(period=period, statistic="Maximum") for queue in queues
    ]
    if len(ages) == 1:
        return ages[0]
    named: dict[str, cloudwatch.IMetric] = {f"m{number}": age for number, age in enumerate(ages)}
    return cloudwatch.MathExpression(
        expression=f"MAX([{', '.join(named)}])", using_metrics=named, period=period
    )


def sum_of(metrics: Sequence[cloudwatch.IMetric], period: cdk.Duration) -> cloudwatch.MathExpression:
    named = {f"m{number}": metric for number, metric in enumerate(metrics)}
    return cloudwatch.MathExpression(expression=_sum(named), using_metrics=named, period=period)


def _share(
    bad: dict[str, cloudwatch.Metric], good: dict[str, cloudwatch.Metric], period: cdk.Duration, label: str
) -> cloudwatch.MathExpression:
    worse, both = _sum(bad), _sum(bad | good)
    return cloudwatch.MathExpression(
        expression=f"IF({both} >= {MIN_OF_A_SHARE}, 100 * ({worse}) / ({both}), 0)",
        using_metrics={**bad, **good},
        period=period,
        label=label,
    )


def _sum(names: Sequence[str] | dict[str, cloudwatch.Metric] | dict[str, cloudwatch.IMetric]) -> str:
    """A metric without data in a period counts as nothing."""
    return " + ".join(f"FILL({name}, 0)" for name in names)
