"""One page that shows how the jobs go, and the machinery below them."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from infra.metrics import JobMetrics
from jobchute.job import State

PERIOD = cdk.Duration.minutes(5)
WIDTH = 12


class Dashboard(Construct):
    """Alarms; then jobs, `reconcile`, queues, functions."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Sequence[cloudwatch.IAlarm],
        jobs: JobMetrics,
        queues: Mapping[str, sqs.IQueue],
        functions: Mapping[str, lambda_.IFunction],
    ) -> None:
        super().__init__(scope, construct_id)
        visible = {
            name: queue.metric_approximate_number_of_messages_visible(period=PERIOD, label=name)
            for name, queue in queues.items()
        }
        each = functions.items()
        page = cloudwatch.Dashboard(self, "Page", default_interval=cdk.Duration.days(1))
        page.add_widgets(cloudwatch.AlarmStatusWidget(alarms=[*alarms], width=2 * WIDTH))
        page.add_widgets(
            _graph("Moves of jobs", [jobs.moves(state, PERIOD) for state in State]),
            _graph("Shares", [jobs.failed_share(PERIOD), jobs.rejected_share(PERIOD)]),
        )
        page.add_widgets(
            _graph("The sweep: jobs", [jobs.due(PERIOD), jobs.stuck(PERIOD)]),
            _graph("The sweep: seconds", [jobs.overdue(PERIOD), jobs.oldest_wait(PERIOD)]),
        )
        page.add_widgets(
            _graph("Messages in queues", [*visible.values()]),
            _graph("Errors", [one.metric_errors(period=PERIOD, label=name) for name, one in each]),
        )
        page.add_widgets(
            _graph("Throttles", [one.metric_throttles(period=PERIOD, label=name) for name, one in each]),
            _graph("Duration", [one.metric_duration(period=PERIOD, label=name) for name, one in each]),
        )


def _graph(title: str, metrics: Sequence[cloudwatch.IMetric]) -> cloudwatch.GraphWidget:
    return cloudwatch.GraphWidget(title=title, left=[*metrics], width=WIDTH)
