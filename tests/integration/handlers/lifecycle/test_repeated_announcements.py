"""What `jobchute dlq redrive` has announced again, and what every event links to."""

from jobchute.job import Api, State
from tests.integration.handlers.world import World


class TestRetelling:
    """What `dlq redrive` does for a failure of the stream."""

    def ended(self, world: World) -> str:
        job_id = world.submit(Api.TRAINING_JOB)
        world.dispatch(job_id)
        world.pass_time(1000)
        assert world.observe(world.event(job_id)) == []
        return job_id

    def test_every_move_is_announced_again_under_its_own_id(self, world: World) -> None:
        job_id = self.ended(world)
        assert world.announce() == []
        told = {event["id"]: event for event in (each["detail"] for each in world.heard())}
        world.ledger().note(job_id, only_in=tuple(State), retold=1)
        assert world.announce() == []
        again = [each["detail"] for each in world.heard()]
        assert {event["id"] for event in again} == told.keys()
        assert len(told) == world.job(job_id).moves >= 4
        for event in again:
            assert event["state"] == told[event["id"]]["state"]
            assert event["history"] == told[event["id"]]["history"]

    def test_a_status_document_that_was_lost_is_written(self, world: World) -> None:
        job_id = self.ended(world)
        world.changes()  # lost
        assert world.statuses() == []
        world.ledger().note(job_id, only_in=tuple(State), retold=1)
        assert world.announce() == []
        assert len(world.statuses()) == 1
        assert world.status(world.statuses()[0])["state"] == "SUCCEEDED"

    def test_a_note_of_anything_else_tells_nothing(self, world: World) -> None:
        job_id = self.ended(world)
        world.announce()
        world.heard()
        world.ledger().note(job_id, only_in=tuple(State), native_status="whatever")
        assert world.announce() == []
        assert world.heard() == []


def test_events_link_to_the_console(world: World) -> None:
    job_id = world.submit(Api.TRAINING_JOB)
    world.announce()
    (event,) = world.heard()
    execution = world.machine.replace(":stateMachine:", ":execution:")
    assert event["detail"]["links"]["execution"].endswith(f"{execution}:{job_id}")
