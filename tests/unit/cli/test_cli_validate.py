import json
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from jobchute.cli.main import app
from jobchute.cli.request_files import read_files
from tests.paths import SAMPLES

VALID = SAMPLES / "churn-nightly.yaml"
INVALID = SAMPLES / "invalid.yaml"
BARE = SAMPLES / "braket" / "create-job" / "qaoa-maxcut.json"
run = CliRunner().invoke


def test_a_valid_file_is_told_with_its_job() -> None:
    result = run(app, ["validate", str(VALID)])
    assert result.exit_code == 0
    assert result.stdout.startswith(f"{VALID}: OK sagemaker:CreateTrainingJob jc-")


def test_an_invalid_file_is_answered_with_each_problem_s_place() -> None:
    result = run(app, ["validate", str(INVALID)])
    assert result.exit_code == 1
    lines = result.stdout.splitlines()
    assert [line.removeprefix(str(INVALID)).split(" ")[0] for line in lines] == [
        ":4:3:",
        ":8:5:",
        ":14:5:",
        ":16:5:",
    ]
    assert "request.ResourceConfig.VolumeSizeInGb: UNKNOWN_KEY: " in lines[2]


def test_json_is_one_object_a_document() -> None:
    result = run(app, ["validate", "--json", str(SAMPLES / "sweep-of-three.jsonl"), str(INVALID)])
    answers = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(answer["document"], answer["valid"]) for answer in answers] == [
        (0, True),
        (1, True),
        (2, True),
        (0, False),
    ]
    assert answers[0]["api"] == "braket:CreateJob"
    assert answers[0]["jobId"].startswith("jc-")
    error = answers[3]["errors"][2]
    assert error.keys() == {"path", "code", "message", "line", "column"}
    assert (error["path"], error["line"]) == ("request.ResourceConfig.VolumeSizeInGb", 14)


def test_standard_input_is_a_file() -> None:
    result = run(app, ["validate", "-"], input=VALID.read_bytes())
    assert result.exit_code == 0
    assert result.stdout.startswith("<stdin>: OK sagemaker:CreateTrainingJob")


def test_a_folder_s_files_are_those_that_the_bucket_takes(tmp_path: Path) -> None:
    sample = (SAMPLES / "dry-run.yaml").read_text()
    for name in ("job.yaml", ".job.yaml", ".drafts/job.yaml"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(sample)
    hidden_parent = tmp_path / ".drafts"
    assert [file.shown for file in read_files([tmp_path], None)] == [str(tmp_path / "job.yaml")]
    assert [file.name for file in read_files([hidden_parent], None)] == ["job.yaml"]


def test_a_folder_is_all_of_its_request_files(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "b.yaml").write_bytes(VALID.read_bytes())
    (tmp_path / "a.yaml").write_bytes(INVALID.read_bytes())
    (tmp_path / "notes.txt").write_text("not a request")
    result = run(app, ["validate", str(tmp_path), "--json"])
    files = [json.loads(line)["file"] for line in result.stdout.splitlines()]
    assert files == [str(tmp_path / "a.yaml"), str(tmp_path / "inner" / "b.yaml")]


def test_a_bare_body_is_known_by_its_path_or_by_the_option(tmp_path: Path) -> None:
    copy = tmp_path / "body.json"
    copy.write_bytes(BARE.read_bytes())
    assert run(app, ["validate", str(BARE)]).exit_code == 0
    assert run(app, ["validate", str(copy)]).exit_code == 1
    assert run(app, ["validate", "--api", "braket:CreateJob", str(copy)]).exit_code == 0


def test_a_mistake_in_a_bare_body_has_its_place(tmp_path: Path) -> None:
    copy = tmp_path / "body.json"
    copy.write_text('{\n  "nodePoolId": "pool",\n  "numRank": 1\n}')
    result = run(app, ["validate", "--api", "fireworks:CreateBatchJob", str(copy)])
    assert f"{copy}:3:3: request.numRank: UNKNOWN_KEY" in result.stdout


def test_broken_syntax_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    broken = tmp_path / "broken.json"
    broken.write_text('{"api": ')
    result = run(app, ["validate", str(broken)])
    assert result.exit_code == 1
    assert result.stdout.startswith(f"{broken}:1:")


@pytest.mark.parametrize("name", ["missing.json", ""])
def test_what_cannot_be_read_is_no_answer(name: str, tmp_path: Path) -> None:
    result = run(app, ["validate", str(tmp_path / name)])
    assert result.exit_code == 2
    assert str(tmp_path)[:20] in result.stderr
    assert not result.stdout


def test_checking_offline_imports_neither_boto3_nor_rich() -> None:
    code = (
        "import sys; from jobchute.cli.main import app; "
        f"app(['validate', {str(VALID)!r}], standalone_mode=False); "
        "sys.exit(', '.join({'boto3', 'botocore', 'rich'} & sys.modules.keys()) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
