"""docs/configuration.md names every context value and every environment variable, and no other."""

import re

import pytest

from infra.configuration import Configuration
from tools import configuration
from tools.pages import Section

SECTIONS = configuration.tables()


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_a_table_is_what_the_code_says(section: Section) -> None:
    """When this fails: make configuration."""
    assert section.read() == SECTIONS[section]


def test_every_context_value_has_a_row() -> None:
    rows = re.findall(r"^\| `jobchute:(\w+)` \|", configuration.PAGE.read_text(), re.MULTILINE)
    assert sorted(rows) == sorted(Configuration.model_fields.keys() - configuration.NOT_FOR_DEPLOYMENTS)


def test_every_variable_has_a_meaning_and_every_meaning_a_variable() -> None:
    assert [*configuration.undocumented()] == []
