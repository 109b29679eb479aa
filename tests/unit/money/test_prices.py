"""The table of prices: names, files of prices, and AWS's price list in its own format."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from jobchute.money.price_list import prices_in, queries_for
from jobchute.money.prices import Price, Prices, key_of, model_name, problem_with
from tests.paths import REPORTS


def samples() -> Iterator[str]:
    for path in sorted((REPORTS / "price-list").glob("*.json")):
        yield from (json.dumps(each) for each in json.loads(path.read_text())["PriceList"])


def changed(product: str, **attributes: Any) -> str:
    value = json.loads(product)
    value["product"]["attributes"] |= attributes
    return json.dumps(value)


def with_dimensions(product: str, *dimensions: dict[str, Any]) -> str:
    value = json.loads(product)
    (term,) = value["terms"]["OnDemand"].values()
    term["priceDimensions"] = {str(number): each for number, each in enumerate(dimensions)}
    return json.dumps(value)


def test_the_price_list_becomes_names() -> None:
    found = prices_in(samples(), "us-east-1")
    assert {name: (str(each.dollars), each.per) for name, each in found.items()} == {
        "sagemaker:training/ml.m5.large": ("0.1150000000", "hour"),
        "sagemaker:processing/ml.m5.xlarge": ("0.2300000000", "hour"),
        "braket:job/ml.m5.large": ("0.0019166667", "minute"),
        "braket:task/forte1": ("0.3000000000", "task"),
        "braket:shot/forte1": ("0.0800000000", "shot"),
        "braket:simulator/sv1": ("0.0750000000", "minute"),
        "bedrock:input/qwen332b": ("0.0000750000", "1K tokens"),
        "bedrock:output/qwen332b": ("0.0003000000", "1K tokens"),
    }
    assert found["sagemaker:training/ml.m5.large"][2:] == ("JMCWJEAPVJNFJ5P4", "2026-08-11")


def test_another_region_has_other_prices() -> None:
    found = prices_in(samples(), "ap-northeast-1")
    assert {name: (str(each.dollars), each.per) for name, each in found.items()} == {
        "bedrock:input/somemodel": ("0.5000000000", "1M tokens")
    }


@pytest.mark.parametrize(
    ("usage_type", "name"),
    [
        ("USE1-Train:ml.m5.large", "sagemaker:training/ml.m5.large"),
        ("APN1-Processing:ml.g6.48xlarge", "sagemaker:processing/ml.g6.48xlarge"),
        ("Train:ml.m5.large", "sagemaker:training/ml.m5.large"),
        ("EU-Train:VolumeUsage.gp2", "sagemaker:training/volume"),
        ("USE1-Processing:VolumeUsage.gp2", "sagemaker:processing/volume"),
        ("USE1-TrSpt:ml.m5.large", None),
        ("USE1-Host:ml.m5.large", None),
        ("USE1-Tsform:ml.m5.large", "sagemaker:transform/ml.m5.large"),
        ("USE1-Train:ml.m5.large-Geo_x", None),
        ("", None),
    ],
)
def test_sagemaker_is_read_by_usage_types(usage_type: str, name: str | None) -> None:
    unit = "GB-Mo" if "Volume" in usage_type else "Hrs"
    product = changed(next(each for each in samples() if "USE1-Train" in each), usagetype=usage_type)
    product = with_dimensions(product, {"unit": unit, "pricePerUnit": {"USD": "1"}})
    assert list(prices_in([product], "us-east-1")) == ([] if name is None else [name])


@pytest.mark.parametrize(
    "dimensions",
    [
        [],
        [{"unit": "Hrs", "pricePerUnit": {"USD": "0.0000000000"}}],
        [{"unit": "Hrs", "pricePerUnit": {"CNY": "1"}}],
        [{"unit": "Fortnights", "pricePerUnit": {"USD": "1"}}],
        [{"unit": "Hrs", "pricePerUnit": {"USD": "1"}}, {"unit": "Hrs", "pricePerUnit": {"USD": "2"}}],
    ],
)
def test_what_is_no_single_price_is_unknown_and_not_zero(dimensions: list[dict[str, Any]]) -> None:
    product = next(each for each in samples() if "USE1-Train" in each)
    assert prices_in([with_dimensions(product, *dimensions)], "us-east-1") == {}


def test_of_two_products_of_one_name_the_dearer_counts() -> None:
    product = next(each for each in samples() if "USE1-Train" in each)
    both = [with_dimensions(product, {"unit": "Hrs", "pricePerUnit": {"USD": dollars}}) for dollars in "213"]
    assert prices_in(both, "us-east-1")["sagemaker:training/ml.m5.large"].dollars == 3


def test_every_service_is_asked_for() -> None:
    queries = queries_for("eu-west-1")
    assert [query.service for query in queries][:2] == ["AmazonSageMaker", "AmazonBraket"]
    assert queries[0].filters == {"regionCode": "eu-west-1"}


@pytest.mark.parametrize(
    ("model_id", "listed"),
    [
        ("amazon.nova-pro-v1:0", "Nova Pro"),
        ("us.amazon.nova-pro-v1:0", "Nova Pro"),
        ("arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-pro-v1:0", "Nova Pro"),
        ("arn:aws:bedrock:us-east-1:123456789012:inference-profile/eu.amazon.nova-pro-v1:0", "Nova Pro"),
        ("qwen.qwen3-32b-v1:0", "Qwen3 32B"),
        ("anthropic.claude-3-haiku-20240307-v1:0", "Claude 3 Haiku"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "Claude 3.5 Sonnet v2"),
        ("anthropic.claude-sonnet-4-5-20250929-v1:0", "Claude Sonnet 4.5"),
        ("meta.llama3-1-70b-instruct-v1:0", "Llama 3.1 70B Instruct"),
        ("mistral.mistral-7b-instruct-v0:2", "Mistral 7B Instruct"),
        ("openai.gpt-oss-20b-1:0", "gpt-oss-20b"),
    ],
)
def test_a_model_has_the_price_of_its_name(model_id: str, listed: str) -> None:
    assert key_of(f"bedrock:input/{model_id}") == key_of(f"bedrock:input/{listed}")


@pytest.mark.parametrize(
    ("model_id", "other"),
    [
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", "Claude 3.5 Sonnet"),
        ("amazon.titan-embed-text-v2:0", "Titan Embed Text"),
        ("amazon.nova-pro-v1:0", "Nova Lite"),
    ],
)
def test_another_version_has_another_price(model_id: str, other: str) -> None:
    assert key_of(f"bedrock:input/{model_id}") != key_of(f"bedrock:input/{other}")


def test_a_name_of_a_model_stays_what_it_is() -> None:
    assert model_name("Claude 3.5 Sonnet") == "Claude 3.5 Sonnet"


def test_a_table_comes_back_as_it_was() -> None:
    table = {
        "sagemaker:training/ml.m5.large": Price(Decimal("0.1150000000"), "hour", "SKU", "2026-08-11"),
        "fireworks:rank/pool": Price(Decimal("2.5"), "hour"),
    }
    prices = Prices(table, date="2026-11-27", region="us-east-1")
    assert Prices.of_json(prices.to_json()) == prices


@pytest.mark.parametrize(
    ("name", "dollars", "per", "word"),
    [
        ("fireworks:rank/pool", 2.5, "hour", None),
        ("sagemaker:training/volume", "0.154", "GB-month", None),
        ("sagemaker:training/volume", "0.154", "hour", "GB-month"),
        ("fireworks:rank/", 1, "hour", "KIND/NAME"),
        ("gpu/h100", 1, "hour", "KIND/NAME"),
        ("fireworks:rank/pool", 2.5, "month", "hour or minute or second"),
        ("fireworks:rank/pool", 0, "hour", "above 0"),
        ("fireworks:rank/pool", -1, "hour", "above 0"),
        ("fireworks:rank/pool", None, "hour", "above 0"),
        ("fireworks:rank/pool", True, "hour", "above 0"),
        ("fireworks:rank/pool", "NaN", "hour", "above 0"),
        ("fireworks:rank/pool", "dear", "hour", "above 0"),
    ],
)
def test_a_price_that_a_person_wrote_is_checked(name: str, dollars: object, per: str, word: str | None) -> None:
    problem = problem_with(name, dollars, per)
    assert problem is None if word is None else word in str(problem)
