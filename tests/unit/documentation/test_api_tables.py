"""The tables that have a row for each API say what the code says."""

import pytest

from tools.apis import tables
from tools.pages import Section


@pytest.mark.parametrize("section", tables(), ids=lambda section: section.name)
def test_a_table_of_the_apis_is_up_to_date(section: Section) -> None:
    assert section.read() == tables()[section], "run `make apis`"
