"""plan, schema and local: what needs no deployment."""

import json
import subprocess
import sys
import tomllib
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobchute.cli.commands.local import checkout_of, refuse_if_packages_are_missing
from jobchute.cli.errors import CannotAskError
from jobchute.cli.main import app
from jobchute.cli.region import prefer_aws_region
from jobchute.job import Api
from tests.apis import REQUESTS
from tests.integration.cli.every_command import commands
from tests.paths import FUNCTIONS, ROOT, SAMPLES

run = CliRunner().invoke


def test_a_plan_is_the_providers_call_with_token_name_and_tag() -> None:
    result = run(app, ["plan", "--json", str(SAMPLES / "slow.yaml")])
    assert result.exit_code == 0
    plan = json.loads(result.stdout)
    assert plan["operation"] == "bedrock:CreateModelInvocationJob"
    assert plan["call"]["clientRequestToken"] == plan["jobId"].removeprefix("jc-")
    assert plan["call"]["jobName"] == plan["name"] == "embed-archive"
    assert {"key": "jobchute:job-id", "value": plan["jobId"]} in plan["call"]["tags"]


def test_a_plan_shows_every_alternative_as_it_would_be_asked_for(tmp_path: Path) -> None:
    document = {
        "api": "bedrock:CreateModelInvocationJob",
        "request": REQUESTS[Api.BEDROCK_JOB],
        "alternatives": [{"modelId": "amazon.nova-pro-v1:0"}, {"modelId": "amazon.nova-micro-v1:0"}],
    }
    path = tmp_path / "with-alternatives.json"
    path.write_text(json.dumps(document))
    plan = json.loads(run(app, ["plan", "--json", str(path)]).stdout)
    assert (plan["attempts"], plan["patienceSeconds"]) == (3, 900)
    assert "afterSeconds" not in plan
    calls = [plan["call"], *(each["call"] for each in plan["alternatives"])]
    models = [call["modelId"] for call in calls[1:]]
    assert models == [each["modelId"] for each in document["alternatives"]]
    assert [len({call[name] for call in calls}) for name in ("jobName", "clientRequestToken")] == [3, 3]
    assert {"key": "jobchute:attempt", "value": "3"} in calls[2]["tags"]
    lines = run(app, ["plan", str(path)]).stdout.splitlines()
    assert "# tried up to 3 times, once with each alternative" in lines
    assert "# patience 15m without capacity, then the next alternative" in lines
    assert f"# alternative 2, in pool {plan['alternatives'][1]['pool']}" in lines


def test_a_plan_says_after_which_ends_and_when_it_tries_again(tmp_path: Path) -> None:
    document = {
        "api": "bedrock:CreateModelInvocationJob",
        "request": REQUESTS[Api.BEDROCK_JOB],
        "retry": {"attempts": 4, "on": ["CAPACITY", "INTERNAL"], "after": "10m"},
        "alternatives": [{"modelId": "amazon.nova-pro-v1:0"}],
        "patience": "2h",
    }
    path = tmp_path / "with-retries.json"
    path.write_text(json.dumps(document))
    plan = json.loads(run(app, ["plan", "--json", str(path)]).stdout)
    said = {"attempts": 4, "retriedOn": ["CAPACITY", "INTERNAL"], "afterSeconds": 600, "patienceSeconds": 7200}
    assert {name: plan[name] for name in said} == said
    lines = run(app, ["plan", str(path)]).stdout.splitlines()
    assert "# tried up to 4 times, after CAPACITY, INTERNAL; 10m before the second attempt" in lines
    assert "# patience 2h without capacity, then the next alternative" in lines


def test_every_sample_but_the_invalid_one_can_be_planned() -> None:
    valid = [path for path in SAMPLES.rglob("*.*") if path.name != "invalid.yaml"]
    result = run(app, ["plan", "--json", *map(str, valid)])
    assert result.exit_code == 0
    assert {json.loads(line)["api"] for line in result.stdout.splitlines()} == set(Api)


def test_the_planned_job_is_the_one_that_validate_names() -> None:
    sample = str(SAMPLES / "churn-nightly.yaml")
    planned = json.loads(run(app, ["plan", "--json", sample]).stdout)
    checked = json.loads(run(app, ["validate", "--json", sample]).stdout)
    assert planned["jobId"] == checked["jobId"]


def test_a_plan_shows_every_job_of_a_matrix() -> None:
    sample = str(SAMPLES / "sweep-by-matrix.yaml")
    planned = [json.loads(line) for line in run(app, ["plan", "--json", sample]).stdout.splitlines()]
    checked = [json.loads(line) for line in run(app, ["validate", "--json", sample]).stdout.splitlines()]
    assert [plan["combination"] for plan in planned] == list(range(6))
    assert [plan["jobId"] for plan in planned] == [check["jobId"] for check in checked]
    assert planned[0]["values"] == {"HyperParameters.max_depth": "4", "HyperParameters.eta": "0.1"}
    assert len({plan["name"] for plan in planned}) == 6
    shown = run(app, ["plan", sample]).stdout
    assert '# HyperParameters.max_depth = "8"' in shown
    assert "sweep-by-matrix.yaml#0/5" in shown


def test_an_invalid_value_of_a_matrix_is_shown_at_its_line(tmp_path: Path) -> None:
    file = tmp_path / "sweep.yaml"
    text = (SAMPLES / "sweep-by-matrix.yaml").read_text()
    wrong = text.replace("matrix:", "matrix:\n  StoppingCondition.MaxRuntimeInSeconds:\n    - 1\n    - 0")
    file.write_text(wrong)
    result = run(app, ["validate", str(file)])
    line = next(number for number, text in enumerate(wrong.splitlines(), 1) if text == "    - 0")
    assert result.exit_code == 1
    assert f"sweep.yaml:{line}:7: matrix.StoppingCondition.MaxRuntimeInSeconds[1]: TOO_SMALL" in result.stdout


def test_a_plan_reads_as_json_behind_its_comments() -> None:
    result = run(app, ["plan", str(SAMPLES / "slow.yaml")])
    lines = [line for line in result.stdout.splitlines() if not line.startswith("# ")]
    assert json.loads("\n".join(lines))["modelId"] == "amazon.titan-embed-text-v2:0"


def test_what_is_invalid_has_no_plan() -> None:
    result = run(app, ["plan", str(SAMPLES / "invalid.yaml")])
    assert (result.exit_code, result.stdout) == (1, "")
    assert "request.TrainingJobName: PATTERN" in result.stderr


def test_the_schema_is_of_one_api_or_of_all() -> None:
    one = json.loads(run(app, ["schema", "braket:CreateJob"]).stdout)
    every = json.loads(run(app, ["schema", "--json"]).stdout)
    assert one["properties"]["api"]["enum"] == ["braket:CreateJob"]
    assert every["properties"]["api"]["enum"] == list(Api)


def test_the_schema_of_the_bare_form_needs_an_api() -> None:
    bare = json.loads(run(app, ["schema", "braket:CreateJob", "--bare"]).stdout)
    assert bare["else"] == {"$ref": "#/$defs/CreateJob.CreateJobRequest"}
    without = run(app, ["schema", "--bare"])
    assert (without.exit_code, without.stdout) == (2, "")
    assert "--bare needs an API" in without.stderr


def test_an_unknown_api_is_a_usage_error_with_the_known_ones() -> None:
    result = run(app, ["schema", "braket:CreateSpendingLimit"])
    assert result.exit_code == 2
    assert "braket:CreateJob" in result.stderr
    assert "'braket:CreateSpendingLimit' is not one of" in result.stderr
    assert "Value error" not in result.stderr


def test_a_checkout_is_found_from_within(tmp_path: Path) -> None:
    assert checkout_of(tmp_path, FUNCTIONS / "jobchute") == ROOT


def test_without_a_checkout_the_error_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "cdk.json").write_text("{}")
    with pytest.raises(CannotAskError, match="checkout of Jobchute"):
        checkout_of(tmp_path)


def test_exit_statuses_are_in_the_help() -> None:
    result = run(app, ["--help"])
    assert result.exit_code == 0
    assert "2, could not ask" in " ".join(result.stdout.split())


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_help_breaks_the_name_of_an_api(width: int) -> None:
    for command in commands():
        text = run(app, [*command.names, "--help"], terminal_width=width).stdout
        whole = {word.strip(",.") for word in text.split()}
        named = {str(api) for api in Api if api in "".join(text.split())}
        assert named - whole == set(), command.names
        assert not {"--api"} & whole or {*map(str, Api)} <= whole, command.names


def test_the_version_is_the_package_s() -> None:
    result = run(app, ["--version"])
    assert (result.exit_code, result.stdout) == (0, f"jobchute {version('jobchute')}\n")


def test_a_python_without_packages_is_told_what_to_run() -> None:
    with pytest.raises(CannotAskError, match=r"no aws-cdk-lib: run `make install` in .*/\.venv/bin/jobchute"):
        refuse_if_packages_are_missing(ROOT, lambda module: module != "aws_cdk")
    refuse_if_packages_are_missing(ROOT)


def test_without_the_extra_the_tool_says_what_to_install() -> None:
    """As `pip install jobchute` leaves it: none of the packages of the extra are there."""
    code = "import importlib.util as u; u.find_spec = {}.get; import jobchute.cli; jobchute.cli.run()"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=FUNCTIONS, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == "jobchute: required packages are missing; install them: pip install 'jobchute[cli]'\n"


def test_the_installed_command_looks_for_its_packages() -> None:
    (command,) = entry_points(group="console_scripts", name="jobchute")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"jobchute": "jobchute.cli:run"}
    assert callable(command.load())


@pytest.mark.parametrize(
    ("given", "region"),
    [
        ({"AWS_REGION": "eu-west-1"}, "eu-west-1"),
        ({"AWS_REGION": "eu-west-1", "AWS_DEFAULT_REGION": "us-east-1"}, "eu-west-1"),
        ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": "us-east-1"}, "us-east-1"),
        ({"AWS_DEFAULT_REGION": ""}, None),
        ({}, None),
    ],
)
def test_aws_region_holds_where_it_is_set(given: dict[str, str], region: str | None) -> None:
    environment = dict(given)
    prefer_aws_region(environment)
    assert environment.get("AWS_DEFAULT_REGION") == region
