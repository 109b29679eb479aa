"""A file's tests stay in one process, as tests/conftest.py asks: what they make for each other is made once."""

import pytest


@pytest.mark.parametrize("number", range(8))
def test_another_test_of_this_file_ran_nowhere_else(
    number: int, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """`number` makes several of it. A run in one process has nothing to show."""
    shared = tmp_path_factory.getbasetemp().parent / "processes"
    shared.mkdir(exist_ok=True)
    (shared / f"{worker_id}-{number}").touch()
    assert {path.name.rpartition("-")[0] for path in shared.iterdir()} == {worker_id}
