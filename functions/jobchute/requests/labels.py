"""A document's labels: what the tags of all providers take."""

import re
from collections.abc import Mapping
from typing import Any

from jobchute.problems import Problem

MAX_LABELS = 20
LABEL_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?")
# What the tags of all providers take (AWS tags, Kubernetes annotations).
LABEL_VALUE = re.compile(r"[A-Za-z0-9 _.:/=+@-]{0,256}")
NAME_RULE = (
    "a label's name has 1 to 63 letters, digits, '.', '_' or '-', begins and ends with a letter or digit, "
    "and does not begin with 'aws'"
)


def is_label_name(name: str) -> bool:
    return LABEL_NAME.fullmatch(name) is not None and not name.lower().startswith("aws")


def labels_in(value: Mapping[str, Any], problems: list[Problem]) -> dict[str, str]:
    labels = value.get("labels", {})
    if not isinstance(labels, dict):
        problems.append(Problem("labels", "WRONG_TYPE", "labels must be an object of names and string values"))
        return {}
    if len(labels) > MAX_LABELS:
        problems.append(Problem("labels", "TOO_LONG", f"at most {MAX_LABELS} labels, not {len(labels)}"))
    for name, text in labels.items():
        if not is_label_name(name):
            problems.append(Problem(f"labels.{name[:63]}", "PATTERN", NAME_RULE))
        if not isinstance(text, str) or not LABEL_VALUE.fullmatch(text):
            rule = "a label's value must be a string of at most 256 letters, digits, spaces and _ . : / = + @ -"
            hint = "; put it in quotes" if isinstance(text, bool | int | float) else ""
            problems.append(Problem(f"labels.{name[:63]}", "PATTERN", f"{rule}{hint}"))
    return labels
