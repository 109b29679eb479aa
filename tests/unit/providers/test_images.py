"""The tables about images and instance types against what they were made from."""

import gzip
import json
from pathlib import Path
from time import process_time

import botocore.session
import moto
import pytest
from botocore.loaders import create_loader

from jobchute.providers.image_names import Repository, is_image, repository_of
from jobchute.providers.sagemaker.builtin_images import ACCOUNTS, REPOSITORIES
from jobchute.providers.sagemaker.storage_rules import LOCAL_STORAGE, has_local_storage

EC2_TYPES = Path(moto.__file__).parent / "ec2" / "resources" / "instance_types.json.gz"
# EC2's guide has them; moto's copy of DescribeInstanceTypes does not.
UNKNOWN_TO_MOTO = {"p2": False, "p3": False, "p6e-gb200": True}


def sagemaker_types() -> set[str]:
    model = botocore.session.get_session().get_service_model("sagemaker")
    shapes = ("TrainingInstanceType", "ProcessingInstanceType")
    return {name for shape in shapes for name in getattr(model.shape_for(shape), "enum", ())}


def test_the_families_with_local_storage_are_those_of_ec2() -> None:
    described = json.loads(gzip.decompress(EC2_TYPES.read_bytes()))
    for name in sagemaker_types():
        family = name.split(".")[1]
        if name.removeprefix("ml.") in described:
            expected = described[name.removeprefix("ml.")]["InstanceStorageSupported"]
        else:
            expected = UNKNOWN_TO_MOTO[family]
        assert has_local_storage(name) is expected, name
    assert {name.split(".")[1] for name in sagemaker_types()} >= LOCAL_STORAGE


def test_an_ecr_image_is_recognised_in_every_partition() -> None:
    for partition in create_loader().load_data("endpoints")["partitions"]:
        for region in partition["regions"]:
            image = f"123456789012.dkr.ecr.{region}.{partition['dnsSuffix']}/team/image:1"
            assert repository_of(image) == Repository("123456789012", region, "team/image"), image


LONG = ["a" * 200_000 + "!", "a/" * 100_000 + "!", "a:" * 100_000, "1" * 200_000, "a.b-" * 50_000 + "/"]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[-6:])
def test_a_long_name_costs_no_more_than_its_length(text: str) -> None:
    before = process_time()
    is_image(text)
    assert repository_of(text) is None
    assert process_time() - before < 0.5


def test_the_built_in_algorithms_are_those_of_the_guide() -> None:
    """17 algorithms, XGBoost's in two repositories, in one account a region for most of them."""
    assert len(REPOSITORIES) == 18
    assert all(len(account) == 12 and account.isdigit() for account in ACCOUNTS)
    assert len(ACCOUNTS) == 86
