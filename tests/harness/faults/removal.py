"""Taking a line out of the product for a while, so that a test can show what it is there for.

It is a mutation tool, so it may replace functions of the product's modules, as no test may
(tests/unit/packaging/test_patches.py).
"""

import inspect
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

Removal = Callable[[pytest.MonkeyPatch], None]


def rewritten(owner: Any, name: str, *changes: tuple[str, str]) -> Removal:
    """Put other text in the place of a function's own. Fails where the text is not there once: the product has
    changed, and so must the list.
    """

    def remove(patch: pytest.MonkeyPatch) -> None:
        function = inspect.unwrap(getattr(owner, name))
        source = textwrap.dedent(inspect.getsource(function))
        for old, new in changes:
            assert source.count(old) == 1, f"{owner.__name__}.{name} has not once: {old}"
            source = source.replace(old, new)
        scope = dict(vars(sys.modules[function.__module__]))
        exec(
            compile("from __future__ import annotations\n" + source, function.__code__.co_filename, "exec"),
            scope,
        )
        patch.setattr(owner, name, scope[name])

    return remove


def replaced(owner: Any, name: str, value: object) -> Removal:
    def remove(patch: pytest.MonkeyPatch) -> None:
        patch.setattr(owner, name, value)

    return remove


def all_of(*removals: Removal) -> Removal:
    """For a guard that stands twice."""

    def remove(patch: pytest.MonkeyPatch) -> None:
        for each in removals:
            each(patch)

    return remove
