"""Looking up ids by less than an id, over DynamoDB."""

from dataclasses import replace

from jobchute.job import State
from jobchute.ledger.items import Item, from_dynamodb, to_dynamodb
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.lookups import LookupRows
from jobchute.ledger.table import BY_WORD
from tests.aws import TABLE
from tests.builders import NOW, a_job
from tests.harness.bench.units import write_units
from tests.integration.ledger.shared import added


def rows_of(ledger: Ledger) -> LookupRows:
    return LookupRows(ledger.client, TABLE)


def test_an_id_is_found_by_its_beginning_of_four_digits_or_more(ledger: Ledger) -> None:
    ids = [f"jc-01234567{digit * 56}" for digit in "af"]
    for job_id in ids:
        ledger.add(replace(a_job(), job_id=job_id))
    rows = rows_of(ledger)
    assert sorted(rows.beginning_with("jc-0123", limit=9)) == ids
    assert sorted(rows.beginning_with("jc-01234567", limit=9)) == ids
    assert rows.beginning_with("jc-01234567a", limit=9) == ids[:1]
    assert rows.beginning_with("jc-01234567b", limit=9) == []
    assert len(rows.beginning_with("jc-01234567", limit=1)) == 1


def test_ids_are_found_by_a_whole_name_the_latest_first(ledger: Ledger) -> None:
    added(ledger, "other")
    first = replace(a_job(), job_id="jc-1", name="nightly", created_at="2026-11-21T10:00:00.000Z")
    second = replace(first, job_id="jc-2", created_at="2026-11-22T10:00:00.000Z")
    for job in (first, second):
        ledger.requests.keep(job.job_id, job.digest, {}, job.created_at, name=job.name)
    rows = rows_of(ledger)
    assert rows.named("nightly", limit=9) == ["jc-2", "jc-1"]
    assert rows.named("nightly", limit=1) == ["jc-2"]
    assert rows.named("night", limit=9) == []


def test_a_rejection_has_no_name_and_is_found_by_its_beginning(ledger: Ledger) -> None:
    rejection = replace(a_job(), job_id=f"rj-{'1' * 64}", state=State.REJECTED, name="")
    ledger.add(rejection)
    assert rows_of(ledger).beginning_with("rj-11111111", limit=9) == [rejection.job_id]
    assert ledger.get(rejection.job_id) == rejection


def test_the_index_is_written_once_for_each_row(ledger: Ledger) -> None:
    """Its keys never change, and it holds keys alone: a move costs nothing there."""
    images = [stored_image(ledger, added(ledger).job_id)]
    for state in (State.SUBMITTING, State.RUNNING, State.SUCCEEDED):
        job, _ = ledger.move(from_dynamodb(images[0])["pk"], state, NOW, provider_id="arn:1", reason="why")
        images.append(stored_image(ledger, job.job_id))
    added_units, *moved_units = map(write_units, [None, *images], images)
    assert added_units.by_index[BY_WORD] == 1
    assert not [units for units in moved_units if BY_WORD in units.by_index]
    ledger.requests.keep("jc-named", "digest", {}, images[0]["createdAt"]["S"], name="nightly")
    assert write_units(None, stored_image(ledger, "jc-named", "REQUEST")).by_index == {BY_WORD: 1}


def stored_image(ledger: Ledger, job_id: str, sk: str = "JOB") -> Item:
    return ledger.client.get_item(TableName=TABLE, Key=to_dynamodb({"pk": job_id, "sk": sk}))["Item"]
