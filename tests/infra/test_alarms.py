"""Alarms and the dashboard, held against what the functions write."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from jobchute import metrics
from jobchute.job import State
from jobchute.metrics import FUNCTION, NAMESPACE
from tests.infra.configurations import MANY_QUEUES, TOPIC
from tests.infra.conftest import Template, synthesized

OF_THE_SWEEP = {
    metrics.DUE,
    metrics.STUCK,
    metrics.OVERDUE,
    metrics.OLDEST_WAIT,
    metrics.STALLED_POOLS,
    metrics.UNKNOWN_ENDS,
}


def own_metrics(template: Template) -> Iterator[dict[str, Any]]:
    for alarm in template.of("AWS::CloudWatch::Alarm").values():
        properties = alarm["Properties"]
        stats = [each["MetricStat"]["Metric"] for each in properties.get("Metrics", []) if "MetricStat" in each]
        yield from (each for each in (properties, *stats) if each.get("Namespace") == NAMESPACE)


def dimensions(metric: dict[str, Any]) -> dict[str, Any]:
    return {each["Name"]: each["Value"] for each in metric["Dimensions"]}


def test_every_metric_of_ours_is_one_that_a_function_writes(template: Template) -> None:
    watched = {metric["MetricName"] for metric in own_metrics(template)}
    assert watched == {metrics.MOVES, *OF_THE_SWEEP} - {metrics.DUE}


def test_every_metric_is_watched_at_the_function_that_writes_it(template: Template) -> None:
    for metric in own_metrics(template):
        writer = template.module_of(dimensions(metric)[FUNCTION]["Ref"])
        assert writer == ("reconcile" if metric["MetricName"] in OF_THE_SWEEP else "announce")


def test_moves_are_watched_by_states_that_there_are(template: Template) -> None:
    moves = [metric for metric in own_metrics(template) if metric["MetricName"] == metrics.MOVES]
    assert {dimensions(metric)["state"] for metric in moves} <= set(State)


def test_a_sweep_that_stopped_is_no_silence(template: Template) -> None:
    (alarm,) = (
        each["Properties"]
        for each in template.of("AWS::CloudWatch::Alarm").values()
        if each["Properties"].get("MetricName") == "Invocations"
    )
    assert alarm["TreatMissingData"] == "breaching"
    assert alarm["ComparisonOperator"] == "LessThanThreshold"


def test_an_alarm_names_its_entry_in_the_run_book(template: Template) -> None:
    for logical_id, alarm in template.of("AWS::CloudWatch::Alarm").items():
        entry = alarm["Properties"]["AlarmDescription"].rpartition("Run-book: ")[2]
        assert logical_id.startswith(f"Alarms{entry}")


def test_the_dashboard_shows_every_alarm_and_function(template: Template) -> None:
    (page,) = template.of("AWS::CloudWatch::Dashboard").values()
    shown = json.dumps(page["Properties"]["DashboardBody"])
    named = [*template.of("AWS::CloudWatch::Alarm"), *template.of("AWS::Lambda::Function")]
    assert [each for each in named if each not in shown] == []


def test_an_alarm_stays_within_cloudwatch_s_number_of_metrics(many_queues: Template) -> None:
    ages: list[str] = []
    for logical_id, alarm in many_queues.of("AWS::CloudWatch::Alarm").items():
        read = [each for each in alarm["Properties"].get("Metrics", []) if "MetricStat" in each]
        assert len(read) <= 10, logical_id
        if logical_id.startswith("AlarmsMessagesWaiting"):
            ages += [json.dumps(each["MetricStat"]["Metric"]["Dimensions"]) for each in read]
            assert alarm["Properties"]["AlarmDescription"].endswith("Run-book: MessagesWaiting")
    assert len(set(ages)) == len(ages) == 1 + len(MANY_QUEUES)
    assert all(any(arn.rpartition(":")[2] in age for age in ages) for arn in MANY_QUEUES)


def test_alarms_notify_the_configured_topic_alone(template: Template, asset: Path) -> None:
    told = synthesized(asset, alarm_topic_arn=TOPIC).of("AWS::CloudWatch::Alarm")
    assert [alarm["Properties"]["AlarmActions"] for alarm in told.values()] == [[TOPIC]] * len(told)
    silent = template.of("AWS::CloudWatch::Alarm")
    assert told.keys() == silent.keys()
    assert not any("AlarmActions" in alarm["Properties"] for alarm in silent.values())
