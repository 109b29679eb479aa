"""jobchute results: what jobs left where, and downloads that resume and never overwrite unasked."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from jobchute import runtime
from jobchute.cli.deployment import Deployment
from jobchute.cli.main import app
from jobchute.cli.results.stored import size_text
from jobchute.job import Job, State
from tests.builders import a_job, a_source

run = CliRunner().invoke
TRAINED = a_job(
    "churn",
    state=State.SUCCEEDED,
    provider_id="arn:churn",
    output="s3://out/churn/output/model.tar.gz",
    labels={"team": "growth"},
)
FEATURES = a_job(
    "features",
    state=State.SUCCEEDED,
    provider_id="arn:features",
    output="s3://out/train, s3://out/test",
    labels={"team": "growth"},
)
FOLDER = f"churn-{TRAINED.job_id[:15]}"


@pytest.fixture
def stored(deployment: Deployment) -> Deployment:
    runtime.client("s3").create_bucket(Bucket="out")
    put("churn/output/model.tar.gz", b"model")
    put("churn/output/output.tar.gz", b"plots!")
    put("churn/profiler/x", b"of the profiler")
    put("train/rows.csv", b"1,2,3")
    put("test/rows.csv", b"4")
    put("training-of-others", b"x")
    for job in (TRAINED, FEATURES):
        deployment.ledger.add(job)
    return deployment


def put(key: str, body: bytes) -> None:
    runtime.client("s3").put_object(Bucket="out", Key=key, Body=body)


def lines(*arguments: str) -> list[Any]:
    result = run(app, ["results", *arguments, "--json"])
    assert result.exit_code == 0, result.output
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.usefixtures("stored")
class TestList:
    def test_it_shows_what_lies_beside_the_model_too(self) -> None:
        result = run(app, ["results", TRAINED.job_id])
        assert result.exit_code == 0, result.output
        head, *rows = [line.split("\t") for line in result.stdout.splitlines()]
        assert head == ["JOB ID", "STATE", "SIZE", "OBJECT"]
        assert [row[2:] for row in rows] == [
            ["5 bytes", "s3://out/churn/output/model.tar.gz"],
            ["6 bytes", "s3://out/churn/output/output.tar.gz"],
        ]
        assert "2 objects, 11 bytes" in result.stderr

    def test_a_job_with_several_outputs_shows_them_all(self) -> None:
        found = lines(FEATURES.job_id)
        assert [(each["object"], each["bytes"]) for each in found] == [
            ("s3://out/train/rows.csv", 5),
            ("s3://out/test/rows.csv", 1),
        ]
        assert {each["jobId"] for each in found} == {FEATURES.job_id}

    def test_a_file_is_all_of_its_jobs_in_order(self, stored: Deployment) -> None:
        for number in range(20):
            source = a_source(uri="s3://jobs/requests/many.jsonl", index=number)
            put(f"many/{number}/result", b"x")
            stored.ledger.add(
                a_job(f"many-{number}", state=State.SUCCEEDED, source=source, output=f"s3://out/many/{number}/")
            )
        found = lines("requests/many.jsonl")
        assert [each["object"] for each in found] == [f"s3://out/many/{number}/result" for number in range(20)]

    def test_a_label_is_all_jobs_with_it(self) -> None:
        assert len(lines("team=growth")) == 4

    def test_a_job_that_is_named_twice_is_shown_once(self) -> None:
        assert len(lines("team=growth", TRAINED.job_id)) == 4

    @pytest.mark.parametrize(
        ("changes", "told"),
        [
            ({"state": State.CANCELLED, "provider_id": None, "output": None}, "never ran, so it left nothing"),
            ({"output": None}, "its provider does not say where it writes"),
            ({"output": "s3://out/none/"}, "left nothing at s3://out/none/"),
            ({"state": State.RUNNING, "output": "s3://out/none/"}, "yet: the job is RUNNING"),
        ],
    )
    def test_a_job_without_results_says_why(
        self, stored: Deployment, changes: dict[str, Any], told: str
    ) -> None:
        job = a_job("empty", **{"state": State.SUCCEEDED, "provider_id": "arn:x", **changes})
        stored.ledger.add(job)
        result = run(app, ["results", job.job_id])
        assert (result.exit_code, result.stdout) == (0, "")
        assert told in result.stderr
        (line,) = lines(job.job_id)
        assert line == {"jobId": job.job_id, "state": job.state, "output": job.output, "object": None}

    def test_a_rejection_has_no_results(self, stored: Deployment) -> None:
        stored.ledger.add(a_job("no", job_id="rj-1", state=State.REJECTED))
        result = run(app, ["results", "rj-1"])
        assert result.exit_code == 1
        assert "never became a job" in result.stderr

    def test_jobs_of_other_owners_are_not_found(self) -> None:
        assert run(app, ["results", "team=growth", "--owner", "ada"]).exit_code == 1


@pytest.mark.usefixtures("stored")
class TestDownload:
    @pytest.fixture
    def to(self, tmp_path: Path) -> Path:
        return tmp_path / "results"

    def outcomes(self, to: Path, *more: str) -> list[str]:
        return sorted(f"{each['file'].rpartition('/')[2]} {each['outcome']}" for each in self.said(to, *more))

    def said(self, to: Path, *more: str) -> list[Any]:
        result = run(app, ["results", TRAINED.job_id, "--to", str(to), "--json", *more])
        return [json.loads(line) for line in result.stdout.splitlines()]

    def test_the_files_are_the_objects(self, to: Path) -> None:
        assert self.outcomes(to) == ["model.tar.gz saved", "output.tar.gz saved"]
        assert (to / FOLDER / "model.tar.gz").read_bytes() == b"model"
        assert sorted(path.name for path in (to / FOLDER).iterdir()) == ["model.tar.gz", "output.tar.gz"]

    def test_a_second_run_keeps_what_is_there(self, to: Path) -> None:
        self.outcomes(to)
        assert self.outcomes(to) == ["model.tar.gz kept", "output.tar.gz kept"]

    def test_another_file_of_that_name_is_not_overwritten(self, to: Path) -> None:
        mine = to / FOLDER / "model.tar.gz"
        mine.parent.mkdir(parents=True)
        mine.write_bytes(b"MODEL")
        result = run(app, ["results", TRAINED.job_id, "--to", str(to)])
        assert result.exit_code == 1
        assert "1 file already there with other content; move them, or give --overwrite" in result.stderr
        assert mine.read_bytes() == b"MODEL"
        assert (mine.parent / "output.tar.gz").read_bytes() == b"plots!"
        assert self.outcomes(to, "--overwrite") == ["model.tar.gz saved", "output.tar.gz kept"]
        assert mine.read_bytes() == b"model"

    @pytest.mark.parametrize(
        ("part", "etag", "outcome"),
        [(b"mo", None, "resumed"), (b"xx", '"other"', "saved"), (b"longer than it", None, "saved")],
    )
    def test_a_part_of_the_same_version_is_resumed(
        self, to: Path, part: bytes, etag: str | None, outcome: str
    ) -> None:
        answer = runtime.client("s3").head_object(Bucket="out", Key="churn/output/model.tar.gz")
        folder = to / FOLDER
        folder.mkdir(parents=True)
        (folder / "model.tar.gz.part").write_bytes(part)
        (folder / "model.tar.gz.part.etag").write_text(etag or answer["ETag"])
        assert self.outcomes(to)[0] == f"model.tar.gz {outcome}"
        assert (folder / "model.tar.gz").read_bytes() == b"model"
        assert sorted(os.listdir(folder)) == ["model.tar.gz", "output.tar.gz"]

    def test_a_part_without_its_etag_is_begun_anew(self, to: Path) -> None:
        (to / FOLDER).mkdir(parents=True)
        (to / FOLDER / "model.tar.gz.part").write_bytes(b"xx")
        assert self.outcomes(to)[0] == "model.tar.gz saved"

    def test_outputs_of_the_same_name_stay_apart(self, to: Path) -> None:
        assert run(app, ["results", FEATURES.job_id, "--to", str(to)]).exit_code == 0
        files = {str(path.relative_to(to)).partition("/")[2] for path in to.rglob("*.csv")}
        assert files == {"out/train/rows.csv", "out/test/rows.csv"}

    def test_a_key_leads_to_no_other_folder(self, stored: Deployment, to: Path) -> None:
        put("odd/../../up", b"x")
        put("odd/a\x1bb/", b"")
        put("odd/a\x1bb/c", b"y")
        stored.ledger.add(a_job("odd", state=State.SUCCEEDED, output="s3://out/odd/"))
        assert run(app, ["results", "--to", str(to), jobs_id("odd")]).exit_code == 0
        files = {str(path.relative_to(to)).partition("/")[2] for path in to.rglob("*") if path.is_file()}
        assert files == {"_/_/up", "a_b/c"}
        assert [path.name for path in to.parent.iterdir()] == ["results"]

    def test_keys_that_become_one_file_are_refused(self, stored: Deployment, to: Path) -> None:
        put("same/a\x01", b"x")
        put("same/a\x02", b"y")
        stored.ledger.add(a_job("same", state=State.SUCCEEDED, output="s3://out/same/"))
        result = run(app, ["results", jobs_id("same"), "--to", str(to)])
        assert result.exit_code == 1
        assert "would both become" in result.stderr
        assert not to.exists()


def jobs_id(label: str) -> str:
    job: Job = a_job(label)
    return job.job_id


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1000, "1.0 kB"), (999_999, "1.0 MB"), (1_234_567, "1.2 MB")],
)
def test_sizes_are_short(size: int, text: str) -> None:
    assert size_text(size) == text


def test_an_output_that_cannot_be_read_is_named(deployment: Deployment) -> None:
    deployment.ledger.add(TRAINED)
    result = run(app, ["results", TRAINED.job_id])
    assert result.exit_code == 1
    assert "s3://out/churn/output/ cannot be read: this bucket" in result.stderr
    assert "JOBCHUTE_BUCKET" not in result.stderr
