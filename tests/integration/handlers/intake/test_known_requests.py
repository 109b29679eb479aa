"""A request that is a job already, with other labels, priority or dependencies than the job's."""

import pytest

from jobchute.job import job_id_for_key
from jobchute.ledger.jobs import Ledger
from tests.integration.handlers.world import World, keyed


@pytest.mark.parametrize("most", [50, 1], ids=["a document that follows the job", "one too many to follow"])
def test_what_differs_is_told_as_not_applied(world: World, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(Ledger, "max_duplicates", most)
    world.receive(keyed("other"), keyed("k", labels={"team": "growth"}))
    world.receive({"Records": [world.drop("requests/other.json", keyed("k", labels={"team": "growth"}))]})
    record = world.drop("requests/again.json", keyed("k", labels={"team": "core"}, priority=9, after=["other"]))
    for _ in range(2):
        world.receive({"Records": [record]})
        world.announce()
    status = world.status("again.json.json")
    assert status["notApplied"] == ["labels", "priority", "after"]
    assert "Its labels, priority and after differ from the job's and are not applied" in status["note"]
    assert (status["labels"], status["priority"]) == ({"team": "growth"}, 5)
    assert len(world.job(job_id_for_key("k")).duplicates) == min(most, 2)
    assert "notApplied" not in world.status("other.json.json")
