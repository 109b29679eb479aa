"""botocore's data, cut as in the asset."""

import shutil
from pathlib import Path

import botocore
import pytest

from infra.botocore_data import OPERATIONS, SHARED, prune

FULL = Path(botocore.__file__).parent / "data"


@pytest.fixture(scope="session")
def pruned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    data = tmp_path_factory.mktemp("botocore") / "data"
    for service in OPERATIONS:
        shutil.copytree(FULL / service, data / service)
    for name in SHARED:
        shutil.copy(FULL / f"{name}.json", data)
    prune(data)
    return data
