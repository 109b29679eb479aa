"""AWS's price list: GetProducts, with the products of a few services in the list's own format.

The rates are examples, rounded from public ones of 2026 and the same in every region; the simulator's bills are
of no money. Products have the members of the real ones, with further rows that are no price of a job: other
components, a free tier and a reserved term.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import ServiceError
from ..listing import InvalidPageToken
from ..permissions import Need, Parameters
from ..world import World

PUBLISHED, VERSION = "2026-08-11T00:00:00Z", "20260811000000"
HOURS: Mapping[str, str] = {
    "ml.t3.medium": "0.0500000000",
    "ml.m5.large": "0.1150000000",
    "ml.m5.xlarge": "0.2300000000",
    "ml.m5.2xlarge": "0.4610000000",
    "ml.m5.4xlarge": "0.9220000000",
    "ml.c5.xlarge": "0.2040000000",
    "ml.g4dn.xlarge": "0.7360000000",
    "ml.g5.xlarge": "1.4080000000",
    "ml.g5.2xlarge": "1.5150000000",
    "ml.g6.xlarge": "1.1270000000",
}
MINUTES: Mapping[str, str] = {"ml.m5.large": "0.0019166667", "ml.m5.xlarge": "0.0038333333"}
TOKENS: Mapping[str, tuple[str, str, str]] = {
    "Claude 3 Haiku": ("Anthropic", "0.0001250000", "0.0006250000"),
    "Nova Pro": ("Amazon", "0.0004000000", "0.0016000000"),
    "Qwen3 32B": ("Qwen", "0.0000750000", "0.0003000000"),
}
"""Provider, and dollars of 1,000 tokens read and written in a batch."""
MAX_PAGE = 100


class Pricing:
    """Knows no jobs; a price list is the same at any time."""

    def __init__(self, world: World) -> None:
        self._region = world.settings.region
        self.operations = {"GetProducts": self._products}

    def needs_of(self, operation: str, given: Parameters) -> Iterator[Need]:  # noqa: ARG002
        yield Need(f"pricing:{operation}", "*")

    def _products(self, given: dict[str, Any]) -> Mapping[str, Any]:
        if given.get("FormatVersion", "aws_v1") != "aws_v1":
            raise ServiceError("InvalidParameterException", "the format version must be aws_v1")
        found = [json.dumps(each) for each in _all(self._region) if _is_wanted(each, given)]
        start, size = _position(given.get("NextToken"), len(found)), given.get("MaxResults") or MAX_PAGE
        answer: dict[str, Any] = {"FormatVersion": "aws_v1", "PriceList": found[start : start + size]}
        if start + size < len(found):
            answer["NextToken"] = f"from-{start + size}"
        return answer


def _position(token: str | None, count: int) -> int:
    if token is None:
        return 0
    number = token.removeprefix("from-")
    if not number.isdecimal() or int(number) >= count:
        raise ServiceError("InvalidNextTokenException", str(InvalidPageToken(token)))
    return int(number)


def _is_wanted(product: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    if product["serviceCode"] != given["ServiceCode"]:
        return False
    attributes = {"productFamily": product["product"]["productFamily"], **product["product"]["attributes"]}
    return all(attributes.get(each["Field"]) == each["Value"] for each in given.get("Filters", ()))


def _all(region: str) -> Iterator[dict[str, Any]]:
    yield from _sagemaker(region)
    yield from _braket(region)
    yield from _bedrock(region)


def _sagemaker(region: str) -> Iterator[dict[str, Any]]:
    """Usage types begin with a code of the region; the code of this one is neutral."""
    for component, word in (
        ("Training", "Train"),
        ("Processing", "Processing"),
        ("Batch Transform", "Tsform"),
        ("Hosting", "Host"),
    ):
        for number, (kind, rate) in enumerate(HOURS.items()):
            attributes = {
                "regionCode": region,
                "servicecode": "AmazonSageMaker",
                "instanceName": kind,
                "instanceType": f"{kind}-{component}",
                "component": component,
                "platoinstancetype": component,
                "usagetype": f"SIM1-{word}:{kind}",
                "operation": "RunInstance",
            }
            sku = f"SIMSM{word[:4].upper()}{number:06}"
            yield _product("AmazonSageMaker", "ML Instance", sku, attributes, ("Hrs", rate))
        attributes = {
            "regionCode": region,
            "servicecode": "AmazonSageMaker",
            "component": component,
            "usagetype": f"SIM1-{word}:VolumeUsage.gp2",
            "operation": "CreateVolume-Gp2",
        }
        sku = f"SIMSM{word[:4].upper()}VOLUME"
        yield _product("AmazonSageMaker", "ML Storage", sku, attributes, ("GB-Mo", "0.1400000000"))


def _braket(region: str) -> Iterator[dict[str, Any]]:
    here = {"Region Code": region}
    for number, (kind, rate) in enumerate(MINUTES.items()):
        attributes = {**here, "usagetype": f"SIM1-instance-minute-{kind}", "operation": "Managed-Jobs"}
        family = "Braket Managed Jobs Instance"
        yield _product("AmazonBraket", family, f"SIMBRK{number:010}", attributes, ("minutes", rate))
    volume = {**here, "usagetype": "SIM1-volume", "operation": "Managed-Jobs"}
    yield _product(
        "AmazonBraket", "Braket Managed Jobs Volume", "SIMBRKVOLUME", volume, ("GB-Mo", "0.1400000000")
    )
    device = {**here, "devicename": "Forte 1"}
    yield _product("AmazonBraket", "Quantum Task", "SIMBRKTASK", device, ("Tasks", "0.3000000000"))
    yield _product("AmazonBraket", "Quantum Task-Shot", "SIMBRKSHOT", device, ("Shots", "0.0800000000"))
    simulator = {**here, "Version": "SV1", "operation": "CompleteTask", "usagetype": "SIM1-SV1-Completed-Task"}
    yield _product("AmazonBraket", "Simulator Task", "SIMBRKSV1", simulator, ("minutes", "0.0750000000"))


def _bedrock(region: str) -> Iterator[dict[str, Any]]:
    for number, (model, (provider, *rates)) in enumerate(TOKENS.items()):
        for direction, rate in zip(("Input", "Output"), rates, strict=True):
            attributes = {
                "regionCode": region,
                "model": model,
                "provider": provider,
                "feature": "Batch Inference",
                "inferenceType": f"{direction} tokens",
                "usagetype": f"SIM1-{model.replace(' ', '')}-{direction.lower()}-tokens-batch",
                "operation": "",
            }
            sku = f"SIMBED{direction[:3].upper()}{number:07}"
            yield _product("AmazonBedrock", "Amazon Bedrock", sku, attributes, ("1K tokens", rate))
    free = {"regionCode": region, "model": "Nova Pro", "feature": "Batch Inference", "inferenceType": "Free"}
    yield _product("AmazonBedrock", "Amazon Bedrock", "SIMBEDFREE", free, ("1K tokens", "0.0000000000"))


def _product(
    service: str, family: str, sku: str, attributes: Mapping[str, str], price: tuple[str, str]
) -> dict[str, Any]:
    unit, rate = price
    offer = f"{sku}.JRTCKXETXF"
    dimension = {
        "unit": unit,
        "endRange": "Inf",
        "description": f"${rate} per {unit}",
        "appliesTo": [],
        "rateCode": f"{offer}.6YS6EN2CT7",
        "beginRange": "0",
        "pricePerUnit": {"USD": rate},
    }
    term = {
        "priceDimensions": {dimension["rateCode"]: dimension},
        "sku": sku,
        "effectiveDate": "2026-08-01T00:00:00Z",
        "offerTermCode": "JRTCKXETXF",
        "termAttributes": {},
    }
    return {
        "product": {"productFamily": family, "attributes": dict(attributes), "sku": sku},
        "serviceCode": service,
        "terms": {"OnDemand": {offer: term}},
        "version": VERSION,
        "publicationDate": PUBLISHED,
    }
