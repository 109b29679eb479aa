"""What the region and the account of a deployment cannot do with a request."""

# ruff: noqa: E501 (tables with one case a line)

from pathlib import Path
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.requests.location import Location
from jobchute.requests.regions import KNOWN, REGIONS
from jobchute.requests.submission import Submission
from tests.unit.providers.rule_requests import PRIVATE_REGISTRY, REDSHIFT, VALID, changed
from tools.generate_regions import MODULE, generated

BRAKET, BEDROCK, FIREWORKS = Api.BRAKET_JOB, Api.BEDROCK_JOB, Api.FIREWORKS_JOB
TRAINING, PROCESSING = Api.TRAINING_JOB, Api.PROCESSING_JOB
HERE = Location(region="us-west-2", account="123456789012")
OTHER_ROLE = "arn:aws:iam::444455556666:role/Jobs"
OTHER_IMAGE = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/image:1"
AQUILA = "arn:aws:braket:us-east-1::device/qpu/quera/Aquila"
SIMULATOR = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
REDSHIFT_INPUT = {
    "DatasetDefinition": {"RedshiftDatasetDefinition": {**REDSHIFT, "ClusterRoleArn": OTHER_ROLE}}
}

REFUSED: list[tuple[Api, dict[str, Any], str, str]] = [
    (BRAKET, {"roleArn": OTHER_ROLE}, "request.roleArn", "WRONG_ACCOUNT"),
    (BEDROCK, {"roleArn": OTHER_ROLE}, "request.roleArn", "WRONG_ACCOUNT"),
    (TRAINING, {"RoleArn": OTHER_ROLE}, "request.RoleArn", "WRONG_ACCOUNT"),
    (PROCESSING, {"RoleArn": OTHER_ROLE}, "request.RoleArn", "WRONG_ACCOUNT"),
    (BRAKET, {"deviceConfig/device": AQUILA}, "request.deviceConfig.device", "WRONG_REGION"),
    (TRAINING, {"AlgorithmSpecification/TrainingImage": OTHER_IMAGE}, "request.AlgorithmSpecification.TrainingImage", "WRONG_REGION"),
    (PROCESSING, {"AppSpecification/ImageUri": OTHER_IMAGE}, "request.AppSpecification.ImageUri", "WRONG_REGION"),
]  # fmt: skip
ACCEPTED: list[tuple[Api, dict[str, Any]]] = [
    *[(api, {}) for api in Api],
    (BRAKET, {"deviceConfig/device": SIMULATOR}),
    (BRAKET, {"deviceConfig/device": "local:none/none"}),
    (BRAKET, {"deviceConfig/device": "arn:aws:braket:us-west-2::device/qpu/rigetti/Ankaa-3"}),
    # Nothing says that Braket refuses these.
    (BRAKET, {"algorithmSpecification/containerImage": {"uri": OTHER_IMAGE}}),
    (TRAINING, {**PRIVATE_REGISTRY, "AlgorithmSpecification/TrainingImage": OTHER_IMAGE}),
    (TRAINING, PRIVATE_REGISTRY),
    # A cluster of another account may have its own role; Fireworks' role is its own matter.
    (PROCESSING, {"ProcessingInputs": [REDSHIFT_INPUT]}),
    (FIREWORKS, {"role": OTHER_ROLE}),
]  # fmt: skip


def found(place: Location, api: Api, request: dict[str, Any]) -> list[tuple[str, str]]:
    problems = place.problems_in(Submission(api=api, request=request))
    return [(problem.path, problem.code) for problem in problems]


@pytest.mark.parametrize(("api", "changes", "path", "code"), REFUSED)
def test_what_is_certain_to_fail_from_here_is_refused(
    api: Api, changes: dict[str, Any], path: str, code: str
) -> None:
    assert found(HERE, api, changed(api, changes)) == [(path, code)]


@pytest.mark.parametrize(("api", "changes"), ACCEPTED)
def test_what_may_work_is_left_to_the_provider(api: Api, changes: dict[str, Any]) -> None:
    assert found(HERE, api, changed(api, changes)) == []


@pytest.mark.parametrize(
    ("region", "service", "is_there"),
    [
        ("us-east-1", "braket", True),
        ("eu-central-1", "braket", False),
        ("ap-southeast-2", "braket", False),
        ("cn-north-1", "bedrock", False),
        ("cn-north-1", "sagemaker", True),
        ("us-gov-west-1", "bedrock", True),
        ("xx-future-1", "braket", True),
    ],
)
def test_an_api_is_refused_in_a_region_without_it(region: str, service: str, is_there: bool) -> None:
    place = Location(region=region, account="123456789012")
    for api in [api for api in Api if api.startswith(f"{service}:")]:
        assert (("api", "NOT_IN_REGION") in found(place, api, VALID[api])) is not is_there


def test_fireworks_is_everywhere() -> None:
    assert found(Location(region="cn-north-1", account="123456789012"), FIREWORKS, VALID[FIREWORKS]) == []


def test_the_list_of_regions_is_that_of_the_installed_botocore() -> None:
    assert Path(MODULE).read_text() == generated(), "make models"
    assert all(regions <= KNOWN for regions in REGIONS.values())
    assert len(REGIONS["braket"]) == 5


@pytest.mark.parametrize(
    ("api", "changes", "message"),
    [
        (
            TRAINING,
            {"RoleArn": OTHER_ROLE},
            f'The role "{OTHER_ROLE}" is in account 444455556666; this deployment is in 123456789012, and a role '
            "cannot be passed to another account. Name a role of 123456789012.",
        ),
        (
            BRAKET,
            {"deviceConfig/device": AQUILA},
            f'The device "{AQUILA}" is in us-east-1; this deployment is in us-west-2. Name one of us-west-2, or '
            "send the request to a deployment in us-east-1.",
        ),
        (
            PROCESSING,
            {"AppSpecification/ImageUri": OTHER_IMAGE},
            f'The image "{OTHER_IMAGE}" is in eu-west-1; this deployment is in us-west-2. Name one of us-west-2, or '
            "send the request to a deployment in eu-west-1.",
        ),
    ],
)
def test_a_message_says_where_both_are(api: Api, changes: dict[str, Any], message: str) -> None:
    problems = HERE.problems_in(Submission(api=api, request=changed(api, changes)))
    assert [problem.message for problem in problems] == [message]


def test_a_missing_service_is_told_with_its_regions() -> None:
    (problem, *_) = Location(region="eu-central-1", account="1").problems_in(
        Submission(api=BRAKET, request=VALID[BRAKET])
    )
    assert problem.message == (
        "braket is not available in eu-central-1, where this deployment is. Send the request to a deployment in a "
        "region that has it: eu-north-1, eu-west-2, us-east-1, us-west-1, us-west-2."
    )


@pytest.mark.parametrize("api", list(Api))
@pytest.mark.parametrize("wrong", [None, 1, "x", "arn:", [], {}, [[]], [None], [{}], True])
def test_any_value_in_any_place_is_borne(api: Api, wrong: Any) -> None:
    for key in VALID[api]:
        assert found(HERE, api, {**VALID[api], key: wrong}) == []


@pytest.mark.parametrize("text", ["", "us-east-1", ":1", "us-east-1:", "a:b:c"])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="REGION:ACCOUNT"):
        Location.of_text(text)


def test_a_place_is_what_it_was_written_as() -> None:
    assert Location.of_text(HERE.text()) == HERE
