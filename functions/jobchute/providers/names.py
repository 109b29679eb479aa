"""Names of the jobs that one document makes in numbers."""

import re
from collections.abc import Iterable

from jobchute.job import canonical, sha256

DIGEST_LENGTH = 10
_OTHERS = re.compile(r"[^A-Za-z0-9]+")


def slug(text: str) -> str:
    """Letters, digits and single dashes between them, which a name at any of the providers may hold."""
    return _OTHERS.sub("-", text).strip("-")


def digest(value: object) -> str:
    return sha256(canonical(value))[:DIGEST_LENGTH]


def name_with(base: str, parts: Iterable[str], most: int) -> str | None:
    """The base and the parts, joined by dashes; None if that is longer than a name may be."""
    name = "-".join([base, *filter(None, parts)])
    return name if len(name) <= most else None


def cut_name(base: str, parts: Iterable[str], most: int, *, mark: str) -> str:
    """As much of it as fits before a mark that tells it from others."""
    name = "-".join([base, *filter(None, parts)])
    return f"{name[: most - len(mark) - 1].rstrip('-.+')}-{mark}"
