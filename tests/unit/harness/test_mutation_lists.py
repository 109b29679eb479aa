"""The modules that `make mutation` changes, and the tests that it runs, are there."""

import pytest

from tests.harness.mutation.__main__ import TESTS, source_of, suites_of


@pytest.mark.parametrize("module", TESTS)
def test_a_mutated_module_and_its_tests_are_there(module: str) -> None:
    assert [path for path in (source_of(module), *suites_of(module)) if not path.exists()] == []
