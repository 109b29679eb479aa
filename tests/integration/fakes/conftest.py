"""DynamoDB and the other services twice: moto's, and the fakes of the fault harness."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from moto import mock_aws

from tests.aws import client
from tests.fakes.dynamodb import FakeDynamoDB
from tests.integration.fakes.services import BUCKET, ROLE, Services, fakes
from tests.integration.fakes.things import create

MOTO_TAKES_IT = {
    "index-key-type": "an index key of another type",
    "set-twice": "a set with a member twice",
    "#state < :four": "values of two types are compared, and it stumbles",
    "SET x = half + half": "the sum of 0.5 and 0.5 is shown as 1.0",
    "SET #state.x = :v": "a path through what is no map",
    "pk = :pk OR sk = :pk": "it stumbles over OR",
    "pk = :pk AND sk <> :pk": "it stumbles over <>",
}
"""Where moto does not do as documented, by the parameter of the test."""


@pytest.fixture(scope="module")
def moto_client() -> Any:
    return client("dynamodb")


@pytest.fixture(params=["moto", "fake"])
def dynamodb(request: pytest.FixtureRequest, moto_client: Any) -> Iterator[Any]:
    case = request.node.name.partition("[moto-")[2].removesuffix("]")
    for name, why in MOTO_TAKES_IT.items():
        if case == name or case.startswith(f"{name}-values"):
            request.applymarker(pytest.mark.xfail(reason=f"moto: {why}", strict=True))
    if request.param == "fake":
        fake = FakeDynamoDB()
        create(fake)
        yield fake
        return
    with mock_aws():
        create(moto_client)
        yield moto_client


@pytest.fixture
def fake() -> FakeDynamoDB:
    made = FakeDynamoDB()
    create(made)
    return made


@pytest.fixture(scope="module")
def clients() -> dict[str, Any]:
    return {service: client(service) for service in ("s3", "sqs", "stepfunctions", "events")}


@pytest.fixture(params=["moto", "fake"])
def aws(request: pytest.FixtureRequest, clients: dict[str, Any]) -> Iterator[Services]:
    if request.param == "fake":
        yield fakes()
        return
    with mock_aws():
        s3, states, events = clients["s3"], clients["stepfunctions"], clients["events"]
        s3.create_bucket(Bucket=BUCKET)
        s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
        events.create_event_bus(Name="jobchute")
        definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 9, "End": True}}})
        machine = states.create_state_machine(name="jobs", definition=definition, roleArn=ROLE)

        def upload(key: str, data: bytes) -> str:
            return str(s3.put_object(Bucket=BUCKET, Key=key, Body=data)["VersionId"])

        yield Services(s3, clients["sqs"], states, events, machine["stateMachineArn"], upload)
