"""What ended jobs have cost, by their results."""

from typing import Any

from jobchute.job import Api
from jobchute.money.cost import cost_of, estimate_of
from jobchute.providers.charges import charges_of
from tests.unit.money.quantities import EACH, FORTE, LARGE, PRICES, braket, of, training


@EACH
def test_no_estimate_at_the_limit_is_above_the_bound(
    api: Api, request_: dict[str, Any], dollars: float
) -> None:
    charges = charges_of(api, request_, {})
    cost = cost_of(charges, PRICES)
    for group in charges.alternatives if charges.is_told else ():
        billable = charges.seconds * sum(each.number for each in group)
        result = {"billableSeconds": billable, "instances": {"type": group[0].type}}
        estimate = estimate_of(cost.rates, result)
        assert estimate is not None
        assert 0 < estimate <= (cost.bound or 0)


@EACH
def test_what_is_not_told_is_no_estimate_of_nothing(api: Api, request_: dict[str, Any], dollars: float) -> None:
    """An end without a start is that of a job that never ran, unless the provider never tells the start."""
    charges = charges_of(api, request_, {})
    rates = cost_of(charges, PRICES).rates
    assert charges.is_told == (api is not Api.TUNING_JOB)
    if not charges.is_told:
        assert estimate_of(rates, {"endedAt": "2026-11-27T05:00:00Z"}) is None


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
