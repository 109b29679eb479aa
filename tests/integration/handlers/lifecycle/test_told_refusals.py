"""Refusals on their way: from the provider into the row, the status document, the pool, and no further."""

import json
from typing import Any

import pytest

from jobchute.job import Api, State
from jobchute.ledger.pool_settings import PoolSettingsRow
from tests.admissions import upkeep_of
from tests.apis import VALUES
from tests.integration.handlers.world import LEASE, SETTLE, World

pytestmark = pytest.mark.usefixtures("hurried")
KINDS = {"throttle": "throttled", "quota": "quota", "unavailable": "unavailable"}


def status_of(world: World, job_id: str) -> Any:
    return world.status(world.job(job_id).source.status_key.removeprefix("status/"))


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize("how", KINDS)
def test_a_refusal_is_told_at_once_beside_the_history(world: World, api: Api, how: str) -> None:
    job_id = world.submit(api, simulate=how)
    world.dispatch(job_id)
    assert world.announce() == []
    kind = "throttled" if how == "quota" and not VALUES[api].tells_quotas else KINDS[how]
    told = status_of(world, job_id)
    (entry,) = told["refusals"]["latest"]
    assert (told["refusals"]["count"], entry["kind"]) == (1, kind)
    assert entry["message"]
    assert told["reason"].startswith(f"waiting after {entry['code']}: {entry['message'].removesuffix('…')}")
    assert [move["state"] for move in told["history"]] == ["QUEUED", "SUBMITTING"]
    assert [event["detail"]["state"] for event in world.heard()] == ["QUEUED", "SUBMITTING"]
    if kind == "quota":
        assert (told["waiting"]["for"], told["waiting"]["since"]) == ("turn", entry["at"])


def test_a_job_that_was_refused_and_ran_keeps_its_refusals(world: World) -> None:
    job_id = world.submit(Api.TRAINING_JOB, simulate="quota")
    world.dispatch(job_id)
    world.sweep(after=LEASE + SETTLE + 601)
    assert world.job(job_id).state is State.SUBMITTED
    for _ in range(3):
        world.sweep(after=600)
    assert world.announce() == []
    told = status_of(world, job_id)
    assert (told["state"], told["refusals"]["count"]) == ("SUCCEEDED", world.job(job_id).times_refused)
    assert "waiting" not in told
    assert [move["state"] for move in told["history"]] == [
        event["detail"]["state"] for event in sorted(world.heard(), key=lambda each: each["detail"]["id"])
    ]


def test_a_job_that_waits_says_so_in_its_status_document(world: World) -> None:
    ledger = world.parts.ledger
    PoolSettingsRow(ledger.client, ledger.table).put_pauses({str(Api.TRAINING_JOB): True})
    job_id = world.submit(Api.TRAINING_JOB)
    assert world.announce() == []
    told = status_of(world, job_id)
    pool = world.job(job_id).pool
    assert told["waiting"] == {"for": "turn", "pool": pool, "since": told["createdAt"]}
    other = world.submit(Api.TRAINING_JOB, after=[job_id])
    assert world.announce() == []
    told = status_of(world, other)
    assert told["waiting"] == {"for": "jobs", "jobs": [job_id], "since": told["createdAt"]}


def test_a_job_that_is_admitted_at_once_waits_for_nothing(world: World) -> None:
    job_id = world.submit(Api.TRAINING_JOB)
    assert world.announce() == []
    told = status_of(world, job_id)
    assert (told["state"], "waiting" in told, "reason" in told) == ("QUEUED", False, False)
    assert [move["state"] for move in told["history"]] == ["QUEUED"]


def test_a_quota_error_leaves_its_words_with_the_cut_of_the_pool(world: World) -> None:
    job_id = world.submit(Api.BRAKET_JOB, simulate="quota")
    world.dispatch(job_id)
    admission = world.parts.admission
    row = admission.rows.find(Api.BRAKET_JOB)
    cut = admission.capacity.cut_of(row)
    assert cut is not None
    (entry,) = world.job(job_id).refused
    assert (cut.limit, cut.reason) == (0, f"{entry['code']}: {entry['message']}")
    assert cut.until - cut.at == 3 * admission.capacity.regrowth


def test_a_cut_that_is_cleared_lets_the_next_sweep_in_at_once(world: World) -> None:
    """Before, one more job every five minutes was tried, and nobody could shorten that."""
    job_id = world.submit(Api.BRAKET_JOB, simulate="quota")
    world.dispatch(job_id)
    admission = world.parts.admission
    upkeep_of(admission).run(admission.rows.all())
    assert world.job(job_id).waiting is not None
    admission.rows.clear_cap(Api.BRAKET_JOB)
    upkeep_of(admission).run(admission.rows.all())
    assert world.job(job_id).waiting is None


def test_what_is_told_of_a_refusal_fits_a_document_of_json(world: World) -> None:
    job_id = world.submit(Api.BRAKET_JOB, simulate="quota")
    world.dispatch(job_id)
    assert world.announce() == []
    assert len(json.dumps(status_of(world, job_id)["refusals"])) < 2048
