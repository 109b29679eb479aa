"""A simulator on a free loopback port whose jobs stand still until the test moves the clock."""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import boto3  # type: ignore[import-untyped,unused-ignore]
import pytest
import urllib3
from botocore.config import Config  # type: ignore[import-untyped,unused-ignore]

from infra.local.simulator import Settings, Simulator

ROLE = "arn:aws:iam::000000000000:role/service-role/AmazonBraketJobsExecutionRole"
CLIENT = {
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "config": Config(retries={"total_max_attempts": 1}, parameter_validation=False),
}


class Sink:
    """Takes entries of PutEvents as an EventBridge would, and waits for them."""

    def __init__(self) -> None:
        self.entries: list[dict[str, Any]] = []
        self._arrived = threading.Condition()

    def __call__(self, entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
        with self._arrived:
            self.entries.extend(entries)
            self._arrived.notify_all()
        return []

    def details(self, count: int) -> list[dict[str, Any]]:
        """The details of all events, once there are `count` of them or five seconds have passed."""
        with self._arrived:
            self._arrived.wait_for(lambda: len(self.entries) >= count, timeout=5)
            return [json.loads(entry["Detail"]) for entry in self.entries]


class Fireworks:
    """Plain HTTP with a key."""

    def __init__(self, url: str, key: str = "fw-test") -> None:
        self._root = f"{url}/v1/accounts/acme/batchJobs"
        self._headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._pool = urllib3.PoolManager(retries=False)

    def call(self, method: str, path: str = "", body: Any = None) -> tuple[int, Any]:
        answer = self._pool.request(method, self._root + path, json=body, headers=self._headers)
        return answer.status, answer.json()

    def create(self, **fields: Any) -> tuple[int, Any]:
        return self.call("POST", body={"nodePoolId": "pool", "shellExecutor": {"command": "true"}, **fields})


@pytest.fixture
def sink() -> Sink:
    return Sink()


@pytest.fixture
def simulator(sink: Sink) -> Simulator:
    return Simulator(Settings(queue_seconds=90, run_seconds=100, stop_seconds=10), send_events=sink)


@pytest.fixture
def url(simulator: Simulator) -> Iterator[str]:
    with simulator.serve() as address:
        yield address


@pytest.fixture
def client(url: str) -> Iterator[Callable[[str], Any]]:
    """An unmodified boto3 client of a service, without its own validation and retries."""
    made: list[Any] = []

    def make(service: str) -> Any:
        made.append(boto3.client(service, endpoint_url=url, **CLIENT))  # type: ignore[call-overload]
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def fireworks(url: str) -> Fireworks:
    return Fireworks(url)


@pytest.fixture
def connect(url: str) -> Callable[[str], Fireworks]:
    """Fireworks with another key."""
    return lambda key: Fireworks(url, key)


@pytest.fixture
def control(url: str) -> Callable[..., Any]:
    """GET a control endpoint, or POST to it where there is a body."""
    pool = urllib3.PoolManager(retries=False)

    def call(path: str, body: Any = None) -> Any:
        return pool.request("GET" if body is None else "POST", f"{url}/_simulator/{path}", json=body).json()

    return call


@pytest.fixture
def braket_job() -> dict[str, Any]:
    return {
        "clientToken": "token-1",
        "jobName": "anneal",
        "algorithmSpecification": {
            "scriptModeConfig": {"entryPoint": "a.b:main", "s3Uri": "s3://code/a.tar.gz"}
        },
        "outputDataConfig": {"s3Path": "s3://results/anneal"},
        "roleArn": ROLE,
        "instanceConfig": {"instanceType": "ml.m5.large", "volumeSizeInGb": 30},
        "deviceConfig": {"device": "arn:aws:braket:::device/quantum-simulator/amazon/sv1"},
        "tags": {"team": "growth"},
    }


@pytest.fixture
def bedrock_job() -> dict[str, Any]:
    return {
        "jobName": "summaries",
        "clientRequestToken": "token-1",
        "roleArn": ROLE,
        "modelId": "anthropic.claude-3-haiku-20240307-v1:0",
        "inputDataConfig": {"s3InputDataConfig": {"s3Uri": "s3://prompts/in/"}},
        "outputDataConfig": {"s3OutputDataConfig": {"s3Uri": "s3://prompts/out/"}},
        "tags": [{"key": "team", "value": "growth"}],
    }


@pytest.fixture
def customization_job() -> dict[str, Any]:
    return {
        "jobName": "routing",
        "customModelName": "router",
        "clientRequestToken": "token-1",
        "roleArn": ROLE,
        "baseModelIdentifier": "amazon.nova-micro-v1:0:128k",
        "trainingDataConfig": {"s3Uri": "s3://prompts/train.jsonl"},
        "validationDataConfig": {"validators": [{"s3Uri": "s3://prompts/validation.jsonl"}]},
        "outputDataConfig": {"s3Uri": "s3://prompts/out/"},
        "hyperParameters": {"epochCount": "2"},
        "jobTags": [{"key": "team", "value": "growth"}],
    }


@pytest.fixture
def training_job() -> dict[str, Any]:
    return {
        "TrainingJobName": "churn",
        "RoleArn": ROLE,
        "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
        "OutputDataConfig": {"S3OutputPath": "s3://models/out/"},
        "ResourceConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10},
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
        "Tags": [{"Key": "team", "Value": "growth"}],
    }


@pytest.fixture
def tuning_job(training_job: dict[str, Any]) -> dict[str, Any]:
    shared = ("RoleArn", "OutputDataConfig", "ResourceConfig", "StoppingCondition")
    return {
        "HyperParameterTuningJobName": "Tune",
        "HyperParameterTuningJobConfig": {
            "Strategy": "Random",
            "HyperParameterTuningJobObjective": {"MetricName": "loss", "Type": "Minimize"},
            "ResourceLimits": {
                "MaxNumberOfTrainingJobs": 3,
                "MaxParallelTrainingJobs": 2,
                "MaxRuntimeInSeconds": 3600,
            },
        },
        "TrainingJobDefinition": {
            "AlgorithmSpecification": {"TrainingImage": "image", "TrainingInputMode": "File"},
            **{name: training_job[name] for name in shared},
        },
    }


@pytest.fixture
def transform_job() -> dict[str, Any]:
    return {
        "TransformJobName": "scores",
        "ModelName": "churn",
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": "s3://data/features/"}}
        },
        "TransformOutput": {"S3OutputPath": "s3://data/scores/"},
        "TransformResources": {"InstanceType": "ml.m5.large", "InstanceCount": 1},
        "Tags": [{"Key": "team", "Value": "growth"}],
    }


@pytest.fixture
def processing_job() -> dict[str, Any]:
    return {
        "ProcessingJobName": "features",
        "RoleArn": ROLE,
        "AppSpecification": {"ImageUri": "image"},
        "ProcessingResources": {
            "ClusterConfig": {"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 10}
        },
        "StoppingCondition": {"MaxRuntimeInSeconds": 3600},
    }
