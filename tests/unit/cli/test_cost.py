"""What a job costs: from counts and prices, both of which can be replaced."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from jobchute.cli.commands.cost import COUNTS, PRICES, Counts
from jobchute.cli.job_cost import Prices, Usage, cost, polling, sync
from jobchute.cli.main import app
from jobchute.job import Api
from tests.harness.bench.counts import CASES, LOOK, SUCCEEDS
from tests.harness.bench.counts import Counts as CountsOfJob
from tests.paths import DOCS, ROOT
from tools.counts import counted

FREE = dict.fromkeys((name for name, field in Prices.model_fields.items() if field.annotation is float), 0.0)


def prices(**changes: float) -> Prices:
    return Prices.model_validate({"date": "2026-11-21", "region": "", "sources": [], **FREE, **changes})


@pytest.mark.parametrize(
    ("usage", "price", "expected"),
    [
        (Usage(transitions=2), {"state_transition": 0.5}, 1.0),
        (Usage(function_calls=3), {"function_call": 0.5}, 1.5),
        (Usage(seconds=4), {"function_gb_second": 1.0}, 2.0),
        (Usage(write_units=5), {"write_unit": 1.0}, 5.0),
        (Usage(read_units=0.5), {"read_unit": 1.0}, 0.5),
        (Usage(s3_puts=2, s3_gets=3), {"s3_put": 1.0, "s3_get": 10.0}, 32.0),
        (Usage(messages=2), {"sqs_request": 1.0}, 6.0),
        (Usage(events=2), {"bus_event": 1.0}, 2.0),
    ],
)
def test_each_use_has_its_price(usage: Usage, price: dict[str, float], expected: float) -> None:
    assert cost(usage, prices(**price)) == pytest.approx(expected)


def test_a_loop_costs_by_how_long_a_job_runs_and_sync_does_not() -> None:
    hour, day = polling(3600, every=60, by_function=False), polling(24 * 3600, every=60, by_function=False)
    assert (hour.transitions, day.transitions) == (2 + 60 * 3, 2 + 1440 * 3)
    assert polling(3600, every=30, by_function=True).function_calls == 120
    assert sync() == Usage(transitions=2)


def run(*arguments: str) -> dict[str, Any]:
    answer = CliRunner().invoke(app, ["cost", "--json", *arguments])
    assert answer.exit_code == 0, answer.output
    found: dict[str, Any] = json.loads(answer.output)
    return found


def test_every_api_and_case_was_counted() -> None:
    found = {(row["api"], row["case"]) for row in Counts.read().jobs}
    assert found == {(api, case) for api in Api for case in CASES}


def test_the_counts_are_of_this_version() -> None:
    """`make counts` writes them."""
    assert json.loads(COUNTS.read_text()) == {"date": Counts.read().date, **counted()}


def test_polling_a_running_job_is_one_list_call() -> None:
    """So what a job takes does not depend on how long it runs."""
    looks = [row for row in Counts.read().jobs if row["case"] == LOOK]
    assert [row["state"] for row in looks] == ["RUNNING"] * len(Api)
    for row in looks:
        assert list(row["provider_calls"].values()) == [1]
        assert Usage.of_counts(row) == Usage()


def test_the_command_prices_every_api_at_four_durations() -> None:
    answer = run()
    assert set(answer["jobs"]) == set(Api)
    assert set(answer["counts"]) == {"source", "date", "version"}
    assert len(answer["compared"]) == 4
    assert all(len(durations) == 4 for durations in answer["compared"].values())
    ours = answer["compared"]["Jobchute"]
    assert len(set(ours.values())) == 1
    assert ours["24 h"] < answer["compared"]["poll every 60 s, directly"]["24 h"]


def test_the_user_s_prices_take_their_place(tmp_path: Path) -> None:
    dearer = yaml.safe_load(PRICES.read_text())
    for name in FREE:
        dearer[name] *= 2
    file = tmp_path / "prices.yaml"
    file.write_text(yaml.safe_dump(dearer))
    api = Api.TRAINING_JOB
    twice, once = run("--prices", str(file))["jobs"][api], run()["jobs"][api]
    assert twice == pytest.approx({case: 2 * dollars for case, dollars in once.items()})


@pytest.mark.parametrize("text", ["{", "state_transition: 1", "date: 2026-11-21\nsurprise: 1"])
def test_prices_that_cannot_be_read_are_explained(text: str, tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(text)
    answer = CliRunner().invoke(app, ["cost", "--prices", str(file)])
    assert answer.exit_code == 2
    assert str(file) in answer.output


def test_the_table_is_for_people() -> None:
    answer = CliRunner().invoke(app, ["cost"])
    assert answer.exit_code == 0
    assert "US$ per 1,000 jobs, us-east-1" in answer.output
    assert f"Counts of {Counts.read().date}, version " in answer.output
    assert "poll every 30 s, by a function" in answer.output


def idle(*arguments: str) -> dict[str, Any]:
    return run("--idle", *arguments)


def test_what_it_costs_idle_is_itemised_and_adds_up() -> None:
    answer = idle()
    items = {item["what"]: item for item in answer["items"]}
    assert items["alarms, by metric"]["dollars"] == pytest.approx(0.1 * items["alarms, by metric"]["quantity"])
    assert items["alarms, by metric"]["dollarsBeyondFree"] == pytest.approx(
        0.1 * (items["alarms, by metric"]["quantity"] - 10)
    )
    for what in ("secrets", "SQS requests of pollers and sweep", "custom metrics of the sweep", "dashboards"):
        assert items[what]["dollars"] > 0
    assert "customer keys" not in items
    assert sum(item["dollars"] for item in answer["items"]) == pytest.approx(answer["dollars"])
    assert 2 < answer["dollarsBeyondFree"] < answer["dollars"] < 10


def test_the_page_has_the_counts_of_every_api() -> None:
    page, priced = (DOCS / "performance.md").read_text(), run()["jobs"]
    of_jobs = {job["api"]: CountsOfJob(**job) for job in Counts.read().jobs if job["case"] == SUCCEEDS}
    for api, counts in of_jobs.items():
        figures = (
            f"{counts.all_calls} | {counts.function_calls} | {counts.s3_puts} | {counts.transitions} | "
            f"{counts.write_units:.0f} | {counts.all_index_units} | {counts.read_units:.0f} | "
            f"{priced[api][SUCCEEDS]:.3f}"
        )
        assert f"| `{api}` | {figures} |\n" in page


def test_the_pages_give_the_figures_that_the_tool_prints() -> None:
    """README rounds them; the page on costs has them to the cent."""
    answer, dashboard = idle(), 3
    cheapest, dearest = answer["dollarsBeyondFree"], answer["dollars"]
    readme = (ROOT / "README.md").read_text()
    page = (DOCS / "performance.md").read_text()
    assert f"costs ${cheapest:.1f}0 to ${dearest - dashboard:.1f}0 a month" in readme
    assert f"or ${dearest:.1f}0 if the account has more" in readme
    assert f"| total | | {dearest:.2f} | {cheapest:.2f} |" in page
    assert f"costs ${cheapest:.1f}0 a month" in page
    dearest_job = max(run()["compared"]["Jobchute"].values())
    assert f"costs about ${dearest_job / 1000:.4f} on AWS" in readme


def test_a_template_of_the_user_s_is_counted(tmp_path: Path) -> None:
    file = tmp_path / "Jobchute.template.json"
    metric: dict[str, Any] = {"MetricStat": {}}
    resources = {
        "One": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"MetricName": "Errors"}},
        "Three": {"Type": "AWS::CloudWatch::Alarm", "Properties": {"Metrics": [{}, metric, metric, metric]}},
        "Key": {"Type": "AWS::KMS::Key"},
        "Own": mapping({"Fn::GetAtt": ["Queue", "Arn"]}, ScalingConfig={"MaximumConcurrency": 20}),
        "Other": mapping("arn:aws:sqs:eu-central-1:123456789012:orders"),
        "Stream": mapping({"Fn::GetAtt": ["Table", "StreamArn"]}, StartingPosition="TRIM_HORIZON"),
    }
    file.write_text(json.dumps({"Resources": resources}))
    items = {item["what"]: item["quantity"] for item in idle("--template", str(file))["items"]}
    assert (items["alarms, by metric"], items["customer keys"]) == (4, 1)
    # Five pollers and two, three times a minute, and four looks of the sweep.
    assert items["SQS requests of pollers and sweep"] == ((5 + 2) * 3 + 4) * 43_200
    assert items["custom metrics of the sweep"] == 6


def mapping(arn: Any, **properties: Any) -> dict[str, Any]:
    return {"Type": "AWS::Lambda::EventSourceMapping", "Properties": {"EventSourceArn": arn, **properties}}


@pytest.mark.parametrize("text", ["{", "[]", "{}"])
def test_a_file_that_is_no_template_is_told(text: str, tmp_path: Path) -> None:
    file = tmp_path / "template.json"
    file.write_text(text)
    answer = CliRunner().invoke(app, ["cost", "--idle", "--template", str(file)])
    assert answer.exit_code == 2
    assert "is not a CloudFormation template" in answer.output


def test_prices_without_those_of_idling_still_price_jobs(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(
        yaml.safe_dump({k: v for k, v in yaml.safe_load(PRICES.read_text()).items() if k != "idle"})
    )
    assert run("--prices", str(file)) == run()
    answer = CliRunner().invoke(app, ["cost", "--idle", "--prices", str(file)])
    assert answer.exit_code == 2
    assert "no section `idle`" in answer.output


def test_the_bill_of_idling_is_for_people() -> None:
    answer = CliRunner().invoke(app, ["cost", "--idle"])
    assert answer.exit_code == 0
    assert "US$ per month without jobs, us-east-1" in answer.output
    assert "beyond free" in answer.output
