"""The contract of adapters on stops, over the fakes and the simulator."""

from dataclasses import replace

import pytest

from jobchute.errors import NotFoundError
from jobchute.job import State
from tests.integration.providers.conftest import QUEUE, RUN, STOP, Provider, stopped, stopping


class TestCancel:
    @pytest.mark.parametrize("after", [0, QUEUE + RUN / 2], ids=["queued", "running"])
    def test_a_job_ends_cancelled(self, provider: Provider, after: float) -> None:
        job = provider.submitted(provider.job())
        provider.simulator.advance(after)
        job = stopped(provider, stopping(job))
        assert provider.adapter.observe(job).state is None
        provider.simulator.advance(STOP)
        assert provider.adapter.observe(job).state is State.CANCELLED

    def test_twice_is_as_good_as_once(self, provider: Provider) -> None:
        job = stopping(provider.submitted(provider.job()))
        for seconds in (0, STOP / 2, STOP):
            job = stopped(provider, job)
            provider.simulator.advance(seconds)
        job = stopped(provider, job)
        assert provider.adapter.observe(job).state is State.CANCELLED

    def test_a_job_that_is_not_there_is_not_stopped(self, provider: Provider) -> None:
        job = stopping(provider.submitted(provider.job()))
        nobody = provider.values.provider_id.format(number=99, name="nobody")
        with pytest.raises(NotFoundError):
            provider.adapter.cancel(replace(job, name="nobody", provider_id=nobody))

    @pytest.mark.parametrize(("how", "end"), [("succeed", State.SUCCEEDED), ("fail", State.FAILED)])
    def test_a_job_that_has_ended_keeps_its_end(self, provider: Provider, how: str, end: State) -> None:
        job = provider.submitted(provider.job(simulate=how))
        provider.simulator.advance(QUEUE + RUN)
        provider.adapter.cancel(job)
        assert provider.adapter.observe(job).state is end
