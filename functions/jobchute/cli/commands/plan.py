"""jobchute plan"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from jobchute.cli.options import AsJson, BareApi, Files, OwnerName
from jobchute.cli.output import json_text, print_json, say

if TYPE_CHECKING:
    from jobchute.cli.document_checks import Checked
    from jobchute.job import Job
    from jobchute.lifecycle.build import JobBuilder
    from jobchute.requests.costs import JobCosts
    from jobchute.requests.document import Submission

CountTokens = Annotated[
    bool,
    typer.Option("--count-tokens", help="Read the input of Bedrock batches and count its tokens, at most."),
]
PricesStack = Annotated[
    str | None,
    typer.Option(
        "--stack",
        help="Also show what each job may cost, by the prices of this deployed stack.",
        show_default=False,
    ),
]


def plan(
    files: Files,
    api: BareApi = None,
    stack: PricesStack = None,
    count_tokens: CountTokens = False,
    owner: OwnerName = None,
    as_json: AsJson = False,
) -> None:
    """Show the exact call that each request would make at its provider. Nothing is sent."""
    from dataclasses import replace

    from jobchute.cli.document_checks import check
    from jobchute.cli.limits import costs_of
    from jobchute.cli.owner import owner_of
    from jobchute.cli.problem_lines import mistake_lines, warning_lines
    from jobchute.cli.request_files import read_files
    from jobchute.cli.usage_counts import with_usage

    costs = None if stack is None else costs_of(stack)
    is_invalid = False
    for file in read_files(files, api, owner_of(owner)):
        for document in check(file):
            if document.mistakes:
                is_invalid = True
                for line in mistake_lines([document]):
                    say(*line, err=True)
            elif document.job_id is not None:
                for line in warning_lines(document):
                    say(*line, err=True)
                asked = with_usage(document.asked) if count_tokens else document.asked
                made = planned(replace(document, asked=asked), costs)
                print_json(made) if as_json else _print(made, asked)
    if is_invalid:
        raise typer.Exit(1)


def planned(document: "Checked", costs: "JobCosts | None" = None) -> dict[str, Any]:
    """The job that a valid document would become, its call, and what it may cost."""
    from jobchute.cli.document_checks import combination_json
    from jobchute.job import Source
    from jobchute.providers.registry import SPECS
    from jobchute.requests.document import Submission

    assert isinstance(document.asked, Submission)
    file = document.file
    source = Source(uri=file.shown, status_key="", index=document.index, owner=file.owner)
    builder = offline_builder(costs)
    job = builder.build(document.asked, source).job
    call = builder.provider_request(job, document.asked)
    return {
        "file": document.file.shown,
        "document": document.index,
        **combination_json(document.combination),
        "jobId": job.job_id,
        "api": job.api,
        "name": job.name,
        "pool": job.pool,
        "priority": job.priority,
        "timeLimitSeconds": job.time_limit,
        **_costs(job),
        "operation": SPECS[document.asked.api].create_call or job.api,
        "call": call,
        **_attempts(job, document.asked, builder),
    }


def _attempts(job: "Job", asked: "Submission", builder: "JobBuilder") -> dict[str, Any]:
    """How often the job may be tried, and what its alternatives would ask for; empty for one attempt."""
    if asked.retry is None:
        return {}
    from jobchute.attempts import policy_told
    from jobchute.lifecycle.variants import alternatives_of

    found = [each.document(each.call) for each in alternatives_of(job, asked, builder)]
    return policy_told(asked.retry) | ({"alternatives": found} if found else {})


def _costs(job: "Job") -> dict[str, Any]:
    """What is known of the job's cost; empty if nothing is."""
    from jobchute.status.documents import cost_told

    usage = (job.cost or {}).get("usage")
    found = {"usage": usage, "cost": cost_told(job)}
    return {name: value for name, value in found.items() if value is not None}


def _print(plan: dict[str, Any], asked: object) -> None:
    """asked: what the document asks for."""
    from jobchute.cli.attempt_words import facts_of_asked, print_alternatives
    from jobchute.money.told import words_of

    part = f"/{plan['combination']}" if "combination" in plan else ""
    lines = (
        f"{plan['file']}#{plan['document']}{part}",
        *(f"{path} = {json_text(value)}" for path, value in plan.get("values", {}).items()),
        f"job {plan['jobId']}, named {plan['name']}",
        f"in pool {plan['pool']} (by default), priority {plan['priority']}",
        *([f"usage {json_text(plan['usage'])}"] if "usage" in plan else ()),
        *([words_of(plan["cost"])] if "cost" in plan else ()),
        *(f"{name} {value}" for name, value in facts_of_asked(asked)),
        plan["operation"],
    )
    for line in lines:
        say("# ", line, colour=typer.colors.CYAN)
    print_json(plan["call"], indent=2)
    print_alternatives(plan.get("alternatives", ()))


def offline_builder(costs: "JobCosts | None") -> "JobBuilder":
    """Pools have their default rules, and no provider is called. costs: of a deployment."""
    from jobchute.lifecycle.build import JobBuilder
    from jobchute.providers.pool_defaults import pool_rules
    from jobchute.runtime import current
    from jobchute.settings import ValidateSettings

    return JobBuilder(
        adapters=current().adapters,
        rules=pool_rules,
        wait_limit=ValidateSettings.wait_limit_seconds,
        fair_by=ValidateSettings.fair_by,
        now=current().clock.now,
        costs=costs,
    )
