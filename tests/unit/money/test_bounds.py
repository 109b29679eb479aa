"""The bound of a job's cost against sums by hand, for each API and every way in which it asks for capacity."""

from decimal import Decimal
from typing import Any

import pytest

from jobchute.job import Api
from jobchute.money.cost import Cost, cost_of, estimate_of
from jobchute.money.prices import Price, Prices, key_of
from jobchute.providers.charges import charges_of

HOUR, DAY = 3600, 24 * 3600
RATES = {
    "sagemaker:training/ml.m5.large": ("0.115", "hour"),
    "sagemaker:training/ml.m5.4xlarge": ("0.922", "hour"),
    "sagemaker:training/ml.g5.xlarge": ("1.408", "hour"),
    "sagemaker:training/volume": ("0.146", "GB-month"),
    "sagemaker:processing/ml.m5.xlarge": ("0.23", "hour"),
    "sagemaker:processing/ml.t3.medium": ("0.05", "hour"),
    "sagemaker:processing/volume": ("0.073", "GB-month"),
    "braket:job/ml.m5.large": ("0.002", "minute"),
    "braket:job/volume": ("0.146", "GB-month"),
    "braket:task/Forte 1": ("0.30", "task"),
    "braket:shot/Forte 1": ("0.08", "shot"),
    "braket:simulator/SV1": ("0.075", "minute"),
    "bedrock:input/Nova Pro": ("0.0004", "1K tokens"),
    "bedrock:output/Nova Pro": ("1.6", "1M tokens"),
    "fireworks:rank/my-pool": ("2.5", "hour"),
}
PRICES = Prices(
    {key_of(name): Price(Decimal(dollars), per) for name, (dollars, per) in RATES.items()}, "2026-11-27"
)
"""A gigabyte-month has 730 hours: the volumes' prices make 0.0002 and 0.0001 dollars an hour of a gigabyte."""

LARGE = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
SV1 = "arn:aws:braket:::device/quantum-simulator/amazon/sv1"
FORTE = "arn:aws:braket:us-east-1::device/qpu/ionq/Forte-1"
CLUSTER = {"InstanceType": "ml.m5.xlarge", "InstanceCount": 3, "VolumeSizeInGB": 100}


def training(resources: dict[str, Any], stopping: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    return {"ResourceConfig": resources, "StoppingCondition": stopping or {}, **more}


def processing(cluster: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"ProcessingResources": {"ClusterConfig": cluster}, **more}


def braket(device: str = "local:none", count: int | None = 2, seconds: int | None = 90) -> dict[str, Any]:
    config = {"instanceType": "ml.m5.large", "volumeSizeInGb": 30}
    return {
        "deviceConfig": {"device": device},
        "instanceConfig": config if count is None else {**config, "instanceCount": count},
        **({} if seconds is None else {"stoppingCondition": {"maxRuntimeInSeconds": seconds}}),
    }


def of(api: Api, request: dict[str, Any], **usage: int) -> Cost:
    return cost_of(charges_of(api, request, usage), PRICES)


BOUNDS: list[tuple[str, Api, dict[str, Any], float]] = [
    # 2 x 0.115 x 24 h: without a limit, a training job runs for a day.
    ("training, by default", Api.TRAINING_JOB, training(LARGE), 5.52),
    # 2 x (0.115 + 50 x 0.0002) x 1 h
    (
        "training, with a volume",
        Api.TRAINING_JOB,
        training({**LARGE, "VolumeSizeInGB": 50}, {"MaxRuntimeInSeconds": HOUR}),
        0.25,
    ),
    # 2 x 0.115 x (1 h + 0.5 h): the volumes are not kept.
    (
        "training, with a warm pool",
        Api.TRAINING_JOB,
        training({**LARGE, "KeepAlivePeriodInSeconds": 1800}, {"MaxRuntimeInSeconds": HOUR}),
        0.345,
    ),
    # Spot: MaxWaitTimeInSeconds bounds the wait, and the discount is not known: 2 x 0.115 x 1 h.
    (
        "training, spot",
        Api.TRAINING_JOB,
        training(
            LARGE, {"MaxRuntimeInSeconds": HOUR, "MaxWaitTimeInSeconds": DAY}, EnableManagedSpotTraining=True
        ),
        0.23,
    ),
    # MaxRuntimeInSeconds covers all attempts of the provider: 2 x 0.115 x 1 h.
    (
        "training, with the provider's retries",
        Api.TRAINING_JOB,
        training(LARGE, {"MaxRuntimeInSeconds": HOUR}, RetryStrategy={"MaximumRetryAttempts": 30}),
        0.23,
    ),
    # (2 x 0.115 + 1 x 1.408 + 3 x 10 x 0.0002) x 1 h
    (
        "training, instance groups",
        Api.TRAINING_JOB,
        training(
            {
                "InstanceGroups": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 2, "InstanceGroupName": "a"},
                    {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1, "InstanceGroupName": "b"},
                ],
                "VolumeSizeInGB": 10,
            },
            {"MaxRuntimeInSeconds": HOUR},
        ),
        1.644,
    ),
    # The dearest of 4 x 0.115, 1 x 0.922 and 1 x 1.408, x 2 h
    (
        "training, preferences with counts",
        Api.TRAINING_JOB,
        training(
            {
                "InstancePreferences": [
                    {"InstanceType": "ml.m5.large", "InstanceCount": 4},
                    {"InstanceType": "ml.m5.4xlarge", "InstanceCount": 1},
                    {"InstanceType": "ml.g5.xlarge", "InstanceCount": 1},
                ]
            },
            {"MaxRuntimeInSeconds": 2 * HOUR},
        ),
        2.816,
    ),
    # 3 x the dearer of 0.115 and 0.922, x 1 h
    (
        "training, preferences with one count",
        Api.TRAINING_JOB,
        training(
            {
                "InstanceCount": 3,
                "InstancePreferences": [{"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.m5.4xlarge"}],
            },
            {"MaxRuntimeInSeconds": HOUR},
        ),
        2.766,
    ),
    # 2 x 0.115 x 1 h, and beside it (0.05 + 20 x 0.0001) x 1 h for the rule with an instance
    (
        "training, with rules",
        Api.TRAINING_JOB,
        training(
            LARGE,
            {"MaxRuntimeInSeconds": HOUR},
            DebugRuleConfigurations=[
                {"RuleConfigurationName": "own", "InstanceType": "ml.t3.medium", "VolumeSizeInGB": 20},
                {"RuleConfigurationName": "built in"},
            ],
        ),
        0.282,
    ),
    # 3 x (0.23 + 100 x 0.0001) x 24 h: without a limit, a processing job runs for a day.
    ("processing, by default", Api.PROCESSING_JOB, processing(CLUSTER), 17.28),
    # 3 x (0.23 + 100 x 0.0001) x 0.5 h
    (
        "processing, with a limit",
        Api.PROCESSING_JOB,
        processing(CLUSTER, StoppingCondition={"MaxRuntimeInSeconds": 1800}),
        0.36,
    ),
    # The dearer of 10 x (0.05 + 0.0001) and 1 x (0.23 + 0.0001), x 1 h
    (
        "processing, preferences",
        Api.PROCESSING_JOB,
        processing(
            {
                "InstancePreferences": [
                    {"InstanceType": "ml.t3.medium", "InstanceCount": 10},
                    {"InstanceType": "ml.m5.xlarge", "InstanceCount": 1},
                ],
                "VolumeSizeInGB": 1,
            },
            StoppingCondition={"MaxRuntimeInSeconds": HOUR},
        ),
        0.501,
    ),
    # 2 x (0.002 x 1.5 min + 30 x 0.0002 x 0.025 h)
    ("braket, local", Api.BRAKET_JOB, braket(), 0.0063),
    # (0.002 x 7200 min + 30 x 0.0002 x 120 h): without a limit, a job runs for five days, on one instance.
    ("braket, by default", Api.BRAKET_JOB, braket(count=None, seconds=None), 15.12),
    # 1 rank x 2.5 x 8 d: Jobchute's limit is seven days, and a job is stopped a day later.
    ("fireworks, one rank", Api.FIREWORKS_JOB, {"nodePoolId": "my-pool"}, 480.0),
    ("fireworks, ranks", Api.FIREWORKS_JOB, {"nodePoolId": "my-pool", "numRanks": 4}, 1920.0),
]


@pytest.mark.parametrize(
    ("api", "request_", "dollars"), [case[1:] for case in BOUNDS], ids=[c[0] for c in BOUNDS]
)
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


def test_a_serverless_job_has_no_known_bound() -> None:
    cost = of(Api.TRAINING_JOB, {"ServerlessJobConfig": {"JobType": "FineTuning"}})
    assert cost.bound is None
    assert "serverless" in cost.why_unknown


def test_without_prices_nothing_is_known() -> None:
    cost = cost_of(charges_of(Api.TRAINING_JOB, training(LARGE), {}), None)
    assert (cost.bound, cost.why_unknown) == (None, "no prices are loaded; run: jobchute prices update")


@pytest.mark.parametrize(
    ("api", "request_", "dollars"), [case[1:] for case in BOUNDS], ids=[c[0] for c in BOUNDS]
)
def test_no_estimate_at_the_limit_is_above_the_bound(
    api: Api, request_: dict[str, Any], dollars: float
) -> None:
    charges = charges_of(api, request_, {})
    cost = cost_of(charges, PRICES)
    for group in charges.alternatives:
        billable = charges.seconds * sum(each.number for each in group)
        result = {"billableSeconds": billable, "instances": {"type": group[0].type}}
        estimate = estimate_of(cost.rates, result)
        assert estimate is not None
        assert 0 < estimate <= (cost.bound or 0)


def test_an_estimate_counts_what_was_billed() -> None:
    rates = of(Api.TRAINING_JOB, training({**LARGE, "VolumeSizeInGB": 50})).rates
    # 1,800 instance-seconds x (0.115 + 50 x 0.0002) / 3,600
    assert estimate_of(rates, {"billableSeconds": 1800, "instances": {"type": "ml.m5.large"}}) == 62_500


def test_an_unknown_choice_counts_as_the_dearest_instance() -> None:
    preferences = [{"InstanceType": "ml.m5.large"}, {"InstanceType": "ml.m5.4xlarge"}]
    rates = of(Api.TRAINING_JOB, training({"InstanceCount": 1, "InstancePreferences": preferences})).rates
    assert estimate_of(rates, {"billableSeconds": 3600}) == 922_000
    assert estimate_of(rates, {"billableSeconds": 3600, "instances": {"type": "ml.m5.large"}}) == 115_000


def test_without_billed_seconds_the_time_counts() -> None:
    rates = of(Api.FIREWORKS_JOB, {"nodePoolId": "my-pool", "numRanks": 4}).rates
    result = {"startedAt": "2026-11-27T04:00:00Z", "endedAt": "2026-11-27T05:00:00Z"}
    assert estimate_of(rates, result) == 10_000_000
    assert estimate_of(rates, {"endedAt": "2026-11-27T05:00:00Z"}) == 0
    assert estimate_of(rates, {"startedAt": "2026-11-27T05:00:00Z"}) is None
    assert estimate_of(rates, {}) is None


def test_an_estimate_of_tokens_needs_both_counts() -> None:
    rates = of(Api.BEDROCK_JOB, {"modelId": "amazon.nova-pro-v1:0"}, inputTokens=1, outputTokens=1).rates
    assert estimate_of(rates, {"tokens": {"input": 1_000_000, "output": 250_000}}) == 800_000
    assert estimate_of(rates, {"tokens": {"input": 1_000_000}}) is None


def test_an_estimate_keeps_what_the_provider_does_not_report() -> None:
    rates = of(Api.BRAKET_JOB, braket(FORTE, count=1), tasks=10, shots=1000).rates
    # 60 s x (0.002 / 60 + 30 x 0.0002 / 3600) and the tasks of the bound
    assert estimate_of(rates, {"billableSeconds": 60}) == 83_002_100
    assert estimate_of(rates, {"billableSeconds": 0}) == 0
