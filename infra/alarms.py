"""The alarms. Each has its entry in docs/run-book.md, under its construct's name."""

from collections.abc import Mapping, Sequence

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from infra.metrics import JobMetrics, oldest_message, sum_of

MINUTE = cdk.Duration.minutes(1)
FIVE_MINUTES = cdk.Duration.minutes(5)
HOUR = cdk.Duration.hours(1)
# `reconcile` runs every minute.
MAX_OVERDUE_SECONDS = 900
MAX_JOB_WAIT_SECONDS = 6 * 3600
MAX_MESSAGE_WAIT_SECONDS = 900
MAX_SHARE_PERCENT = 50
# Lambda's IteratorAge is in milliseconds. A record that fails repeatedly holds up its shard for 15 minutes.
MAX_ANNOUNCEMENT_AGE_MS = 10 * 60 * 1000
MAX_METRICS_IN_EXPRESSION = 10
"""Of an alarm (CloudWatch user guide, "Creating an alarm based on a metric math expression")."""


class Alarms(Construct):
    """dead_letters: by the name of what failed. functions: all there are. other_queues: that feed the intake.

    topic_arn: an SNS topic that every alarm publishes to; its policy and key must let CloudWatch do so.
    is_embedded: leave out what computes with metrics, which the embedded AWS refuses (MiniStack 1.5.33).
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        intake: sqs.IQueue,
        other_queues: Sequence[sqs.IQueue],
        dead_letters: Mapping[str, sqs.IQueue],
        state_machine: sfn.IStateMachine,
        functions: Sequence[lambda_.IFunction],
        jobs: JobMetrics,
        topic_arn: str | None,
        is_embedded: bool,
    ) -> None:
        super().__init__(scope, construct_id)
        self.is_embedded = is_embedded
        topic = topic_arn and sns.Topic.from_topic_arn(self, "Topic", topic_arn)
        self.action = actions.SnsAction(topic) if topic else None
        self.all: list[cloudwatch.Alarm] = []
        for name, queue in dead_letters.items():
            visible = queue.metric_approximate_number_of_messages_visible(period=MINUTE, statistic="Maximum")
            description = f"Messages that could not be handled wait in the dead-letter queue of {name}"
            self._alarm(f"{name}DeadLetters", description, visible, 1)
        self._of_functions(functions, jobs.reconcile)
        description = "What was written in the ledger is announced late: the stream's function is behind"
        age = jobs.announce.metric("IteratorAge", statistic="Maximum", period=FIVE_MINUTES)
        self._alarm("AnnouncementsBehind", description, age, MAX_ANNOUNCEMENT_AGE_MS)
        timed_out = state_machine.metric_timed_out(period=FIVE_MINUTES)
        self._alarm("ExecutionsTimedOut", "Executions of jobs timed out", timed_out, 1)
        self._of_intake(intake, other_queues, jobs)
        self._of_jobs(jobs)

    def _of_intake(self, intake: sqs.IQueue, others: Sequence[sqs.IQueue], jobs: JobMetrics) -> None:
        queues = [intake, *others]
        for start in range(0, len(queues), MAX_METRICS_IN_EXPRESSION):
            group = queues[start : start + MAX_METRICS_IN_EXPRESSION]
            description = "Requests wait in a queue of the intake and nothing takes them in"
            age = oldest_message(group, MINUTE)
            suffix = start // MAX_METRICS_IN_EXPRESSION + 1 if start else ""
            self._alarm("MessagesWaiting", description, age, MAX_MESSAGE_WAIT_SECONDS, suffix=str(suffix))
        if others:
            description = "A queue that feeds the intake is set so that it may lose messages"
            self._alarm("QueuesUnsafe", description, jobs.unsafe_queues(FIVE_MINUTES), 1)

    def _of_functions(self, functions: Sequence[lambda_.IFunction], reconcile: lambda_.IFunction) -> None:
        errors = sum_of([each.metric_errors(period=FIVE_MINUTES) for each in functions], FIVE_MINUTES)
        self._alarm("FunctionErrors", "Functions raise errors", errors, 1, periods=3)
        throttles = sum_of([each.metric_throttles(period=FIVE_MINUTES) for each in functions], FIVE_MINUTES)
        self._alarm("FunctionThrottles", "Functions are throttled", throttles, 1, periods=3)
        self._alarm(
            "SweepNotRunning",
            "Nobody looks after open jobs: the sweep has had no turn",
            reconcile.metric_invocations(period=FIVE_MINUTES),
            1,
            operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD,
            missing=cloudwatch.TreatMissingData.BREACHING,
        )

    def _of_jobs(self, jobs: JobMetrics) -> None:
        description = "Open jobs wait for the sweep longer than they should"
        self._alarm("SweepBehind", description, jobs.overdue(FIVE_MINUTES), MAX_OVERDUE_SECONDS)
        self._alarm("JobsStuck", "Jobs are open long after their time limit", jobs.stuck(HOUR), 1)
        description = "A job has waited long for its submission"
        self._alarm("OldestWait", description, jobs.oldest_wait(HOUR), MAX_JOB_WAIT_SECONDS)
        description = "Jobs wait in a pool that has room, and nothing starts"
        self._alarm("PoolsStalled", description, jobs.stalled_pools(FIVE_MINUTES), 1, periods=3)
        description = "A job ended in a state of its provider that Jobchute does not know"
        self._alarm("EndsUnknown", description, jobs.unknown_ends(HOUR), 1)
        self._alarm("JobsFailed", "Most jobs end badly", jobs.failed_share(HOUR), MAX_SHARE_PERCENT)
        rejected = jobs.rejected_share(HOUR)
        self._alarm("RequestsRejected", "Most requests are rejected", rejected, MAX_SHARE_PERCENT)

    def _alarm(
        self,
        name: str,
        description: str,
        metric: cloudwatch.IMetric,
        threshold: float,
        *,
        suffix: str = "",
        periods: int = 1,
        operator: cloudwatch.ComparisonOperator = (
            cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD
        ),
        missing: cloudwatch.TreatMissingData = cloudwatch.TreatMissingData.NOT_BREACHING,
    ) -> None:
        """name: of its entry in the run-book. suffix: tells alarms with the same entry apart."""
        if self.is_embedded and isinstance(metric, cloudwatch.MathExpression):
            return
        alarm = cloudwatch.Alarm(
            self,
            f"{name}{suffix}",
            alarm_description=f"{description}. Run-book: {name}",
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=operator,
            treat_missing_data=missing,
        )
        if self.action is not None:
            alarm.add_alarm_action(self.action)
        self.all.append(alarm)
