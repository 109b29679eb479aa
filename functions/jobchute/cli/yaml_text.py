"""Documents as YAML that the tool's own parser reads back unchanged."""

import json
from collections.abc import Mapping
from typing import Any

import yaml

from jobchute.parsing.yaml_scalars import scalar_fault, scalar_value

MAX_LINE = 112


class _Dumper(yaml.SafeDumper):
    """Indents the items of lists, and writes a value twice rather than as an alias."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> Any:  # noqa: ARG002 - PyYAML's
        return super().increase_indent(flow, indentless=False)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 - PyYAML's
        return True


def yaml_of(document: Mapping[str, Any]) -> str:
    """One document in ASCII, its members in their order."""
    plain = json.loads(json.dumps(document))
    return str(yaml.dump(plain, Dumper=_Dumper, sort_keys=False, width=MAX_LINE))


def _text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    """Quoted if some parser takes it for something else than text."""
    is_plain = scalar_fault(value) is None and scalar_value(value) == value
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if is_plain else '"')


_Dumper.add_representer(str, _text)
