"""docs/configuration.md names every context value and every environment variable, and no other."""

import importlib
import pkgutil
import re
from collections.abc import Iterator

import pytest

from infra.configuration import Configuration
from jobchute import cli
from jobchute.settings import Settings
from tests.paths import FUNCTIONS
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


def test_every_variable_has_a_meaning_and_vice_versa() -> None:
    assert [*configuration.undocumented()] == []


def test_every_module_that_reads_variables_is_asked() -> None:
    assert configuration.FUNCTIONS.keys() == {path.stem for path in FUNCTIONS.glob("*.py")}
    fields = {field for settings in configuration.TOOL for field in settings.types}
    assert {field for settings in settings_of_the_tool() for field in settings.types} == fields


def settings_of_the_tool() -> Iterator[type[Settings]]:
    for module in pkgutil.walk_packages(cli.__path__, f"{cli.__name__}."):
        for each in vars(importlib.import_module(module.name)).values():
            if isinstance(each, type) and issubclass(each, Settings) and each.__module__ == module.name:
                yield each
