"""Messages that claim to end a file or to begin it anew, and more files than a sweep has time to count."""

from collections.abc import Iterator

from jobchute.job import iso
from jobchute.ledger.files import file_row_of
from tests.harness.faults.attack.attack import HOUR, Attack, notify, put, rest, wrong
from tests.harness.faults.documents import document_of, invalid, text_of
from tests.harness.faults.innocents import APIS, Innocents, later
from tests.harness.faults.meter import USUAL, Meter
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

FILES = 300
SLOW = {**USUAL, "dynamodb": 0.05, "s3": 0.1, "events": 0.1}


def ends_a_file(world: World, innocents: Innocents) -> Iterator[Violation]:
    """While its jobs run and after they have ended: versions that never were, and documents like its answer."""
    key = "requests/theirs.jsonl"
    uri = put(world, key, *(document_of(api, 60_000 + number) for number, api in enumerate(APIS)))

    def attack() -> None:
        for version in ("", "no-version", "null"):
            notify(world, key, version, "F" * 64)
        told = {"source": {"uri": uri, "version": "v1"}, "endedAt": iso(world.clock.now), "states": {}}
        world.intake.send(text_of(told))
        world.intake.send(text_of({"detail-type": "Jobchute File Ended", "source": "jobchute", "detail": told}))

    innocents.send()
    for seconds in (20, 200, 2 * HOUR):
        later(world, seconds, attack)
    yield from rest(world, patience=24 * HOUR)
    rows = [file_row_of(row) for row in world.rows.files.values() if row["uri"]["S"] == uri]
    yield from wrong(len(rows) == 1, "their file", f"it has {len(rows)} rows")
    yield from wrong(dict(rows[0].states) == {"SUCCEEDED": len(APIS)}, "their file", f"{dict(rows[0].states)}")


def files_without_end(world: World, innocents: Innocents) -> Iterator[Violation]:
    """Three hundred messages of two documents: the sweep has no time for all of them at once."""
    meter = Meter(world, SLOW)
    for number in range(FILES):
        world.intake.send("\n".join(text_of(invalid(2 * number + each)) for each in range(2)))
    innocents.send()
    yield from rest(world)
    yield from wrong(meter.ended == 0, "functions", f"{meter.ended} were ended in the middle")
    ended = sum(file_row_of(row).ended_at is not None for row in world.rows.files.values())
    yield from wrong(ended >= FILES, "files", f"{ended} of {FILES} have ended")


ATTACKS = {
    "files_ended_by_messages": Attack(ends_a_file),
    "files_more_than_a_sweep_counts": Attack(files_without_end),
}
