"""A job: from what happened to it to the command that runs it again."""

from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from jobchute.attempts import whole_history
from jobchute.cli.facts.job import JobFacts, JobReader
from jobchute.cli.facts.job_wait import JobWait, job_wait
from jobchute.cli.job_sources import api_of, document_of
from jobchute.cli.output import json_text
from jobchute.cli.result_facts import facts_of_end
from jobchute.cli.ui.pages.pools import read_pools, read_recent
from jobchute.cli.ui.plots.graph import graph
from jobchute.cli.ui.plots.timeline import timeline
from jobchute.cli.ui.site import View, Visit
from jobchute.job import Job, State
from jobchute.money.told import words_of
from jobchute.runtime import client

PARTS = ("job-state", "job-next", "job-time", "job-wait", "job-facts", "job-logs")
"""Of an open job, the parts that refresh themselves."""


class Fact(NamedTuple):
    """A line of the facts. page, query: of the page that the value links to."""

    name: str
    value: str
    page: str = ""
    query: dict[str, list[str]] = {}  # noqa: RUF012


class Step(NamedTuple):
    """A state change of the history, in an attempt. seconds: how long it lasted; None for a final state."""

    at: str
    state: State
    seconds: float | None
    reason: str | None
    attempt: int


def job(visit: Visit) -> View:
    """The page of the job that the address names by its id, name or key."""
    found = visit.deployment.job(visit.names["job_id"])
    return visit.site.kept(("job", found.job_id, found.updated_at), partial(_view, visit, found))


def _view(visit: Visit, found: Job) -> View:
    site = visit.site
    reader = JobReader(site.deployment, site.parts.adapters, client("logs"), site.stack)
    facts = reader.facts_of(found, now=visit.now)
    wait = job_wait(found, partial(read_pools, visit), partial(read_recent, visit))
    values: dict[str, Any] = {
        "job": found,
        "facts": facts,
        "wait": wait,
        "now": visit.now,
        "steps": _steps(facts),
        "timelines": [(attempt, timeline(attempt)) for attempt in facts.attempts],
        "graph": graph(facts.relations),
        "summary": [*_summary(facts)],
        "request": None if facts.request is None else json_text(facts.request, indent=2),
        "changes": "\n".join(f"{path}: {_text(value)}" for path, value in facts.changes.items()),
        "call": None if facts.call is None else json_text(facts.call.body, indent=2),
    }
    title = found.name or document_of(found)
    parts = () if found.state.is_final else PARTS
    return View("job.html", title, values, parts=parts, news=_news(found, wait))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json_text(value)


def _news(found: Job, wait: JobWait | None) -> str:
    waits = "" if wait is None else f", waiting for {wait.text}"
    return f"{found.name or found.job_id} is {found.state}{waits}"


def _steps(facts: JobFacts) -> list[Step]:
    lasted = [span.seconds for attempt in facts.attempts for span in attempt.spans]
    entries = whole_history(facts.job)
    seconds = [*lasted, *[None] * len(entries)]
    return [
        Step(entry["at"], State(entry["state"]), length, entry.get("reason"), entry.get("attempt", 1))
        for entry, length in zip(entries, seconds, strict=False)
    ]


def _summary(facts: JobFacts) -> Iterator[Fact]:
    """What is known of the job, without what has a place of its own on the page."""
    found = facts.job
    given: list[tuple[str, str | None]] = [
        ("job id", found.job_id),
        ("api", api_of(found)),
        ("name at the provider", found.name or None),
        ("provider id", found.provider_id),
        ("provider status", found.native_status),
    ]
    yield from (Fact(name, value) for name, value in given if value)
    if found.pool is not None:
        yield Fact("pool", found.pool, "pools", {"name": [found.pool]})
        yield Fact("priority", str(found.priority))
    for name, value in sorted(found.labels.items()):
        yield Fact("label", f"{name}={value}", "jobs", {"label": [f"{name}={value}"]})
    yield from (Fact(name, value) for name, value in facts.tries)
    yield from _costs(facts)
    ends = [*facts_of_end(found), ("output", found.output), ("logs", found.logs)]
    yield from (Fact(name, value) for name, value in ends if value)
    yield Fact("source", document_of(found), "jobs", {"source": [found.source.uri]})
    if found.source.combination is not None or found.objective is not None:
        yield Fact("sweep", "compare the jobs of this file", "sweeps", {"target": [found.source.uri]})
    rest = [
        ("version", found.source.version),
        ("idempotency key", found.idempotency_key),
        ("owner", found.owner),
    ]
    yield from (Fact(name, value) for name, value in rest if value)


def _costs(facts: JobFacts) -> Iterator[Fact]:
    if facts.cost is None:
        return
    if "estimate" in facts.cost:
        yield Fact("cost", words_of(facts.cost))
    bound = {name: value for name, value in facts.cost.items() if name != "estimate"}
    yield Fact("cost at most" if "bound" in bound else "cost", words_of(bound).removeprefix("at most "))
    yield Fact("prices of", str(facts.cost.get("priced", "")))
