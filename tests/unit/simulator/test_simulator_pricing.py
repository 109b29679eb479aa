"""The simulator's price list, read as AWS's is."""

import json
from typing import Any

import boto3  # type: ignore[import-untyped,unused-ignore]
import pytest
from botocore.exceptions import ClientError  # type: ignore[import-untyped,unused-ignore]

from infra.local.simulator import Simulator
from jobchute.money.price_list import prices_in, queries_for
from tests.unit.simulator.conftest import CLIENT


@pytest.fixture
def pricing(simulator: Simulator) -> Any:
    with simulator.serve() as url:
        make: Any = boto3.client
        yield make("pricing", endpoint_url=url, **CLIENT)


def products(pricing: Any, service: str, **filters: str) -> list[dict[str, Any]]:
    terms = [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in filters.items()]
    pages = pricing.get_paginator("get_products").paginate(
        ServiceCode=service, Filters=terms, PaginationConfig={"PageSize": 7}
    )
    return [json.loads(text) for page in pages for text in page["PriceList"]]


def test_every_page_is_read(pricing: Any) -> None:
    found = products(pricing, "AmazonSageMaker", regionCode="us-east-1")
    assert len(found) > 14
    assert len({each["product"]["sku"] for each in found}) == len(found)


def test_filters_choose_products(pricing: Any) -> None:
    found = products(pricing, "AmazonSageMaker", component="Training", instanceName="ml.m5.large")
    (product,) = found
    (term,) = product["terms"]["OnDemand"].values()
    (dimension,) = term["priceDimensions"].values()
    assert (dimension["unit"], dimension["pricePerUnit"]) == ("Hrs", {"USD": "0.1150000000"})
    assert products(pricing, "AmazonSageMaker", regionCode="eu-west-9") == []


def test_its_list_has_prices_of_each_kind(pricing: Any) -> None:
    texts = [
        json.dumps(each)
        for query in queries_for("us-east-1")
        for each in products(pricing, query.service, **query.filters)
    ]
    kinds = {name.partition("/")[0] for name in prices_in(texts, "us-east-1")}
    assert kinds == {
        "sagemaker:training",
        "sagemaker:processing",
        "sagemaker:transform",
        "braket:job",
        "braket:task",
        "braket:shot",
        "braket:simulator",
        "bedrock:input",
        "bedrock:output",
    }


def test_a_page_token_of_another_list_is_refused(pricing: Any) -> None:
    with pytest.raises(ClientError, match="InvalidNextTokenException"):
        pricing.get_products(ServiceCode="AmazonBraket", NextToken="from-5000")
