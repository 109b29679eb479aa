"""The bound of a job's cost against sums by hand, for each API and every way in which it asks for capacity."""

from typing import Any

import pytest

from jobchute.job import Api
from jobchute.money.cost import cost_of
from jobchute.providers.charges import charges_of
from tests.unit.money.quantities import EACH, FORTE, LARGE, SV1, braket, of, training


@EACH
def test_a_bound_is_the_sum_by_hand(api: Api, request_: dict[str, Any], dollars: float) -> None:
    cost = of(api, request_)
    assert (cost.bound, cost.unknown, cost.beyond) == (round(dollars * 1_000_000), "", "")
    assert cost.limit == cost.bound


def test_a_model_is_billed_by_the_tokens_of_the_document() -> None:
    request = {"modelId": "us.amazon.nova-pro-v1:0"}
    # 2,000,000 / 1,000 x 0.0004 + 500,000 / 1,000,000 x 1.6
    assert of(Api.BEDROCK_JOB, request, inputTokens=2_000_000, outputTokens=500_000).bound == 1_600_000
    assert of(Api.BEDROCK_JOB, request, inputTokens=0, outputTokens=0).bound == 0


@pytest.mark.parametrize("usage", [{}, {"inputTokens": 1}, {"outputTokens": 1}], ids=str)
def test_tokens_that_nobody_has_counted_are_unknown(usage: dict[str, int]) -> None:
    cost = of(Api.BEDROCK_JOB, {"modelId": "amazon.nova-pro-v1:0"}, **usage)
    assert cost.bound is None
    assert "usage.inputTokens" in cost.why_unknown


def test_shots_and_tasks_are_billed_each() -> None:
    # 0.0063 + 10 x 0.30 + 1,000 x 0.08
    assert of(Api.BRAKET_JOB, braket(FORTE), tasks=10, shots=1000).limit == 83_006_300
    # 0.0063 + 120 s of a simulator at 0.075 a minute
    assert of(Api.BRAKET_JOB, braket(SV1), simulatorSeconds=120).limit == 156_300


@pytest.mark.parametrize(("seconds", "dollars"), [(0, 0.00375), (3, 0.00375), (120, 0.15)])
def test_a_task_on_a_simulator_is_billed_by_its_time(seconds: int, dollars: float) -> None:
    """By the minute, and for three seconds at least."""
    request = {"deviceArn": SV1, "shots": 100}
    assert of(Api.QUANTUM_TASK, request, simulatorSeconds=seconds).limit == round(dollars * 1_000_000)


def test_a_task_on_an_unknown_kind_of_device_has_no_bound() -> None:
    cost = of(Api.QUANTUM_TASK, {"deviceArn": "arn:aws:braket:us-east-1::device/new/x", "shots": 1})
    assert "neither a quantum device nor a simulator" in cost.why_unknown


@pytest.mark.parametrize("device", [SV1, FORTE, "arn:aws:braket:us-east-1:1:device/new/x"])
def test_quantum_tasks_without_a_limit_are_beyond_the_bound(device: str) -> None:
    cost = of(Api.BRAKET_JOB, braket(device))
    assert (cost.bound, cost.limit, cost.beyond) == (6_300, None, "quantum tasks")
    assert cost.why_unknown == "$0.0063 plus quantum tasks, which nothing limits"


@pytest.mark.parametrize(
    ("api", "request_", "name"),
    [
        (
            Api.TRAINING_JOB,
            training({"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1}),
            "sagemaker:training/ml.p5.48xlarge",
        ),
        (
            # One alternative without a price: SageMaker may choose it.
            Api.TRAINING_JOB,
            training(
                {
                    "InstanceCount": 1,
                    "InstancePreferences": [
                        {"InstanceType": "ml.m5.large"},
                        {"InstanceType": "ml.p5.48xlarge"},
                    ],
                }
            ),
            "sagemaker:training/ml.p5.48xlarge",
        ),
        (Api.FIREWORKS_JOB, {"nodePoolId": "another"}, "fireworks:rank/another"),
    ],
)
def test_one_unknown_price_makes_the_bound_unknown(api: Api, request_: dict[str, Any], name: str) -> None:
    cost = of(api, request_)
    assert (cost.bound, cost.limit) == (None, None)
    assert cost.why_unknown == f"no price is known of {name}"


@pytest.mark.parametrize(
    ("api", "request_", "usage", "name"),
    [
        (
            Api.BEDROCK_JOB,
            {"modelId": "meta.llama3-70b-instruct-v1:0"},
            {"inputTokens": 1, "outputTokens": 1},
            "bedrock:",
        ),
        (
            Api.BRAKET_JOB,
            braket("arn:aws:braket:us-east-1:1:device/qpu/new/Machine"),
            {"tasks": 1, "shots": 1},
            "braket:shot/Machine, braket:task/Machine",
        ),
    ],
)
def test_an_unknown_price_of_a_quantity_is_not_zero(
    api: Api, request_: dict[str, Any], usage: dict[str, int], name: str
) -> None:
    cost = of(api, request_, **usage)
    assert (cost.bound, cost.limit) == (None, None)
    assert f"no price is known of {name}" in cost.why_unknown


def test_a_serverless_job_has_no_known_bound() -> None:
    cost = of(Api.TRAINING_JOB, {"ServerlessJobConfig": {"JobType": "FineTuning"}})
    assert cost.bound is None
    assert "serverless" in cost.why_unknown


def test_without_prices_nothing_is_known() -> None:
    cost = cost_of(charges_of(Api.TRAINING_JOB, training(LARGE), {}), None)
    assert (cost.bound, cost.why_unknown) == (None, "no prices are loaded; run: jobchute prices update")
