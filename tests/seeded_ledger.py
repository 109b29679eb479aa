"""A ledger with many jobs of all states, written by the ledger's own writers: what pages and lists show.

The newest jobs, of the last two hours, have not ended, in the order of their states; the older ones have.
All of it follows from the number of a job, so two ledgers of one size are alike.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from jobchute.job import Api, Job, State, digest_of, iso, sha256
from jobchute.ledger.dead_letters import DeadLetter, DeadLetterRows
from jobchute.ledger.files import FileRows, ReadProgress
from jobchute.ledger.jobs import Ledger
from jobchute.ledger.pool_leases import Wish
from jobchute.ledger.pools import PoolRow, PoolRows
from jobchute.ledger.queues import QueueRows
from jobchute.outcomes import Cause
from jobchute.parsing.documents import Position
from jobchute.pools.limits import MAX_IN_FLIGHT
from jobchute.providers.registry import SPECS
from tests.apis import VALUES
from tests.builders import a_source

DAY = 24 * 3600
SPAN_SECONDS = 7 * DAY
JOBS_OF_A_FILE = 40
TEAMS = ("growth", "search", "risk", "vision")
WORDS = ("churn", "ranking", "embeddings", "forecast", "captions", "vqe", "fraud")
WRITERS = 8
OPEN_SHARES = (
    (State.QUEUED, 0.08),
    (State.SUBMITTING, 0.09),
    (State.SUBMITTED, 0.11),
    (State.RUNNING, 0.19),
    (State.CANCELLING, 0.2),
)
"""States that are not final, and up to which share of the jobs each of them goes, from the newest job on."""
FAILURES = (
    (Cause.CODE, "AlgorithmError: ExecuteUserScriptError: ExitCode 1, ErrorMessage: CUDA out of memory"),
    (Cause.CAPACITY, "CapacityError: Unable to provision requested ML compute capacity. Please retry."),
    (Cause.INPUT, "ClientError: the input data channel 'train' is empty"),
    (Cause.PERMISSION, "ClientError: the role may not read s3://drop/in/train.csv: AccessDenied"),
    (Cause.INTERNAL, "InternalServerError: We encountered an internal error. Please try again."),
    (Cause.UNKNOWN, "the provider gave no reason"),
)
ENDS: tuple[tuple[State, Cause | None, str | None], ...] = (
    *((State.FAILED, *FAILURES[number]) for number in (0, 1, 2)),
    (State.TIMED_OUT, Cause.TIMED_OUT, "MaxRuntimeExceeded: the job ran for 2 hours"),
    (State.CANCELLED, Cause.CANCELLED, "cancelled by s3://drop/requests/stop.json"),
    (State.PARTIAL, Cause.INPUT, "3 of 200 records failed"),
    *((State.FAILED, *FAILURES[number]) for number in (3, 4, 5)),
    (State.REJECTED, None, None),
    *((State.SUCCEEDED, None, None),) * 20,
)


class Seeding(NamedTuple):
    """Where the jobs go. now: epoch seconds, when the newest of them was sent. size: how many there are."""

    ledger: Ledger
    now: float
    size: int

    def write(self) -> None:
        """Jobs with their requests, queues, leases, files and dead letters."""
        with ThreadPoolExecutor(WRITERS) as writers:
            list(writers.map(self._write_job, range(self.size)))
        self._write_files()
        self._write_dead_letters()

    def job(self, number: int) -> Job:
        """number: 0 is the newest one."""
        state, cause, reason = _end_of(number, self.size)
        api = list(Api)[number % len(Api)]
        sent_at = self.now - SPAN_SECONDS * ((number + 1) / self.size) ** 3
        history = _history(state, sent_at, self.now, reason)
        team = TEAMS[number % len(TEAMS)]
        return Job(
            job_id=f"jc-{sha256(f'seeded {number}')}",
            api=api,
            state=state,
            created_at=history[0]["at"],
            updated_at=history[-1]["at"],
            source=a_source(
                uri=self._file_of(number),
                status_key=f"status/nightly-{number // JOBS_OF_A_FILE}.jsonl.json",
                index=number % JOBS_OF_A_FILE,
            ),
            name=f"{WORDS[number % len(WORDS)]}-{number:05d}",
            digest=digest_of(api, _request_of(api, number)),
            labels={"team": team},
            pool=f"{api}",
            share=team,
            priority=number % 3 + 4,
            history=history,
            reason=reason,
            cause=cause,
            **_facts_of(state, api, number, self.now),
        )

    def _file_of(self, number: int) -> str:
        return f"s3://drop/requests/nightly-{number // JOBS_OF_A_FILE}.jsonl"

    def _write_job(self, number: int) -> None:
        job = self.job(number)
        if job.state is not State.REJECTED and job.api is not None:
            request = _request_of(job.api, number)
            self.ledger.requests.keep(job.job_id, job.digest, request, job.created_at, name=job.name)
        self.ledger.add(job)
        client, table = self.ledger.client, self.ledger.table
        match job.state:
            case State.QUEUED:
                PoolRows(client, table).mark_queue(job.pool or "", now=int(self.now * 1000))
                QueueRows(client, table).enqueue(job, due=int(self.now) + DAY)
            case state if not state.is_final and number < 2 * MAX_IN_FLIGHT:
                wish = Wish(job.job_id, job.share, int(self.now * 1000))
                row = PoolRow(job.pool or "")
                PoolRows(client, table).leases.take(row, wish, limit_of=lambda _: MAX_IN_FLIGHT)

    def _write_files(self) -> None:
        """The newest ones are being read still."""
        rows = FileRows(self.ledger.client, self.ledger.table)
        for number in range(0, min(self.size, 5 * JOBS_OF_A_FILE), JOBS_OF_A_FILE):
            row = rows.add(self.job(number).source, "", 10 * JOBS_OF_A_FILE, self.now)
            reading = ReadProgress(
                position=Position(index=JOBS_OF_A_FILE), accepted=JOBS_OF_A_FILE - 1, rejected=1
            )
            rows.advance(row, reading, reader="seeded", now=self.now)

    def _write_dead_letters(self) -> None:
        rows = DeadLetterRows(self.ledger.client, self.ledger.table)
        at = iso(self.now - DAY)
        for number in range(2):
            rows.add(
                DeadLetter(
                    queue="Jobchute-IntakeDeadLetters",
                    place="intake",
                    message_id=f"{number}d5f1c2e-7a90-4e3b-8f21-0b7c6a5d4e3f",
                    first_seen_at=at,
                    sent_at=at,
                    deliveries=5,
                    about=(f"s3://drop/requests/late-{number}.json",),
                )
            )


def _end_of(number: int, count: int) -> tuple[State, Cause | None, str | None]:
    for state, share in OPEN_SHARES:
        if number < share * count:
            return state, None, None
    return ENDS[number % len(ENDS)]


def _history(state: State, sent_at: float, now: float, reason: str | None) -> tuple[Mapping[str, str], ...]:
    """A job waits for up to a minute at each state, and runs for up to an hour."""
    before = () if state is State.REJECTED else state.predecessors
    passed = [each for each in before if each is not State.CANCELLING]
    steps = [*passed, state]
    pauses = [60.0 * number for number in range(len(steps))]
    if state.is_final and len(steps) > 1:
        pauses[-1] += 3600 * (sent_at % 100) / 100
    entries = [
        {"state": str(each), "at": iso(min(sent_at + pause, now))}
        for each, pause in zip(steps, pauses, strict=True)
    ]
    if reason:
        entries[-1]["reason"] = reason
    return tuple(entries)


def _facts_of(state: State, api: Api, number: int, now: float) -> dict[str, Any]:
    """What a job has by its state."""
    facts: dict[str, Any] = {}
    if not state.is_final:
        facts |= {"due": int(now) + DAY, "deadline": int(now) + 2 * DAY}
    if state not in (State.QUEUED, State.SUBMITTING, State.REJECTED):
        provider_id = VALUES[api].provider_id.format(number=number, name=f"job-{number}")
        facts |= {"provider_id": provider_id, "attempts": 1, "native_status": VALUES[api].natives.begin[-1]}
        facts |= {"cost": {"bound": 1_000_000 + number, "priced": "2026-11-01"}}
    if state is State.SUCCEEDED:
        facts |= {"result": {"version": 1, "billableSeconds": 60 + number % 600}, "estimate": 500_000 + number}
    if state is State.REJECTED:
        facts["problems"] = ({"path": "request.RoleArn", "code": "missing", "message": "Field required"},)
    return facts


def _request_of(api: Api, number: int) -> dict[str, Any]:
    values = VALUES[api]
    name = {SPECS[api].told_apart_by: f"{WORDS[number % len(WORDS)]}-{number:05d}"}
    return {**values.body, **values.numbered(number), **name}


def _texts() -> Iterator[tuple[str, str]]:
    """What a provider or a user may write, and a page must show as text."""
    yield "markup", "<script>window.hacked = 1</script><img src=x onerror='window.hacked = 1'><b>bold</b>"
    yield "attribute", '" onmouseover="window.hacked = 1" x=\''
    yield "template", "{{ 7 * 7 }} {% raw %} ${7*7} </textarea></title></svg><svg onload='window.hacked = 1'>"
    yield "link", "javascript:window.hacked=1"
    yield "control", "a\x00b\x07c\x1b[31md\x7f\x9be\r\nf\tg"
    yield "bidi", "ends \u202egnorw\u202c, zero\u200bwidth, \u2066isolated\u2069, \ufeff, \u2028 line"
    yield "long", "x" * 10_000
    yield "words", "many words " * 900
    yield "wide", "漢字かな交じり文 🦆 " * 20


HOSTILE: Mapping[str, str] = dict(_texts())


def hostile_jobs(now: float) -> Iterator[Job]:
    """Failed jobs whose every free text is hostile, one for each text; the newest of a ledger."""
    for number, (kind, text) in enumerate(HOSTILE.items()):
        at = iso(now - number)
        source = a_source(uri=f"s3://drop/requests/{text[:900]}", status_key=f"status/{kind}.json")
        yield Job(
            job_id=f"jc-{sha256(f'hostile {kind}')}",
            api=Api.TRAINING_JOB,
            state=State.FAILED,
            created_at=at,
            updated_at=at,
            source=source,
            name=text[:128],
            digest=sha256(kind),
            labels={"team": text[:256], "kind": kind},
            pool=str(Api.TRAINING_JOB),
            provider_id=f"arn:aws:sagemaker:us-east-1:123456789012:training-job/{text[:900]}",
            native_status=text[:200],
            reason=text,
            cause=Cause.CODE,
            output=f"s3://out/{text[:900]}",
            logs=f"/aws/sagemaker/TrainingJobs:{text[:200]}",
            result={"version": 1, "exitMessage": text[:256], "metrics": {text[:40]: 1.0}},
            history=({"state": "QUEUED", "at": at}, {"state": "FAILED", "at": at, "reason": text}),
        )
