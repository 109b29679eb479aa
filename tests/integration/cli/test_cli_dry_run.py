"""`jobchute submit` of dry runs: the plan is waited for and shown."""

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli import tables
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.cli.request_files import read_files
from jobchute.cli.sending import key_of
from jobchute.parsing.documents import read_documents
from jobchute.runtime import Clock
from jobchute.runtime.clients import AwsClients
from jobchute.status.documents import status_key
from tests.integration.cli.conftest import tool_with
from tests.paths import SAMPLES

DRY_RUN = SAMPLES / "dry-run.yaml"
run = partial(CliRunner().invoke, app)
POOL = {
    "pool": "braket:CreateJob/arn:aws:braket:us-east-1::device/qpu/ionq/Aria-1",
    "paused": False,
    "limit": 3,
    "limitNow": 3,
    "inFlight": 1,
    "waiting": 2,
}
PLAN: dict[str, Any] = {
    "dryRun": True,
    "verdict": "accepted",
    "valid": True,
    "note": "Nothing was submitted. Without dryRun this would be a new job.",
    "jobId": "jc-1",
    "api": "braket:CreateJob",
    "name": "grover-dry-run",
    "priority": 5,
    "pools": [POOL],
    "after": [{"target": "features", "on": ["SUCCEEDED"], "note": "would wait for it: it is RUNNING"}],
    "call": {"jobName": "grover-dry-run"},
}


def answer(deployment: Deployment, path: Path, plan: dict[str, Any], **source: Any) -> str:
    """What validate writes for the file; returns where. The bucket of these tests keeps no versions."""
    (file,) = read_files([path], None)
    key = status_key(key_of(file))
    uri = f"s3://{deployment.bucket}/{key_of(file)}"
    body = {**plan, "source": {"uri": uri, "version": "", "document": 0, **source}}
    runtime.client("s3").put_object(Bucket=deployment.bucket, Key=key, Body=json.dumps(body).encode())
    return key


def test_the_plan_is_shown(deployment: Deployment) -> None:
    answer(deployment, DRY_RUN, PLAN)
    result = run(["submit", str(DRY_RUN), "--wait", "--timeout", "0"])
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert lines[0] == f"{DRY_RUN}: would be accepted as a new job"
    facts = dict(line.split("\t") for line in lines if "\t" in line)
    assert facts["name"] == "grover-dry-run"
    assert facts["api"] == "braket:CreateJob"
    assert facts["pool"] == POOL["pool"]
    assert facts["turn"] == "1 of 3 in flight, 2 waiting"
    assert facts["after"] == "features: would wait for it: it is RUNNING"
    assert facts["note"] == PLAN["note"]
    assert json.loads("\n".join(lines[lines.index("{") :])) == PLAN["call"]


def test_attempts_and_alternatives_are_shown_as_by_plan(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "again.yaml"
    other = "alternatives: [{instanceConfig.instanceType: ml.m5.xlarge}]\npatience: 2h\n"
    path.write_text(f"{DRY_RUN.read_text()}\nretry: {{attempts: 3, after: 10m}}\n{other}")
    call = {"jobName": "grover-dry-run-2"}
    answer(deployment, path, {**PLAN, "alternatives": [{"pool": "p", "timeLimitSeconds": 60, "call": call}]})
    shown = run(["submit", str(path), "--wait", "--timeout", "0"]).stdout
    facts = dict(line.split("\t") for line in shown.splitlines() if "\t" in line)
    ends = "CAPACITY, INTERRUPTED, INTERNAL"
    assert facts["tried"] == f"up to 3 times, after {ends}; 10m before the second attempt"
    assert facts["patience"] == "2h without capacity, then the next alternative"
    planned = run(["plan", str(path)]).stdout
    for name in ("tried", "patience"):
        assert f"# {name} {facts[name]}\n" in planned
    head, _, last = shown.partition("# alternative 1, in pool p\n")
    assert json.loads(last) == call
    assert '"jobName": "grover-dry-run"' in head


def test_as_json_it_is_the_status_document(deployment: Deployment) -> None:
    answer(deployment, DRY_RUN, PLAN)
    result = run(["submit", str(DRY_RUN), "--wait", "--json", "--timeout", "0"])
    shown = json.loads(result.stdout)
    assert {name: shown[name] for name in PLAN} == PLAN


@pytest.mark.parametrize(
    ("changes", "turn"),
    [
        (
            {"paused": True, "target": "braket:CreateJob", "limit": 0, "limitNow": 0},
            "paused, no job is admitted; 1 in flight, 2 waiting; to resume: jobchute resume braket:CreateJob",
        ),
        (
            {"paused": True, "target": "*", "limit": 0, "limitNow": 0},
            "paused, no job is admitted; 1 in flight, 2 waiting; to resume: jobchute resume --all",
        ),
        ({"limit": 0, "limitNow": 0}, "no job is admitted because the limit is 0; 1 in flight, 2 waiting"),
        ({"limitNow": 1}, "1 of 3 in flight, 2 waiting; only 1 for now, after a quota error"),
    ],
)
def test_a_pool_that_lets_nobody_in_is_told(deployment: Deployment, changes: dict[str, Any], turn: str) -> None:
    answer(deployment, DRY_RUN, {**PLAN, "pools": [{**POOL, **changes}]})
    assert f"turn\t{turn}\n" in run(["submit", str(DRY_RUN), "--wait", "--timeout", "0"]).stdout


def test_a_known_job_is_told_with_its_state(deployment: Deployment) -> None:
    known = {
        **PLAN,
        "verdict": "duplicate",
        "job": {"jobId": "jc-1", "state": "RUNNING"},
        "note": "Already jc-1.",
    }
    known.pop("call")
    answer(deployment, DRY_RUN, known)
    result = run(["submit", str(DRY_RUN), "--wait", "--timeout", "0"])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == f"{DRY_RUN}: this is already a job: RUNNING"
    assert "{" not in result.stdout


def test_what_would_be_rejected_is_told_with_its_reasons(deployment: Deployment) -> None:
    problem = {"path": "request.roleArn", "code": "NOT_ALLOWED", "message": "no such role"}
    answer(deployment, DRY_RUN, {"state": "REJECTED", "errors": [problem]})
    result = run(["submit", str(DRY_RUN), "--wait", "--timeout", "0"])
    assert result.exit_code == 1
    assert result.stdout == f"{DRY_RUN}: request.roleArn: NOT_ALLOWED: no such role\n"
    assert "1 of 1 document would be rejected" in result.stderr


@pytest.mark.parametrize("source", [{"version": "older"}, {"uri": "s3://jobs/requests/other"}, {"document": 1}])
def test_an_answer_to_another_version_or_document_is_ignored(
    deployment: Deployment, source: dict[str, Any]
) -> None:
    key = answer(deployment, DRY_RUN, PLAN, **source)
    result = run(["submit", str(DRY_RUN), "--wait", "--timeout", "0"])
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"no answer yet to 1 dry run; look for it later at s3://jobs/{key}" in result.stderr


def test_ctrl_c_says_where_the_answer_will_be(deployment: Deployment, clients: AwsClients) -> None:
    def interrupt(seconds: float) -> None:
        raise KeyboardInterrupt

    with tool_with(clients, Clock(sleep=interrupt)):
        result = run(["submit", str(DRY_RUN), "--wait"])
    assert result.exit_code == 130
    assert "stopped waiting for 1 dry run; the answer will be at s3://jobs/status/cli/" in result.stderr


def test_without_waiting_no_id_of_a_job_is_shown(deployment: Deployment) -> None:
    result = run(["submit", str(DRY_RUN)])
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1].startswith("dry run\tbraket:CreateJob\t")
    assert "--wait shows them" in result.stderr


def sent(deployment: Deployment) -> list[dict[str, Any]]:
    """The documents of the one object in the bucket."""
    (entry,) = runtime.client("s3").list_objects_v2(Bucket=deployment.bucket)["Contents"]
    body = runtime.client("s3").get_object(Bucket=deployment.bucket, Key=entry["Key"])["Body"].read()
    return [json.loads(line) for line in body.splitlines()]


@pytest.mark.parametrize(
    "name",
    [
        "churn-nightly.yaml",
        "sweep-of-three.jsonl",
        "sweep-by-matrix.yaml",
        "braket/create-job/qaoa-maxcut.json",
    ],
)
def test_any_file_can_be_sent_as_dry_runs(deployment: Deployment, name: str) -> None:
    path = DRY_RUN.parent / name
    result = run(["submit", str(path), "--dry-run", "--timeout", "0"])
    documents = sent(deployment)
    assert result.exit_code == 1
    assert f"no answer yet to {len(documents)} dry run" in result.stderr
    values = [document.value for document in read_documents(path.read_bytes(), name=path.name)]
    for document, value in zip(documents, values, strict=True):
        assert isinstance(value, dict)
        assert document.pop("dryRun") is True
        assert document in (value, {"api": "braket:CreateJob", "request": value})


def test_a_cancellation_has_no_dry_run(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "cancel.json"
    path.write_text('{"cancel": "nightly"}')
    result = run(["submit", str(path), "--dry-run"])
    assert result.exit_code == 1
    assert "cancel.json#0 is a cancellation, which cannot be a dry run" in result.stderr
    assert "Contents" not in runtime.client("s3").list_objects_v2(Bucket=deployment.bucket)


MATRIX = """
api: sagemaker:CreateTrainingJob
dryRun: true
matrix: {HyperParameters.eta: ["0.1", "0.2", "0.3", "0.4", "0.5", "0.6", "0.7"]}
request:
  TrainingJobName: churn
  RoleArn: arn:aws:iam::123456789012:role/SageMakerRole
  AlgorithmSpecification:
    TrainingImage: 246618743249.dkr.ecr.us-west-2.amazonaws.com/sagemaker-xgboost:1.7-1
    TrainingInputMode: File
  HyperParameters: {}
  OutputDataConfig: {S3OutputPath: "s3://amzn-s3-demo-bucket/churn/"}
  ResourceConfig: {InstanceType: ml.m5.xlarge, InstanceCount: 1, VolumeSizeInGB: 5}
  StoppingCondition: {MaxRuntimeInSeconds: 3600}
"""


def test_a_matrix_is_one_answer_and_its_first_jobs_are_shown(deployment: Deployment, tmp_path: Path) -> None:
    path = tmp_path / "sweep.yaml"
    path.write_text(MATRIX)
    jobs = [
        {
            "combination": number,
            "jobId": f"jc-{number}",
            "name": f"churn-{number}",
            "values": {"HyperParameters.eta": f"0.{number + 1}"},
            "verdict": "accepted",
            "call": {"TrainingJobName": f"churn-{number}"},
        }
        for number in range(7)
    ]
    jobs[1] |= {"verdict": "rejected", "errors": [{"path": "x", "code": "KEY_USED", "message": "used"}]}
    counts = {"accepted": 6, "rejected": 1}
    plan = {**PLAN, "verdict": "mixed", "valid": False, "combinations": 7, "counts": counts, "jobs": jobs}
    for name in ("jobId", "name", "call"):
        plan.pop(name)
    answer(deployment, path, plan)
    result = run(["submit", str(path), "--wait", "--timeout", "0"])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert lines[0] == f"{path}: 7 jobs: 6 accepted, 1 rejected"
    assert 'job 0\taccepted, churn-0, HyperParameters.eta="0.1"' in lines
    assert 'job 1\trejected, churn-1, HyperParameters.eta="0.2", KEY_USED: used' in lines
    assert "\tand 2 more jobs; --json shows all" in lines
    assert [line for line in lines if line.startswith("job ")][-1].startswith("job 4")
    sent = json.loads(run(["submit", str(path), "--json"]).stdout)
    assert (sent["jobId"], sent["combinations"], sent["dryRun"]) == (None, 7, True)


def test_names_and_values_fit_two_columns_of_a_terminal_of_80(
    deployment: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr("sys.stdout", screen)
    monkeypatch.setenv("COLUMNS", "80")
    tables.print_facts([("turn", "1 of 3 in flight, 2 waiting"), ("note", PLAN["note"])])
    assert [line[:6] for line in screen.getvalue().splitlines()] == ["turn  ", "note  "]
