"""The case of a deployment with two owners, of whom one knows every id, key and file of the other."""

from collections.abc import Iterator

from jobchute.job import Api, State, job_id_for_key
from jobchute.requests.owners import Owner
from tests.harness.faults.cases import settled, wrong
from tests.harness.faults.documents import document_of
from tests.harness.faults.sent import Kind, Sent
from tests.harness.faults.violation import Violation
from tests.harness.faults.world import World

ADA, BOB = "AROAEXAMPLEADA123456:session", "AIDAEXAMPLEBOB123456"
OWNERS = {"ada": Owner(principals=("AROAEXAMPLEADA123456",)), "bob": Owner(principals=(BOB,))}


def owners_apart(world: World) -> Iterator[Violation]:
    """Bob takes Ada's next key first, cancels her jobs by key, id and file, and waits for them: all in vain."""
    world.owners |= OWNERS
    for number, api in enumerate(Api):
        taken, key = f"taken-{number}", f"nightly-{number}"
        for owner, sender in (("bob", BOB), ("ada", ADA)):
            document = document_of(api, len(owner) + number, idempotencyKey=taken, labels={"by": owner})
            document["request"] = document_of(api, 100 * number + ord(owner[0]))["request"]
            world.send(document, Sent(Kind.JOB, job_id_for_key(taken, owner)), sender_id=sender)
        uploaded = f"requests/ada/{number}.json"
        job_id = job_id_for_key(key, "ada")
        world.upload(uploaded, document_of(api, 10 + number, idempotencyKey=key), Sent(Kind.JOB, job_id))
        for target in (key, job_id, uploaded):
            cancel = {"cancel": target}
            world.send(cancel, Sent(Kind.MISTYPED), delays=(40.0,), sender_id=BOB)
            world.upload(
                f"requests/bob/{number}-{len(target)}.json", cancel, Sent(Kind.MISTYPED), delays=(50.0,)
            )
        after = document_of(api, 20 + number, idempotencyKey=f"after-{number}", after=[job_id])
        world.send(
            after, Sent(Kind.JOB, job_id_for_key(f"after-{number}", "bob")), delays=(45.0,), sender_id=BOB
        )
    yield from settled(world)
    jobs = [job for job in world.rows.jobs().values() if job.state is not State.REJECTED]
    states = {(job.owner, job.state) for job in jobs}
    ends = {("ada", State.SUCCEEDED), ("bob", State.SUCCEEDED), ("bob", State.CANCELLED)}
    yield from wrong(states == ends, f"jobs are {states}")
    yield from wrong(len(jobs) == 4 * len(Api), f"{len(jobs)} jobs")
    told = [job for job in jobs if job.dependents and job.owner == "ada"]
    yield from wrong(not told, f"{len(told)} of Ada's jobs know of one of Bob's")


CASES = (owners_apart,)
