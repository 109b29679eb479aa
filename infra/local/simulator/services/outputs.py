"""What jobs that run containers leave in S3."""

import json

from ..jobs import Job, Step
from ..storage import Storage, archive


def leave_model(job: Job, step: Step, storage: Storage) -> Step:
    """SageMaker training: model.tar.gz and output.tar.gz. A program that failed says why in `failure`."""
    if step.status in job.kind.final and job.started is not None:
        folder = f"{job.request['OutputDataConfig']['S3OutputPath'].rstrip('/')}/{job.name}/output"
        if step.status == "Failed":
            storage.write(f"{folder}/output.tar.gz", archive({"failure": step.reason.encode()}))
            return step
        model = json.dumps({"simulated": job.request.get("HyperParameters", {})}).encode()
        storage.write(f"{folder}/model.tar.gz", archive({"model.json": model}))
        storage.write(f"{folder}/output.tar.gz", archive({"data/metrics.json": b'{"simulated": true}'}))
    return step


def leave_files(job: Job, step: Step, storage: Storage) -> Step:
    """SageMaker processing: a file in each output."""
    if step.status == "Completed":
        for output in job.request.get("ProcessingOutputConfig", {}).get("Outputs", []):
            if "S3Output" in output:
                uri = output["S3Output"]["S3Uri"].rstrip("/")
                storage.write(f"{uri}/part-00000.csv", b"simulated\n1\n")
    return step


def leave_predictions(job: Job, step: Step, storage: Storage) -> Step:
    """SageMaker batch transform: for each input object, a line for each of its lines, as `….out`.

    A job that was stopped or that failed stores nothing [M: StopTransformJob].
    """
    if step.status == "Completed":
        source = job.request["TransformInput"]["DataSource"]["S3DataSource"]["S3Uri"]
        folder = source.removeprefix("s3://").partition("/")[2].rpartition("/")[0]
        for key, body in storage.read(source, "").items():
            lines = "".join(f"0.{number % 10}\n" for number in range(len(body.splitlines())))
            name = key.removeprefix(folder).lstrip("/")
            storage.write(
                f"{job.request['TransformOutput']['S3OutputPath'].rstrip('/')}/{name}.out", lines.encode()
            )
    return step


def leave_result(job: Job, step: Step, storage: Storage) -> Step:
    """Braket: results.json in model.tar.gz."""
    if step.status == "COMPLETED":
        header = {"name": "braket.jobs_data.persisted_job_data", "version": "1"}
        result = {
            "braketSchemaHeader": header,
            "dataDictionary": {"energy": -1.137, "counts": {"00": 51, "11": 49}},
            "dataFormat": "plaintext",
        }
        packed = archive({"results.json": json.dumps(result).encode()})
        storage.write(f"{job.request['outputDataConfig']['s3Path'].rstrip('/')}/output/model.tar.gz", packed)
    return step


def leave_measurements(job: Job, step: Step, storage: Storage) -> Step:
    """A quantum task: results.json in a folder of its own, once it has completed."""
    if step.status == "COMPLETED":
        header = {"name": "braket.task_result.gate_model_task_result", "version": "1"}
        shots = job.request["shots"]
        result = {
            "braketSchemaHeader": header,
            "measurements": [[number % 2] * 2 for number in range(min(shots, 100))],
            "measuredQubits": [0, 1],
            "taskMetadata": {"id": job.arn, "shots": shots, "deviceId": job.request["deviceArn"]},
        }
        folder = (
            f"s3://{job.request['outputS3Bucket']}/{job.request['outputS3KeyPrefix'].rstrip('/')}/{job.key}"
        )
        storage.write(f"{folder}/results.json", json.dumps(result).encode())
    return step
