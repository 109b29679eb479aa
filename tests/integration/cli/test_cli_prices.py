"""jobchute prices and jobchute budget, and what validate and plan say of costs."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest
from typer.testing import CliRunner

from infra.local.simulator import Settings, Simulator
from jobchute import runtime
from jobchute.cli.budget_rows import budget_rows_of
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.ledger.pool_settings import PoolSettingsRow
from jobchute.ledger.price_rows import PriceRow
from jobchute.money.budgets import Budget, month_of
from jobchute.runtime.clients import AwsClients
from tests.builders import a_job
from tests.integration.cli.conftest import tool_with
from tests.integration.cli.test_cli_deployment import OUTPUTS, create_stack
from tests.paths import SAMPLES

REQUEST = SAMPLES / "sagemaker" / "create-training-job" / "churn-xgboost.json"
API = "sagemaker:CreateTrainingJob"
RAILS = json.dumps({"roles": ["*"]})
RANK = "name,usd,per\nfireworks:rank/my-node-pool,2.5,hour\n"


class WithPrices(AwsClients):
    """AWS as moto plays it, and its price list as the simulator does."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.pricing: Any = boto3.client(
            "pricing",
            region_name="us-east-1",
            endpoint_url=url,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def client(self, service: str) -> Any:
        return self.pricing if service == "pricing" else super().client(service)


@pytest.fixture(scope="module")
def simulator() -> Iterator[str]:
    with Simulator(Settings(region="us-east-1")).serve() as url:
        yield url


@pytest.fixture
def deployed(deployment: Deployment, simulator: str) -> Iterator[Deployment]:
    with tool_with(WithPrices(simulator)):
        yield deployment


def run(*words: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(words))
    return result.exit_code, result.output


def test_the_price_list_is_read_into_the_table(deployed: Deployment) -> None:
    status, said = run("prices", "update")
    assert status == 0, said
    assert "prices of us-east-1 loaded" in said
    prices = PriceRow(runtime.client("dynamodb"), deployed.table).get()
    assert prices is not None
    found = prices.find("sagemaker:training/ml.m5.xlarge")
    assert found is not None
    assert (str(found.dollars), found.per, found.date) == ("0.2300000000", "hour", "2026-08-11")
    assert prices.find("bedrock:input/anthropic.claude-3-haiku-20240307-v1:0") is not None
    assert prices.find("sagemaker:training/ml.p5.48xlarge") is None
    settings = PoolSettingsRow(runtime.client("dynamodb"), deployed.table).get()
    assert settings.prices_at


def test_a_file_adds_prices_and_takes_the_place_of_listed_ones(deployed: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    entries = [
        {"name": "sagemaker:training/ml.m5.xlarge", "usd": 0.1, "per": "hour"},
        {"name": "fireworks:rank/pool", "usd": "2.5", "per": "hour"},
    ]
    file.write_text(json.dumps({"date": "2026-11-01", "prices": entries}))
    assert run("prices", "update", str(file))[0] == 0
    status, said = run("prices", "list", "M5.XLARGE", "--json")
    rows = {row["name"]: row for row in map(json.loads, said.splitlines())}
    assert status == 0
    assert rows["sagemaker:training/ml.m5.xlarge"]["usd"] == 0.1
    assert rows["sagemaker:training/ml.m5.xlarge"]["source"] == "ours.yaml"
    assert rows["sagemaker:processing/ml.m5.xlarge"]["usd"] == 0.23
    assert "fireworks:rank/pool" not in rows


def test_a_file_alone_needs_no_price_list(deployment: Deployment, tmp_path: Path) -> None:
    file = tmp_path / "ours.csv"
    file.write_text(RANK)
    status, said = run("prices", "update", str(file), "--files-only")
    assert (status, said.split(" loaded")[0]) == (0, "1 price of us-east-1")
    assert run("prices", "list")[1].startswith("PRICE\t")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("a.csv", "name,dollars\n", "the first line must be name,usd,per"),
        ("a.csv", "name,usd,per\ngpu/x,1,hour\n", "price 1: 'gpu/x' is not the name of a price"),
        ("a.csv", "name,usd,per\nfireworks:rank/x,0,hour\n", "must be a number above 0"),
        (
            "a.csv",
            RANK + "fireworks:rank/my-node-pool,3,hour\n",
            "price 2: fireworks:rank/my-node-pool has a price",
        ),
        ("a.yaml", "prices: {}", "is no file of prices"),
        ("a.yaml", "prices: [{name: 'fireworks:rank/x', usd: 1, per: hour, region: x}]", "unknown region"),
        ("a.yaml", "prices: [", "a.yaml: "),
    ],
)
def test_a_file_that_is_wrong_changes_nothing(
    deployment: Deployment, tmp_path: Path, name: str, text: str, said: str
) -> None:
    file = tmp_path / name
    file.write_text(text)
    status, output = run("prices", "update", str(file), "--files-only")
    assert status == 2
    assert said in " ".join(output.split())
    assert PriceRow(runtime.client("dynamodb"), deployment.table).get() is None


def test_without_prices_the_list_says_how_to_load_them(deployment: Deployment) -> None:
    assert run("prices", "list") == (1, "jobchute: no prices are loaded; run: jobchute prices update\n")


def test_a_region_without_prices_changes_nothing(deployed: Deployment) -> None:
    status, said = run("prices", "update", "--region", "mars-north-1")
    assert (status, "has no prices for mars-north-1" in said) == (1, True)
    assert PriceRow(runtime.client("dynamodb"), deployed.table).get() is None


def priced_stack(rails: str = "{}", **variables: str) -> None:
    """A stack over the deployment's table, with prices."""
    run("prices", "update")
    create_stack("Priced", {**OUTPUTS, "TableName": "jobs"}, rails, **variables)


def test_plan_shows_what_a_job_may_cost(deployed: Deployment) -> None:
    priced_stack()
    status, said = run("plan", str(REQUEST), "--api", API, "--stack", "Priced", "--json")
    # An hour of an ml.m5.xlarge with 30 GB: 0.23 + 30 x 0.14 / 730
    cost = {"bound": 0.235754, "currency": "USD", "priced": json.loads(said)["cost"]["priced"]}
    assert (status, json.loads(said)["cost"]) == (0, cost)
    assert "# at most $0.235754" in run("plan", str(REQUEST), "--api", API, "--stack", "Priced")[1]
    assert "cost" not in json.loads(run("plan", str(REQUEST), "--api", API, "--json")[1])


def test_validate_shows_what_a_job_may_cost(deployed: Deployment) -> None:
    priced_stack(RAILS)
    status, said = run("validate", str(REQUEST), "--api", API, "--stack", "Priced")
    assert (status, "OK sagemaker:CreateTrainingJob" in said) == (0, True)
    assert said.rstrip().endswith(", at most $0.235754")
    told = json.loads(run("validate", str(REQUEST), "--api", API, "--stack", "Priced", "--json")[1])
    assert told["cost"]["bound"] == 0.235754


def test_validate_refuses_what_costs_too_much(deployed: Deployment) -> None:
    priced_stack(json.dumps({**json.loads(RAILS), "max_cost": 0.2}))
    status, said = run("validate", str(REQUEST), "--api", API, "--stack", "Priced")
    assert status == 1
    assert "COST_TOO_HIGH: This job may cost up to $0.235754; this deployment allows at most $0.20" in said


def test_validate_refuses_a_label_without_a_budget(deployed: Deployment) -> None:
    budgets = {"label": "team", "amounts": {"growth": 100, "research": 5}}
    priced_stack(RAILS, JOBCHUTE_BUDGETS=json.dumps(budgets))
    status, said = run("validate", str(REQUEST), "--api", API, "--stack", "Priced")
    assert status == 1
    assert "NO_BUDGET: This job has no label team; this deployment has budgets for" in said


def budgets(monkeypatch: pytest.MonkeyPatch) -> None:
    said = {"label": "team", "amounts": {"growth": 100}, "default": 10}
    monkeypatch.setenv("JOBCHUTE_BUDGETS", json.dumps(said))


def test_budgets_are_shown_with_what_is_left(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets(monkeypatch)
    rows, waits = budget_rows_of(None)
    month = month_of(runtime.current().clock.now())
    reserved = {"name": "growth", "month": month, "amount": 12_500_000}
    rows.add(a_job(budget=reserved), Budget("growth", 100_000_000))
    waits.add(a_job("waiting", awaits_budget="growth"), 95_000_000)
    status, said = run("budget", "--json")
    growth, default = map(json.loads, said.splitlines())
    assert status == 0
    assert growth == {
        "label": "team",
        "budget": "growth",
        "month": month,
        "limit": 100.0,
        "reserved": 12.5,
        "spent": 0.0,
        "left": 87.5,
        "currency": "USD",
        "percent": 12.5,
        "waiting": 1,
    }
    assert (default["budget"], default["left"], default["waiting"]) == ("*", 10.0, 0)
    lines = run("budget")[1].splitlines()
    assert lines[1].split("\t") == ["growth", month, "$100.00", "$12.50", "$0.00", "$87.50", "1"]
    assert lines[2].startswith("(default)\t")


def test_another_month_is_another_row(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets(monkeypatch)
    status, said = run("budget", "--month", "2026-10", "--json")
    assert (status, json.loads(said.splitlines()[0])["month"]) == (0, "2026-10")
    assert run("budget", "--month", "October")[0] == 2


def test_a_deployment_without_budgets_says_so(deployment: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JOBCHUTE_BUDGETS", "{}")
    assert run("budget")[0] == 1


def a_batch(tmp_path: Path) -> str:
    folder = tmp_path / "requests" / "bedrock" / "create-model-invocation-job"
    folder.mkdir(parents=True)
    request = json.loads(
        (SAMPLES / "bedrock/create-model-invocation-job/support-ticket-summaries.json").read_text()
    )
    request["inputDataConfig"]["s3InputDataConfig"]["s3Uri"] = "s3://jobs/tickets/"
    (folder / "batch.json").write_text(json.dumps(request))
    return str(folder / "batch.json")


def test_tokens_are_counted_in_the_input(deployed: Deployment, tmp_path: Path) -> None:
    priced_stack()
    record = {"recordId": "1", "modelInput": {"prompt": "Hello", "max_tokens": 1000}}
    for number in range(2):
        body = "\n".join([json.dumps(record)] * 100)
        runtime.client("s3").put_object(Bucket="jobs", Key=f"tickets/{number}.jsonl", Body=body.encode())
    runtime.client("s3").put_object(Bucket="jobs", Key="tickets/notes.txt", Body=b"none")
    status, said = run("plan", a_batch(tmp_path), "--stack", "Priced", "--count-tokens", "--json")
    planned = json.loads(said)
    read = 200 * len('{"prompt":"Hello","max_tokens":1000}')
    assert status == 0
    assert planned["usage"] == {"inputTokens": read, "outputTokens": 200_000}
    # 7,200 / 1,000 x 0.000125 + 200 x 0.000625
    assert planned["cost"]["bound"] == 0.1259


def test_an_input_that_is_not_there_is_told(deployed: Deployment, tmp_path: Path) -> None:
    status, said = run("plan", a_batch(tmp_path), "--count-tokens")
    assert (status, "there is no input at s3://jobs/tickets/" in said) == (2, True)
