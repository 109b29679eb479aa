"""What a deployment costs without a job, counted in its template."""

import json

from jobchute.cli.commands.cost import IDLE_COUNTS
from jobchute.cli.idle_cost import counts_of
from tests.infra.checks.safeguards import target
from tests.infra.conftest import Template
from tools import idle

MAX_DASHBOARD_METRICS = 50
"""Of a dashboard that is free (CloudWatch pricing)."""


def test_the_tool_s_counts_are_those_of_the_template() -> None:
    """When this fails: make idle."""
    assert IDLE_COUNTS.read_text() == idle.counted()


def test_a_queue_and_a_key_of_one_s_own_are_counted(template: Template, configured: Template) -> None:
    plain, more = counts_of(template.body), counts_of(configured.body)
    assert (plain.other_queues, more.other_queues) == (0, 1)
    assert more.pollers > plain.pollers
    assert more.alarm_metrics > plain.alarm_metrics


def test_the_dashboard_shows_no_more_metrics_than_are_free(template: Template) -> None:
    (page,) = template.of("AWS::CloudWatch::Dashboard").values()
    body = page["Properties"]["DashboardBody"]["Fn::Join"][1]
    text = "".join(part if isinstance(part, str) else target(part) or "?" for part in body)
    shown = {
        json.dumps([*metric[:-1]])
        for widget in json.loads(text)["widgets"]
        for metric in widget["properties"].get("metrics", [])
        if isinstance(metric[0], str)
    }
    assert 30 < len(shown) <= MAX_DASHBOARD_METRICS
