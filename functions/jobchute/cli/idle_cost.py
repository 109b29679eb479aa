"""The monthly cost of a deployment without jobs, from the resources in its template. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from pydantic import BaseModel, ConfigDict

from jobchute.cli.job_cost import FUNCTION_GB, Prices

MINUTES = 30 * 24 * 60
"""In a month. Each has one sweep."""

SWEEP_SECONDS = 0.3
"""Assumed for an idle sweep, which makes some thirty calls."""
SWEEP_READ_UNITS = 19
SWEEP_WRITE_UNITS = 2
SWEEP_SQS_REQUESTS = 3
"""At most these while nothing is open (tests/integration/handlers/reconcile/test_idle_reconcile.py)."""
SWEEP_METRICS = 5
"""Custom metrics of an idle sweep; one more with other queues. Pools without jobs have none."""
SWEEP_LOG_BYTES = 4096

POLLERS = 2
POLLERS_WITH_MAXIMUM_CONCURRENCY = 5
POLLS_A_MINUTE = 3
"""Of each poller of an idle queue: a poll waits 20 s. Lambda scales down to two pollers, but not if
MaximumConcurrency is set (developer guide, "Configuring scaling behavior for SQS event source mappings").
"""


class IdlePrices(BaseModel):
    """US$ for one of each in a month; free_: the free amount of an account in a month."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    sources: list[str]
    alarm_metric: float
    custom_metric: float
    dashboard: float
    secret: float
    key: float
    trace: float
    log_gb: float
    free_alarm_metrics: float
    free_custom_metrics: float
    free_dashboards: float
    free_sqs_requests: float
    free_function_calls: float
    free_function_gb_seconds: float
    free_traces: float
    free_log_gb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IdleCounts:
    """pollers: of all queues together. other_queues: those that the sweep checks as well."""

    alarm_metrics: int
    dashboards: int
    secrets: int
    keys: int
    pollers: int
    other_queues: int


class Item(NamedTuple):
    """One line of the bill: quantity × price, and the free part of the quantity."""

    what: str
    quantity: float
    price: float
    free: float = 0

    @property
    def dollars(self) -> float:
        return self.quantity * self.price

    @property
    def dollars_beyond_free(self) -> float:
        return max(self.quantity - self.free, 0) * self.price


def counts_of(template: Mapping[str, Any]) -> IdleCounts:
    """Counts in a synthesized template, as `cdk synth` writes it to cdk.out."""
    resources = [*template["Resources"].values()]
    sources = _of(resources, "AWS::Lambda::EventSourceMapping")
    mappings = [each for each in sources if "StartingPosition" not in each]
    return IdleCounts(
        alarm_metrics=sum(map(_alarm_metrics, _of(resources, "AWS::CloudWatch::Alarm"))),
        dashboards=len([*_of(resources, "AWS::CloudWatch::Dashboard")]),
        secrets=len([*_of(resources, "AWS::SecretsManager::Secret")]),
        keys=len([*_of(resources, "AWS::KMS::Key")]),
        pollers=sum(map(_pollers, mappings)),
        other_queues=sum(isinstance(each["EventSourceArn"], str) for each in mappings),
    )


def items_of(counts: IdleCounts, prices: Prices, idle: IdlePrices) -> list[Item]:
    """The lines of the bill, most expensive first."""
    polls = counts.pollers * POLLS_A_MINUTE * MINUTES
    looks = (SWEEP_SQS_REQUESTS + counts.other_queues) * MINUTES
    metrics = SWEEP_METRICS + bool(counts.other_queues)
    log_gb = MINUTES * SWEEP_LOG_BYTES / 1e9
    seconds = MINUTES * SWEEP_SECONDS * FUNCTION_GB
    items = [
        Item("alarms, by metric", counts.alarm_metrics, idle.alarm_metric, idle.free_alarm_metrics),
        Item("custom metrics of the sweep", metrics, idle.custom_metric, idle.free_custom_metrics),
        Item("dashboards", counts.dashboards, idle.dashboard, idle.free_dashboards),
        Item("secrets", counts.secrets, idle.secret),
        Item("customer keys", counts.keys, idle.key),
        Item("SQS requests of pollers and sweep", polls + looks, prices.sqs_request, idle.free_sqs_requests),
        Item("calls of the sweep", MINUTES, prices.function_call, idle.free_function_calls),
        Item("GB-seconds of the sweep", seconds, prices.function_gb_second, idle.free_function_gb_seconds),
        Item("table reads of the sweep", MINUTES * SWEEP_READ_UNITS, prices.read_unit),
        Item("table writes of the sweep", MINUTES * SWEEP_WRITE_UNITS, prices.write_unit),
        Item("traces of the sweep", MINUTES, idle.trace, idle.free_traces),
        Item("GB of logs of the sweep", log_gb, idle.log_gb, idle.free_log_gb),
    ]
    return sorted((item for item in items if item.quantity), key=lambda item: -item.dollars)


def _of(resources: Iterable[Mapping[str, Any]], kind: str) -> Iterator[Mapping[str, Any]]:
    """The properties of all resources of a type."""
    return (each.get("Properties", {}) for each in resources if each["Type"] == kind)


def _alarm_metrics(alarm: Mapping[str, Any]) -> int:
    """CloudWatch charges for each metric of an expression."""
    return sum("MetricStat" in each for each in alarm.get("Metrics", [])) or 1


def _pollers(mapping: Mapping[str, Any]) -> int:
    return POLLERS_WITH_MAXIMUM_CONCURRENCY if "ScalingConfig" in mapping else POLLERS
