"""What tests need to know of each API: the one table, and each API's sample request.

Another API is a module here, named after its folder. What the specs say is read from them.
"""

import json
import re
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from jobchute.job import Api
from jobchute.providers.registry import FOLDERS
from tests.apis.values import ApiValues
from tests.paths import ROOT, SAMPLES

VALUES: Mapping[Api, ApiValues] = {
    api: import_module(f"tests.apis.{folder.replace('.', '_')}").VALUES for api, folder in FOLDERS.items()
}


def dashed(api: Api) -> str:
    """The create call as a folder of the bare form names it: `create-training-job`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", api.partition(":")[2]).lower()


def sample_of(api: Api) -> Path:
    """The one sample of a bare body."""
    folder = SAMPLES / api.partition(":")[0] / dashed(api)
    paths = list(folder.glob("*.json"))
    assert len(paths) == 1, f"{folder.relative_to(ROOT)} needs one sample of {api}, and has {len(paths)}"
    return paths[0]


REQUESTS: dict[Api, Any] = {api: json.loads(sample_of(api).read_text()) for api in Api}
"""The samples' bodies."""
