"""AWS's price list: from its products to prices by name. Pure.

Format: answers of GetProducts, each product a JSON text (AWS Price List Query API). Prices are public list
prices on demand, in US dollars: no savings plan, discount, credit or tax.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from jobchute.money.prices import Price, key_of

SAGEMAKER = re.compile(
    r"(?:[A-Z0-9-]+-)?(?P<component>Train|Processing|Tsform):(?P<what>ml\.[a-z0-9.-]+|VolumeUsage\.gp2)"
)
COMPONENTS = {
    "Train": "sagemaker:training",
    "Processing": "sagemaker:processing",
    "Tsform": "sagemaker:transform",
}
EDITION = " (Amazon Bedrock Edition)"
MILLIONS = re.compile(r".*_MillionBatch(?P<direction>Input|Output)Tokens-Units")
INSTANCE = re.compile(r"ml\.[a-z0-9.-]+")
UNITS = {
    "hrs": "hour",
    "hours": "hour",
    "minutes": "minute",
    "minute": "minute",
    "min": "minute",
    "gb-mo": "GB-month",
    "1k tokens": "1K tokens",
    "1m tokens": "1M tokens",
    "tasks": "task",
    "task": "task",
    "shots": "shot",
    "shot": "shot",
}
"""AWS's words for units, in small letters."""


class Query(NamedTuple):
    """What GetProducts is asked for. filters: attributes and values that a product must have."""

    service: str
    filters: Mapping[str, str]


class Named(NamedTuple):
    """A product that is a price of ours. unit: where the product's own word does not say it."""

    name: str
    unit: str = ""


def queries_for(region: str) -> list[Query]:
    """Braket's products have their region under several names, so all of them are read."""
    here = {"regionCode": region}
    return [
        Query("AmazonSageMaker", here),
        Query("AmazonBraket", {}),
        Query("AmazonBedrock", here),
        Query("AmazonBedrockFoundationModels", here),
    ]


def prices_in(products: Iterable[str], region: str) -> dict[str, Price]:
    """The prices of a region, by their keys. products: the texts of a PriceList.

    Products with several prices (tiers) or none are left out, as are prices of 0. Where two products have one
    name, the dearer one counts.
    """
    found: dict[str, Price] = {}
    for text in products:
        product = json.loads(text)
        named = _name_of(product, region)
        price = None if named is None else _price_of(product, named)
        if named is None or price is None:
            continue
        key = key_of(named.name)
        if key not in found or price.of_one > found[key].of_one:
            found[key] = price
    return found


def _name_of(product: Mapping[str, Any], region: str) -> Named | None:
    attributes: Mapping[str, str] = product["product"].get("attributes", {})
    family = product["product"].get("productFamily", "")
    match product.get("serviceCode"):
        case "AmazonSageMaker" if attributes.get("regionCode") == region:
            return _sagemaker(attributes)
        case "AmazonBraket" if region in (attributes.get("Region Code"), attributes.get("regionCode")):
            return _braket(family, attributes)
        case "AmazonBedrock" if attributes.get("regionCode") == region:
            return _bedrock(attributes)
        case "AmazonBedrockFoundationModels" if attributes.get("regionCode") == region:
            return _foundation_model(attributes)
        case _:
            return None


def _sagemaker(attributes: Mapping[str, str]) -> Named | None:
    """By the usage type alone: other attributes have suffixes, or are empty."""
    found = SAGEMAKER.fullmatch(attributes.get("usagetype", ""))
    if found is None:
        return None
    kind, what = COMPONENTS[found["component"]], found["what"]
    return Named(f"{kind}/{what if what.startswith('ml.') else 'volume'}")


def _braket(family: str, attributes: Mapping[str, str]) -> Named | None:
    device = attributes.get("devicename") or attributes.get("Device Name") or attributes.get("Version")
    match family:
        case "Braket Managed Jobs Instance":
            found = INSTANCE.search(attributes.get("usagetype", ""))
            return None if found is None else Named(f"braket:job/{found[0]}")
        case "Braket Managed Jobs Volume":
            return Named("braket:job/volume")
        case "Quantum Task" | "Braket Managed Jobs QPU Task" if device:
            return Named(f"braket:task/{device}")
        case "Quantum Task-Shot" | "Braket Managed Jobs QPU Task Shot" if device:
            return Named(f"braket:shot/{device}")
        case "Simulator Task" | "Braket Managed Jobs Simulator Task" if device:
            return Named(f"braket:simulator/{device}")
        case _:
            return None


def _bedrock(attributes: Mapping[str, str]) -> Named | None:
    if attributes.get("feature") != "Batch Inference" or not attributes.get("model"):
        return None
    direction = attributes.get("inferenceType", "").lower().removesuffix(" tokens")
    if direction not in ("input", "output"):
        return None
    return Named(f"bedrock:{direction}/{attributes['model']}")


def _foundation_model(attributes: Mapping[str, str]) -> Named | None:
    found = MILLIONS.fullmatch(attributes.get("usagetype", ""))
    model = attributes.get("servicename", "")
    if found is None or not model.endswith(EDITION):
        return None
    return Named(f"bedrock:{found['direction'].lower()}/{model.removesuffix(EDITION)}", "1M tokens")


def _price_of(product: Mapping[str, Any], named: Named) -> Price | None:
    dimensions = list(_dimensions(product))
    if len(dimensions) != 1:
        return None
    (dimension,) = dimensions
    unit = named.unit or UNITS.get(dimension.get("unit", "").lower(), "")
    dollars = Decimal(dimension.get("pricePerUnit", {}).get("USD", "0"))
    if not unit or dollars <= 0:
        return None
    return Price(dollars, unit, product["product"].get("sku", ""), product.get("publicationDate", "")[:10])


def _dimensions(product: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    for term in product.get("terms", {}).get("OnDemand", {}).values():
        yield from term.get("priceDimensions", {}).values()
