"""The benchmarks find jobs by the names that they put into the requests."""

import pytest

from jobchute.job import Api
from jobchute.providers.registry import SPECS
from tests.harness.bench.throughput import APIS, documents_of


@pytest.mark.parametrize("api", APIS)
def test_a_burst_names_its_jobs(api: Api) -> None:
    ((name, document),) = documents_of("test", 1, [api]).items()
    assert document["request"][SPECS[api].name.member] == name
