"""The pages are written in plain words: subject, verb, object, and the terms of AWS and Python."""

import re
from pathlib import Path

import pytest

from tests.unit.documentation.blocks import ALL_PAGES

TERSE = re.compile(
    r"\b(?:whoever|whomever|nobody|somebody|whatever|of which|(?:is|are|was|were) told|let in|whose turn"
    r"|the sweep|a look|looks at|made anew)\b",
    re.IGNORECASE,
)
"""Instead: operator, sender, no one, any, reported, admitted, the reconciler, poll."""


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: page.name)
def test_a_page_is_in_plain_words(page: Path) -> None:
    assert TERSE.findall(page.read_text()) == []
