"""Dry runs, before there is anything and beside the jobs that they ask about."""

from collections.abc import Iterator

from jobchute.job import Api
from tests.harness.faults.cases import ended, send_all, settled, wrong
from tests.harness.faults.documents import document_of, text_of
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World


def dry_runs(world: World) -> Iterator[Violation]:
    """They leave no row and no job at a provider, and change nothing of the real submissions after them."""
    yield from _planned(world, "accepted")
    yield from wrong(not world.rows.jobs(), "a dry run has left rows")
    yield from wrong(not world.provider.jobs, "a dry run has made a job at a provider")
    job_ids = send_all(world, each=1)
    world.clock.run(world.clock.now + 60)
    yield from _planned(world, "duplicate")
    yield from settled(world)
    yield from ended(world)
    yield from wrong(set(world.rows.jobs()) == set(job_ids), "there are other jobs than were sent")


def _planned(world: World, verdict: str) -> Iterator[Violation]:
    """A dry run of each API's first document is answered so."""
    before = set(world.s3.statuses)
    for number, api in enumerate(Api):
        world.intake.send(text_of(document_of(api, number, dryRun=True)))
    world.clock.run(world.clock.now + 60)
    answers = [world.s3.status(key) for key in set(world.s3.statuses) - before]
    verdicts = [answer["verdict"] for answer in answers if "verdict" in answer]
    yield from wrong(verdicts == [verdict] * len(Api), f"the verdicts are {verdicts}")


CASES = (dry_runs,)
