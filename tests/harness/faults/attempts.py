"""What must hold of a job's attempts: one alive at a time, each made once, and the ledger knows them all."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from jobchute.job import FINAL_STATES, Job, State
from jobchute.ledger.items import job_of
from tests.apis import VALUES
from tests.fakes.provider import ProviderJob
from tests.harness.faults.violation import Violation, short

SECONDS = len("2026-11-27T09:00:00")
"""Of a time: what is kept of ended attempts has no more."""


def one_at_a_time(owner: str, jobs: Sequence[ProviderJob]) -> Iterator[Violation]:
    """Of a job's attempts at its provider."""
    numbers = [made.attempt for made in jobs]
    if len(set(numbers)) != len(numbers):
        yield Violation("double", short(owner), f"attempts {numbers} at the provider")
    in_order = sorted(jobs, key=lambda made: made.created_at)
    for before, made in itertools.pairwise(in_order):
        if before.attempt >= made.attempt:
            yield Violation("wrong", short(owner), f"{made.attempt} was made after {before.attempt}")
        if not before.is_gone and (before.ended_at is None or before.ended_at > made.created_at):
            yield Violation("double", short(owner), f"{before.attempt} and {made.attempt} are alive at once")


def attempts_of(row: Job, jobs: Sequence[ProviderJob]) -> Iterator[Violation]:
    """The attempts that have ended, in the ledger and at the provider."""
    at_provider = {made.attempt: made for made in jobs if made.attempt < row.attempt}
    known = {number: kept for number, kept in enumerate(row.past, 1) if "id" in kept}
    ids = {number: kept["id"] for number, kept in known.items()}
    if ids != {number: made.provider_id for number, made in at_provider.items()}:
        yield Violation("orphaned", short(row.job_id), f"attempts {ids} in the ledger, {at_provider.keys()}")
    if row.attempt != len(row.past) + 1:
        yield Violation("wrong", short(row.job_id), f"attempt {row.attempt} after {len(row.past)} others")
    for number, made in at_provider.items():
        if made.native == VALUES[made.api].natives.good:
            yield Violation("wrong", short(row.job_id), f"attempt {number} has succeeded, and another followed")


def next_attempt(old: dict[str, Any], new: dict[str, Any], about: str) -> Iterator[Violation]:
    """Of two images of a row between which an attempt begins, as they are stored."""
    before, after = job_of(old), job_of(new)
    if after.attempt != before.attempt + 1 or after.state is not State.QUEUED or before.state in FINAL_STATES:
        what = f"moved from {before.attempt} {before.state} to {after.attempt} {after.state}"
        yield Violation("wrong", about, what)
    if before.stop_cause is State.CANCELLED:
        yield Violation("wrong", about, "another attempt begins although the job was cancelled")
    moves = [[entry["state"], entry["at"][:SECONDS]] for entry in before.history]
    kept = [[state, at[:SECONDS]] for state, at in after.past[-1]["moves"]]
    if kept != moves or after.past[:-1] != before.past:
        yield Violation("wrong", about, "its history was changed")
    if after.provider_id or after.create_at or after.attempt_id or after.lane:
        yield Violation("wrong", about, "the new attempt has something of the old one")
