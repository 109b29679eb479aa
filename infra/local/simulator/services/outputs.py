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
