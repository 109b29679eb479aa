"""Dry runs: sent, awaited, and their answers shown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import Any, NamedTuple

import typer

from jobchute.aws.objects import Objects
from jobchute.cli.attempt_words import facts_of_asked, print_alternatives
from jobchute.cli.deployment import Deployment
from jobchute.cli.document_checks import Checked
from jobchute.cli.errors import AnswerIsNoError, StoppedError
from jobchute.cli.following import Clock
from jobchute.cli.output import Coloured, counted, json_text, print_json, say
from jobchute.cli.request_files import RequestFile
from jobchute.cli.sending import Sent
from jobchute.cli.tables import Cell, print_facts
from jobchute.job import canonical
from jobchute.parsing.documents import read_documents
from jobchute.pools.pauses import argument_of
from jobchute.runtime import client
from jobchute.status.documents import source_of

MAX_JOBS = 5
"""The number of a matrix's jobs that are shown; --json and the status document have all."""

Answer = Mapping[str, Any]


class Answered(NamedTuple):
    """answer: the status document; None until there is one."""

    sent: Sent
    answer: Answer | None

    @property
    def is_rejected(self) -> bool:
        return self.answer is not None and not self.answer.get("valid", False)


def as_dry_runs(file: RequestFile, documents: Iterable[Checked]) -> RequestFile:
    """The requests of a valid file as dry runs, one per line. Raises AnswerIsNoError for other documents."""
    apis = {document.index: document.api for document in documents}
    lines = []
    for raw in read_documents(file.data, name=file.name):
        api, value = apis[raw.index], raw.value
        if api is None or not isinstance(value, dict):
            what = "a change of a job" if isinstance(value, dict) and "set" in value else "a cancellation"
            raise AnswerIsNoError(f"{file.shown}#{raw.index} is {what}, which cannot be a dry run")
        envelope = value if "request" in value else {"api": api, "request": value}
        lines.append(canonical({**envelope, "dryRun": True}))
    name = f"{PurePath(file.name).stem}.dry-run.jsonl"
    return replace(file, name=name, path="", data="\n".join(lines).encode())


def show_plans(deployment: Deployment, sent: Sequence[Sent], clock: Clock, *, as_json: bool) -> None:
    """Wait for the answers and print them. Raises AnswerIsNoError if one is a rejection or does not come."""
    try:
        answered = _answers(deployment, sent, clock)
    except KeyboardInterrupt as error:
        where = f"s3://{deployment.bucket}/{sent[0].source.status_key}"
        raise StoppedError(
            f"stopped waiting for {counted(len(sent), 'dry run')}; the answer will be at {where}"
        ) from error
    for each in answered:
        if each.answer is not None:
            print_json(each.answer) if as_json else _print(each.sent.document, each.answer)
    missing = [each for each in answered if each.answer is None]
    if missing:
        where = f"s3://{deployment.bucket}/{missing[0].sent.source.status_key}"
        raise AnswerIsNoError(
            f"no answer yet to {counted(len(missing), 'dry run')}; look for it later at {where}"
        )
    rejected = sum(each.is_rejected for each in answered)
    if rejected:
        raise AnswerIsNoError(f"{rejected} of {counted(len(answered), 'document')} would be rejected")


def _answers(deployment: Deployment, sent: Sequence[Sent], clock: Clock) -> list[Answered]:
    objects = Objects(client("s3"), deployment.bucket)
    start = clock.now()
    answered = [Answered(each, None) for each in sent]
    while True:
        answered = [
            each if each.answer else Answered(each.sent, _look(objects, each.sent)) for each in answered
        ]
        is_late = clock.timeout is not None and clock.now() - start >= clock.timeout
        if is_late or all(each.answer for each in answered):
            return answered
        clock.pause(clock.interval)


def _look(objects: Objects, sent: Sent) -> Answer | None:
    """The answer to this document: under its key may be the answer to an older version."""
    document = objects.document(sent.source.status_key)
    return document if document and document.get("source") == source_of(sent.source) else None


def _print(document: Checked, answer: Answer) -> None:
    """document: that was sent, which says how often its job is tried."""
    if "errors" in answer:
        for problem in answer["errors"]:
            _print_problem(document.title, problem)
        return
    say(f"{document.title}: ", _verdict(answer))
    print_facts([*_facts(answer), *facts_of_asked(document.asked), *_matrix_facts(answer)])
    call = answer.get("call") or next((job["call"] for job in answer.get("jobs", ()) if "call" in job), None)
    if call is not None:
        print_json(call, indent=2)
    print_alternatives(answer.get("alternatives", ()))


def _print_problem(title: str, problem: Mapping[str, str]) -> None:
    path = f"{problem['path']}: " if problem["path"] else ""
    code = Coloured(problem["code"], typer.colors.RED)
    say(f"{title}: {path}", code, f": {problem['message']}")


def _verdict(answer: Answer) -> Coloured:
    counts = answer.get("counts")
    if counts is not None:
        shown = ", ".join(f"{number} {outcome}" for outcome, number in counts.items())
        colour = typer.colors.RED if "rejected" in counts else typer.colors.GREEN
        return Coloured(f"{counted(answer['combinations'], 'job')}: {shown}", colour)
    if answer["verdict"] == "duplicate":
        return Coloured(f"this is already a job: {answer['job']['state']}", typer.colors.YELLOW)
    return Coloured("would be accepted as a new job", typer.colors.GREEN)


def _facts(answer: Answer) -> list[tuple[str, Cell]]:
    after = answer.get("after", ())
    facts: list[tuple[str, Cell]] = [
        ("job", answer.get("jobId")),
        ("name", answer.get("name")),
        ("api", answer["api"]),
        ("labels", ", ".join(f"{name}={value}" for name, value in answer.get("labels", {}).items())),
        ("priority", str(answer["priority"])),
    ]
    for pool in answer.get("pools", ()):
        facts += [("pool", pool["pool"]), ("turn", turn_of(pool))]
    facts += [("after", f"{each['target']}: {each['note']}") for each in after]
    return [*facts, ("note", answer["note"])]


def turn_of(pool: Mapping[str, Any]) -> str:
    """How many jobs a pool has in flight and waiting, and whether it admits jobs."""
    line = f"{pool['waiting']} waiting"
    if pool["paused"]:
        way_on = f"jobchute resume {argument_of(pool['target'])}" if "target" in pool else "jobchute resume"
        return f"paused, no job is admitted; {pool['inFlight']} in flight, {line}; to resume: {way_on}"
    if pool["limit"] == 0:
        return f"no job is admitted because the limit is 0; {pool['inFlight']} in flight, {line}"
    room = f"{pool['inFlight']} of {pool['limit']} in flight, {line}"
    if pool["limitNow"] < pool["limit"]:
        return f"{room}; only {pool['limitNow']} for now, after a quota error"
    return room


def _matrix_facts(answer: Answer) -> list[tuple[str, Cell]]:
    jobs = answer.get("jobs", ())
    facts: list[tuple[str, Cell]] = [(f"job {job['combination']}", _job_text(job)) for job in jobs[:MAX_JOBS]]
    if len(jobs) > MAX_JOBS:
        facts.append(("", f"and {counted(len(jobs) - MAX_JOBS, 'more job')}; --json shows all"))
    return facts


def _job_text(job: Mapping[str, Any]) -> str:
    values = ", ".join(f"{path}={json_text(value)}" for path, value in job["values"].items())
    errors = "; ".join(f"{error['code']}: {error['message']}" for error in job.get("errors", ()))
    return ", ".join(filter(None, (job["verdict"], job["name"], values, errors)))
