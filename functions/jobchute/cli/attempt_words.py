"""The attempts of a job, those that it has had and those that may follow, in words for people."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import typer

from jobchute.attempts import Policy, attempts_told
from jobchute.cli.job_plans import change_lines
from jobchute.cli.output import print_json, say
from jobchute.cli.tables import duration
from jobchute.job import Job
from jobchute.ledger.plans import Variant
from jobchute.requests.submission import Submission

Fact = tuple[str, str]
"""A name and a value."""


def attempts_in_words(job: Job) -> list[str]:
    """One line for each attempt, the first one first; none for a job that has had a single one."""
    return [_words(told) for told in attempts_told(job)] if job.past else []


def _words(told: Mapping[str, Any]) -> str:
    """`FAILED (CAPACITY), alternative 1, arn:…, ended 2026-11-27T10:00:00Z: CapacityError: …`"""
    cause = f" ({told['cause']})" if "cause" in told else ""
    asked = f"alternative {told['alternative']}" if "alternative" in told else ""
    at = f"ended {told['endedAt']}" if "endedAt" in told else ""
    facts = ", ".join(filter(None, (f"{told['state']}{cause}", asked, told.get("providerId"), at)))
    return ": ".join(filter(None, (facts, told.get("reason"))))


def facts_of_policy(policy: Policy) -> list[Fact]:
    """How often a job is tried, after which ends, and how long it waits for capacity; empty for one attempt."""
    if policy.attempts == 1:
        return []
    causes = f"after {', '.join(policy.on)}" if policy.on else "once with each alternative"
    pause = f"{duration(policy.after)} before the second attempt" if policy.on else ""
    tried = "; ".join(filter(None, (f"up to {policy.attempts} times, {causes}", pause)))
    patience = [("patience", f"{duration(policy.patience)} without capacity, then the next alternative")]
    return [("tried", tried), *(patience if policy.alternatives else [])]


def facts_of_plan(job: Job, plan: Sequence[Variant]) -> list[Fact]:
    """The same of a job, and what each of its alternatives changes. plan: see jobchute.cli.job_plans."""
    changes = [(f"alternative {number}", ", ".join(change_lines(each))) for number, each in enumerate(plan)]
    return [*facts_of_policy(Policy.of(job)), *changes[1:]]


def facts_of_asked(asked: object) -> list[Fact]:
    """How often the job of a document is tried. asked: what the document asks for."""
    return facts_of_policy(asked.retry) if isinstance(asked, Submission) and asked.retry else []


def print_alternatives(alternatives: Iterable[Mapping[str, Any]]) -> None:
    """Each as a comment and the call that would be made. alternatives: as a plan has them."""
    for number, each in enumerate(alternatives, 1):
        say("# ", f"alternative {number}, in pool {each['pool']}", colour=typer.colors.CYAN)
        print_json(each["call"], indent=2)
