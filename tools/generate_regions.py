"""Writes the list of regions that have the providers' services, from botocore's endpoint data.

    python -m tools.generate_regions        (also part of `make models`)

The botocore that is installed is the source. A test compares `generated()` with the module as it stands and
fails where they differ.
"""

import textwrap
from pathlib import Path

import botocore
import botocore.session
from botocore.loaders import create_loader

from jobchute.providers.registry import SPECS

MODULE = Path(__file__).parents[1] / "functions" / "jobchute" / "requests" / "regions.py"
SERVICES = tuple(dict.fromkeys(spec.service for spec in SPECS.values() if spec.service))


def regions_of(service: str) -> list[str]:
    """The regions of all partitions in which a service has an endpoint."""
    session = botocore.session.get_session()
    partitions = session.get_available_partitions()
    return sorted(
        region for partition in partitions for region in session.get_available_regions(service, partition)
    )


def known_regions() -> list[str]:
    """Every region that this botocore knows."""
    partitions = create_loader().load_data("endpoints")["partitions"]
    return sorted(region for partition in partitions for region in partition["regions"])


def generated() -> str:
    """The text of the module."""
    lists = {"KNOWN": known_regions(), **{_constant(name): regions_of(name) for name in SERVICES}}
    texts = "\n".join(f'{name}_NAMES = """\n{_wrapped(regions)}\n"""' for name, regions in lists.items())
    services = "".join(f'    "{name}": frozenset({_constant(name)}_NAMES.split()),\n' for name in SERVICES)
    return (
        f'"""Which regions have which service: endpoint data of botocore {botocore.__version__}.\n\n'
        "Made by tools/generate_regions.py; `make models` makes it again.\n"
        '"""\n\n'
        f"from collections.abc import Mapping\n\n{texts}\n"
        "KNOWN = frozenset(KNOWN_NAMES.split())\n"
        f"REGIONS: Mapping[str, frozenset[str]] = {{\n{services}}}\n"
    )


def _constant(service: str) -> str:
    return service.upper().replace("-", "_")


def _wrapped(names: list[str]) -> str:
    return "\n".join(textwrap.wrap(" ".join(names), 100, break_on_hyphens=False))


if __name__ == "__main__":
    MODULE.write_text(generated())
