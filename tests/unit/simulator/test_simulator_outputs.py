"""What simulated jobs leave in S3, in the formats of the providers."""

import io
import json
import tarfile
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from moto import mock_aws

from infra.local.simulator import Settings, Simulator
from infra.local.simulator.services.bedrock_records import output_of
from infra.local.simulator.storage import S3Storage
from tests.aws import client
from tests.records import id_of, input_line
from tests.unit.simulator.conftest import Sink
from tests.unit.simulator.test_simulator_braket_tasks import TASK

INPUT = "s3://prompts/in/"


class Memory:
    """Objects by their URIs."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def read(self, uri: str, suffix: str) -> dict[str, bytes]:
        found = {
            key: body for key, body in self.objects.items() if key.startswith(uri) and key.endswith(suffix)
        }
        return {key.split("/", 3)[3]: body for key, body in found.items()}

    def write(self, uri: str, body: bytes) -> None:
        self.objects[uri] = body


@pytest.fixture
def storage() -> Memory:
    return Memory()


@pytest.fixture
def simulator(sink: Sink, storage: Memory) -> Simulator:
    settings = Settings(queue_seconds=90, run_seconds=100, stop_seconds=10)
    return Simulator(settings, send_events=sink, storage=storage)


def put(storage: Memory, name: str, ids: Sequence[str]) -> None:
    storage.write(f"{INPUT}{name}", b"\n".join(map(input_line, ids)))


def lines_of(body: bytes) -> list[Any]:
    return [*map(json.loads, body.splitlines())]


class TestBedrock:
    IDS = (*map(id_of, range(96)), "sim-fail-1", "sim-throttle-1", "sim-flaky-1", "sim-missing-1")

    @pytest.fixture
    def run(self, simulator: Simulator, client: Callable[[str], Any], bedrock_job: dict[str, Any]) -> Any:
        def run(**changes: Any) -> Any:
            """The job as it is in the end."""
            bedrock = client("bedrock")
            arn = bedrock.create_model_invocation_job(**bedrock_job | changes)["jobArn"]
            simulator.advance(300)
            return bedrock.get_model_invocation_job(jobIdentifier=arn)

        return run

    def test_each_input_file_has_an_output_file(self, run: Any, storage: Memory) -> None:
        put(storage, "a.jsonl", self.IDS[:50])
        put(storage, "b.jsonl", self.IDS[50:])
        job = run()
        folder = f"s3://prompts/out/{job['jobArn'].rpartition('/')[2]}/"
        written = {key.removeprefix(folder): body for key, body in storage.objects.items() if folder in key}
        assert written.keys() == {"a.jsonl.out", "b.jsonl.out", "manifest.json.out"}
        lines = [line for name in ("a", "b") for line in lines_of(written[f"{name}.jsonl.out"])]
        assert sorted(line["recordId"] for line in lines) == sorted(self.IDS[:-1])
        assert [line["recordId"] for line in lines] != [*self.IDS[:-1]]
        assert all(("modelOutput" in line) != ("error" in line) for line in lines)
        errors = {line["recordId"]: line["error"]["errorCode"] for line in lines if "error" in line}
        assert errors == {"sim-fail-1": 400, "sim-throttle-1": 429, "sim-flaky-1": 500}
        counts = {
            "totalRecordCount": 100,
            "processedRecordCount": 99,
            "successRecordCount": 96,
            "errorRecordCount": 3,
        }
        tokens = {"inputTokenCount": 1152, "outputTokenCount": 576}
        assert json.loads(written["manifest.json.out"]) == {**counts, **tokens}
        assert {name: job[name] for name in counts} == counts

    @pytest.mark.parametrize(("record", "processed"), [("sim-flaky", 100), ("sim-lost", 99)])
    def test_some_records_succeed_in_a_retry(
        self, run: Any, storage: Memory, record: str, processed: int
    ) -> None:
        ids = [*map(id_of, range(99)), record]
        put(storage, "a.jsonl", ids)
        first = run()
        assert (first["processedRecordCount"], first["successRecordCount"]) == (processed, 99)
        storage.objects.clear()
        put(storage, "a.retry-1.jsonl", ids)
        assert run(jobName="again", clientRequestToken="again")["successRecordCount"] == 100

    def test_a_partial_job_has_not_reached_the_last_records(self, run: Any, storage: Memory) -> None:
        put(storage, "a.jsonl", [*map(id_of, range(200))])
        job = run(jobName="sim-partial")
        assert (job["status"], job["processedRecordCount"]) == ("PartiallyCompleted", 180)
        (output,) = (body for key, body in storage.objects.items() if key.endswith("a.jsonl.out"))
        assert {line["recordId"] for line in lines_of(output)} == {*map(id_of, range(180))}

    @pytest.mark.parametrize(
        ("body", "told"),
        [
            (input_line("a"), "contains less records (1) than the required minimum of: 100"),
            (b"{", "not valid JSON Lines"),
            (b"[]", "not valid JSON Lines"),
        ],
    )
    def test_an_input_that_is_not_valid_fails_the_job(
        self, run: Any, storage: Memory, body: bytes, told: str
    ) -> None:
        storage.write(f"{INPUT}a.jsonl", body)
        job = run()
        assert job["status"] == "Failed"
        assert told in job["message"]
        assert job["totalRecordCount"] == 0
        assert storage.objects.keys() == {f"{INPUT}a.jsonl"}

    def test_without_an_input_nothing_is_written(self, run: Any, storage: Memory) -> None:
        assert run()["status"] == "Completed"
        assert storage.objects == {}

    @pytest.mark.parametrize(
        ("model", "kind", "member"),
        [
            ("amazon.nova-lite-v1:0", "Converse", "metrics"),
            ("anthropic.claude-3-haiku-20240307-v1:0", "InvokeModel", "stop_reason"),
            ("amazon.titan-embed-text-v2:0", "InvokeModel", "embedding"),
            ("openai.gpt-oss-20b-1:0", "InvokeModel", "choices"),
            ("amazon.nova-lite-v1:0", "InvokeModel", "stopReason"),
        ],
    )
    def test_outputs_have_the_model_s_shape(self, model: str, kind: str, member: str) -> None:
        arn = f"arn:aws:bedrock:us-east-1::foundation-model/{model}"
        assert member in output_of({"modelId": arn, "modelInvocationType": kind}, {})


def files_in(packed: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        return {name: tar.extractfile(name).read() for name in tar.getnames()}  # type: ignore[union-attr]


class TestContainers:
    def test_a_training_job_leaves_a_model(
        self, simulator: Simulator, client: Any, training_job: dict[str, Any], storage: Memory
    ) -> None:
        client("sagemaker").create_training_job(**training_job)
        simulator.advance(300)
        folder = "s3://models/out/churn/output"
        assert storage.objects.keys() == {f"{folder}/model.tar.gz", f"{folder}/output.tar.gz"}
        assert [*files_in(storage.objects[f"{folder}/model.tar.gz"])] == ["model.json"]

    def test_one_that_failed_says_why(
        self, simulator: Simulator, client: Any, training_job: dict[str, Any], storage: Memory
    ) -> None:
        client("sagemaker").create_training_job(**training_job | {"TrainingJobName": "sim-fail"})
        simulator.advance(300)
        ((uri, packed),) = storage.objects.items()
        assert uri == "s3://models/out/sim-fail/output/output.tar.gz"
        assert files_in(packed).keys() == {"failure"}

    def test_a_processing_job_leaves_its_outputs(
        self, simulator: Simulator, client: Any, processing_job: dict[str, Any], storage: Memory
    ) -> None:
        output = {"S3Uri": "s3://data/train", "LocalPath": "/opt/x", "S3UploadMode": "EndOfJob"}
        outputs = {"Outputs": [{"OutputName": "train", "S3Output": output}]}
        client("sagemaker").create_processing_job(**processing_job | {"ProcessingOutputConfig": outputs})
        simulator.advance(300)
        assert [*storage.objects] == ["s3://data/train/part-00000.csv"]

    def test_a_customization_leaves_the_losses_of_its_steps(
        self, simulator: Simulator, client: Any, customization_job: dict[str, Any], storage: Memory
    ) -> None:
        arn = client("bedrock").create_model_customization_job(**customization_job)["jobArn"]
        simulator.advance(300)
        folder = f"s3://prompts/out/model-customization-job-{arn.rpartition('/')[2]}"
        assert [*storage.objects] == [f"{folder}/training_artifacts/step_wise_training_metrics.csv"]

    def test_a_tuning_job_leaves_a_model_of_each_training_job(
        self, simulator: Simulator, client: Any, tuning_job: dict[str, Any], storage: Memory
    ) -> None:
        sagemaker = client("sagemaker")
        sagemaker.create_hyper_parameter_tuning_job(**tuning_job)
        simulator.advance(300)
        job = sagemaker.describe_hyper_parameter_tuning_job(HyperParameterTuningJobName="Tune")
        best = job["BestTrainingJob"]["TrainingJobName"]
        assert len(storage.objects) == 3
        assert f"s3://models/out/{best}/output/model.tar.gz" in storage.objects

    @pytest.mark.parametrize("scenario", ["succeed", "stop"])
    def test_a_transform_job_leaves_a_file_for_each_input(
        self, simulator: Simulator, client: Any, transform_job: dict[str, Any], storage: Memory, scenario: str
    ) -> None:
        storage.write("s3://data/features/a.csv", b"1,2\n3,4\n")
        storage.write("s3://data/features/b/c.csv", b"5,6\n")
        client("sagemaker").create_transform_job(**transform_job | {"TransformJobName": f"sim-{scenario}"})
        simulator.advance(300)
        written = {uri: body for uri, body in storage.objects.items() if uri.startswith("s3://data/scores/")}
        expected = {"s3://data/scores/a.csv.out": b"0.0\n0.1\n", "s3://data/scores/b/c.csv.out": b"0.0\n"}
        assert written == (expected if scenario == "succeed" else {})

    def test_a_braket_job_leaves_its_result(
        self, simulator: Simulator, client: Any, braket_job: dict[str, Any], storage: Memory
    ) -> None:
        client("braket").create_job(**braket_job)
        simulator.advance(300)
        ((uri, packed),) = storage.objects.items()
        assert uri == "s3://results/anneal/output/model.tar.gz"
        assert json.loads(files_in(packed)["results.json"])["dataFormat"] == "plaintext"

    def test_a_quantum_task_leaves_its_measurements(
        self, simulator: Simulator, client: Any, storage: Memory
    ) -> None:
        arn = client("braket").create_quantum_task(**TASK)["quantumTaskArn"]
        simulator.advance(300)
        ((uri, body),) = storage.objects.items()
        assert uri == f"s3://results/tasks/{arn.rpartition('/')[2]}/results.json"
        assert json.loads(body)["taskMetadata"] == {"id": arn, "shots": 100, "deviceId": TASK["deviceArn"]}


class TestS3:
    @pytest.fixture
    def endpoint(self) -> Iterator[str]:
        with mock_aws():
            yield "https://s3.us-east-1.amazonaws.com"

    def test_it_keeps_objects(self, endpoint: str) -> None:
        client("s3", endpoint_url=endpoint).create_bucket(Bucket="prompts")
        storage = S3Storage(endpoint=endpoint, region="us-east-1")
        for name in ("in/a.jsonl", "in/b.jsonl.out", "in.jsonl", "inner/c.jsonl"):
            storage.write(f"s3://prompts/{name}", name.encode())
        assert storage.read("s3://prompts/in", ".jsonl") == {"in/a.jsonl": b"in/a.jsonl"}
        assert storage.read("s3://prompts/in.jsonl", ".jsonl") == {"in.jsonl": b"in.jsonl"}

    def test_a_bucket_that_is_not_there_is_left_out(self, endpoint: str) -> None:
        storage = S3Storage(endpoint=endpoint, region="us-east-1")
        storage.write("s3://nowhere/a", b"x")
        assert storage.read("s3://nowhere/", "") == {}
